import type { OciError } from '../errors.ts';

/** Options that the command line calls otherwise than the library, beside the dashes: one of them at a time. */
const singular: Readonly<Record<string, string>> = {
  agents: 'ssh',
  annotations: 'annotation',
  bases: 'base-layout',
  buildArguments: 'build-arg',
  contexts: 'build-context',
  directory: 'workdir',
  entryAnnotations: 'entry-annotation',
  environment: 'env',
  hosts: 'add-host',
  dockerfile: 'file',
  filters: 'filter',
  iidFile: 'iidfile',
  indexAnnotations: 'index-annotation',
  instructions: 'change',
  labels: 'label',
  noCacheStages: 'no-cache-filter',
  layerAnnotations: 'layer-annotation',
  platforms: 'platform',
  secrets: 'secret',
  sharedMemory: 'shm-size',
  volumes: 'volume',
};

/** A library option's name as it is typed: `clampMtime` is `--clamp-mtime`. */
export function flagOf(option: string): string {
  const name = Object.hasOwn(singular, option) ? (singular[option] as string) : option;
  return `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}

/** `option NAME` and `option NAME 'VALUE'` as they are typed; what is quoted beside them stays. */
export const typed = (text: string): string =>
  text.replace(/\boption ([A-Za-z]+)(?: '([^']*)')?|'[^']*'/g, (quoted, name?: string, value?: string) => {
    if (name === undefined) return quoted;
    return value === undefined ? flagOf(name) : `${flagOf(name)} ${value}`;
  });

/** An error as one sentence, its options spelled as they are typed. */
export function sentenceOf({ message, subject, option, hint }: OciError): string {
  const before = option ?? subject;
  const said = `${option === undefined ? subject : flagOf(option)}${typed(message.slice(before.length))}`;
  return hint === undefined ? said : `${said} (${typed(hint)})`;
}
