import { type OciError, usage } from '../errors.ts';
import type { Command } from './command.ts';
import { nearest } from './nearest.ts';
import { peerVerbs } from './peer-words.ts';

/** Docker's management words, and the verb that each of their verbs is here. */
export const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  image: {
    ls: 'images',
    list: 'images',
    inspect: 'inspect',
    history: 'history',
    tag: 'tag',
    rm: 'untag',
    remove: 'untag',
    save: 'save',
    load: 'load',
    import: 'import',
    build: 'build',
    prune: 'gc',
    pull: 'pull',
    push: 'push',
  },
  container: {
    diff: 'diff',
    commit: 'commit',
    export: 'export',
    run: 'run',
    cp: 'cp',
    create: 'create',
    exec: 'exec',
    ls: 'ps',
    list: 'ps',
    ps: 'ps',
    start: 'start',
    stop: 'stop',
    kill: 'kill',
    rm: 'kill',
    logs: 'logs',
    attach: 'attach',
  },
};

/** Docker's one-word forms of a verb that has another name here. */
const aliases: Readonly<Record<string, string>> = { rmi: 'untag' };

const run = 'ocikit run IMAGE -- COMMAND; in a bundle (ocikit unpack IMAGE DIR --bundle) what it changes stays';
const none = 'there is no daemon and there are no containers: ocikit works on files';

/** What docker does and files have no place for, or no verb yet: what to type instead. A verb of ocikit's own goes before. */
export const elsewhere: Readonly<Record<string, string>> = {
  pull: 'skopeo copy docker://NAME:TAG oci:LAYOUT:TAG',
  push: 'skopeo copy oci:LAYOUT:TAG docker://NAME:TAG',
  login: 'skopeo login REGISTRY',
  logout: 'skopeo logout REGISTRY',
  search: 'skopeo list-tags docker://NAME',
  ps: none,
  create: run,
  start: run,
  exec: run,
  build: 'docker buildx build --output type=oci,dest=FILE.tar . , then ocikit load FILE.tar LAYOUT',
  buildx: 'docker buildx build --output type=oci,dest=FILE.tar . , then ocikit load FILE.tar LAYOUT',
  manifest: 'ocikit inspect IMAGE --raw manifest',
  system: none,
  info: none,
  volume: none,
  network: none,
  compose: none,
  stop: none,
  kill: none,
  logs: none,
  attach: none,
  version: 'ocikit --version',
};

/** Words as ocikit has them: `image ls IMG` is `images IMG`, `rmi IMG:a` is `untag IMG:a`. Throws `usage` where a group is named and no verb of it. */
export function withoutForms(argv: readonly string[], commands: readonly Command[]): readonly string[] {
  const [first = '', second = '', ...rest] = argv;
  const isOwn = commands.some(({ name, alias }) => name === first || alias === first);
  if (isOwn) return argv;
  if (Object.hasOwn(aliases, first)) return [aliases[first] ?? first, ...argv.slice(1)];
  const verbs = Object.hasOwn(groups, first) ? groups[first] : undefined;
  if (verbs === undefined) return argv;
  if (Object.hasOwn(verbs, second)) return [verbs[second] ?? second, ...rest];
  if (['--help', '-h', ''].includes(second)) return ['--help'];
  const known = Object.keys(verbs).filter(name => commands.some(command => command.name === verbs[name]));
  const near = nearest(second, known);
  throw usage(
    `${first} ${second}`,
    `expected one of ${known.join(', ')}, got '${second}'`,
    near === undefined ? undefined : `did you mean ${first} ${near}?`,
  );
}

/** The error for a verb of docker's that is none of ocikit's; undefined where docker has no such verb either. */
export function elsewhereError(verb: string, called: string = verb): OciError | undefined {
  if (Object.hasOwn(peerVerbs, verb))
    return usage(called, 'expected a verb of ocikit, got one of another tool', peerVerbs[verb]);
  if (!Object.hasOwn(elsewhere, verb)) return undefined;
  const instead = elsewhere[verb] ?? '';
  return usage(called, 'expected a verb that works on files, got one of a daemon or a registry', instead);
}
