import { badOption, invalid, OciError, unsupported, usage } from '../../errors.ts';
import { defaultPath, defaultTerminal } from '../../image/runtime-defaults.ts';
import { resolveUser, type UserFiles } from '../../image/user.ts';
import type { ChosenRunner } from '../../runner/choose.ts';
import type { Program, TerminalSize } from '../../runner/job.ts';
import type { ContainerConfig } from '../../spec/objects.ts';
import type { RunOptions } from './options.ts';

export const hostname = 'ocikit';

/** The program that an image's config and a caller's words come to, by docker's rules: its directory has not been looked for yet. */
export function programOf(
  config: ContainerConfig,
  words: readonly string[],
  { options, users }: { readonly options: RunOptions; readonly users: UserFiles },
): Program {
  const { home, ...user } = userOf(config, options.user, users);
  const directory = options.directory ?? (config.WorkingDir || '/');
  if (!directory.startsWith('/')) {
    if (options.directory !== undefined) throw badOption('directory', `expected an absolute path, got '${directory}'`);
    throw invalid('WorkingDir', 'an absolute path', `'${directory}'`);
  }
  const isTerminal = options.terminal !== undefined && options.terminal !== false;
  return {
    arguments: argumentsOf(config, words, options.entrypoint),
    environment: environmentOf([...(config.Env ?? []), ...(options.environment ?? [])], {
      home: home ?? '/',
      hasTerminal: isTerminal,
    }),
    secrets: new Map(),
    directory,
    user,
    hostname,
    network: options.network ?? 'host',
    isPrivileged: false,
    terminal: isTerminal && options.streams === 'inherit' ? sizeOf(options.terminal) : undefined,
  };
}

/** Who runs it: whom the option names, else the image. A user whom the option names and nobody knows is the option's fault. */
function userOf({ User }: ContainerConfig, user: string | undefined, users: UserFiles): ReturnType<typeof resolveUser> {
  try {
    return resolveUser(user ?? User ?? '', users);
  } catch (error) {
    if (user === undefined || !(error instanceof OciError)) throw error;
    throw badOption('user', error.message.slice(error.subject.length + 2));
  }
}

const sizeOf = (terminal: true | TerminalSize): TerminalSize =>
  terminal === true ? { columns: 0, rows: 0 } : terminal;

/** Where nobody but root is, nobody else can be become. Throws `unsupported`. */
export function checkUser(
  { uid, gid }: { readonly uid: number; readonly gid: number },
  { hasOneID }: Pick<ChosenRunner, 'hasOneID'>,
): void {
  if (hasOneID && (uid !== 0 || gid !== 0)) throw refuseUser(`${uid}:${gid}`);
}

/** An error that says why somebody cannot be. */
export const refuseUser = (user: string): OciError =>
  unsupported('user', 'root', user, {
    hint: 'whoever calls has no subordinate ids, so that there is nobody else: /etc/subuid and /etc/subgid give some (usermod adds them), and newuidmap',
  });

/** An entrypoint of the caller's drops the image's command as well. */
function argumentsOf(
  { Entrypoint, Cmd }: ContainerConfig,
  words: readonly string[],
  entrypoint: string | undefined,
): readonly string[] {
  const program = entrypoint === undefined ? (Entrypoint ?? []) : entrypoint === '' ? [] : [entrypoint];
  const command = words.length > 0 || entrypoint !== undefined ? words : (Cmd ?? []);
  const all = [...program, ...command];
  if (all.length === 0) throw usage('run', 'expected a command, got none', 'the image names none');
  return all;
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] as string;

/** Later values win; a name keeps its first place. */
export function environmentOf(
  entries: readonly string[],
  { home, hasTerminal }: { readonly home: string; readonly hasTerminal: boolean },
): readonly string[] {
  const all = new Map<string, string>();
  const usual = [defaultPath, `HOSTNAME=${hostname}`, ...(hasTerminal ? [defaultTerminal] : [])];
  for (const entry of [...usual, ...entries]) all.set(nameOf(entry), entry);
  if (!all.has('HOME')) all.set('HOME', `HOME=${home}`);
  return [...all.values()];
}
