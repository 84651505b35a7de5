import { usage } from '../errors.ts';
import type { BuildAgent, BuildOptions, BuildRunOption, BuildSecret } from '../ops/build/options.ts';
import type { Option } from './command.ts';
import { fieldsOf } from './fields.ts';
import type { Io } from './io.ts';
import { runnerChoices } from './runner-choices.ts';
import { wholeNumber } from './whole-number.ts';
import { given, type Words } from './words.ts';

/** How RUN is done. */
export const buildRunOptions: readonly Option[] = [
  {
    name: 'runner',
    kind: 'text',
    choices: runnerChoices,
    default: 'auto: the first of them that works here',
    describe: 'what runs RUN',
  },
  {
    name: 'network',
    kind: 'text',
    choices: ['host', 'none', 'default'],
    default: 'host',
    describe: 'what RUN reaches',
  },
  {
    name: 'add-host',
    kind: 'texts',
    value: 'NAME:ADDRESS',
    describe: 'a line of /etc/hosts as RUN sees it (host-gateway is this machine); may be repeated',
  },
  {
    name: 'shm-size',
    kind: 'text',
    value: 'SIZE',
    default: '64m',
    describe: 'how much /dev/shm holds for RUN: bytes, or with k, m or g',
  },
  {
    name: 'jobs',
    kind: 'text',
    value: 'COUNT',
    default: '4',
    describe: 'how many steps are done at once, of stages that do not need one another; 0 is no limit',
  },
  {
    name: 'secret',
    kind: 'texts',
    value: 'id=ID[,src=FILE|,env=VARIABLE]',
    describe: 'what RUN --mount=type=secret has; may be repeated',
  },
  {
    name: 'ssh',
    kind: 'texts',
    value: 'ID[=SOCKET]',
    describe: "what RUN --mount=type=ssh has: an agent's socket, the caller's own where none is said; may be repeated",
  },
];

type Read = Pick<BuildOptions, BuildRunOption | 'contextCache'>;

/** Caches of RUN and what is known of contexts are in the user's own cache directory. */
export function readBuildRun(words: Words, io: Io): Partial<Read> {
  const { caches } = io;
  const network = words.text('network');
  return given({
    runner: words.text('runner') as Read['runner'],
    network: (network === 'default' ? 'host' : network) as Read['network'],
    hosts: words.texts('add-host'),
    sharedMemory: sizeOf(words.text('shm-size')),
    jobs: wholeNumber(words.text('jobs'), '--jobs'),
    secrets: words.texts('secret').map(text => secretOf(text, io)),
    agents: words.texts('ssh').map(text => agentOf(text, io)),
    temporary: io.env['TMPDIR'] || undefined,
    ...(caches === undefined
      ? {}
      : { mountCache: `${caches}/ocikit/mounts`, contextCache: `${caches}/ocikit/contexts` }),
  });
}

const units = ['', 'k', 'm', 'g'];

/** `64m`, as docker writes sizes. Throws `usage`. */
function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ''] = /^(\d+)([kmg]?)b?$/i.exec(text) ?? [];
  const bytes = Number(count) * 1024 ** units.indexOf(unit.toLowerCase());
  if (count === undefined || bytes === 0 || !Number.isSafeInteger(bytes))
    throw usage('--shm-size', `expected bytes, or a number with k, m or g, got '${text}'`);
  return bytes;
}

/** `id=ID,src=FILE`, `id=ID,env=VARIABLE`, or `id=ID` alone: a variable of that name, else a file, as docker has it. */
function secretOf(text: string, io: Io): BuildSecret {
  const fields = fieldsOf(text);
  const kind = fields.get('type') ?? 'file';
  const file = fields.get('src') ?? fields.get('source');
  const id = fields.get('id') ?? file?.split('/').at(-1);
  const known = ['id', 'src', 'source', 'env', 'type'];
  if (id === undefined || id === '' || ![...fields.keys()].every(field => known.includes(field)))
    throw usage('--secret', `expected id=ID with src=FILE or env=VARIABLE, got '${text}'`);
  const variable = fields.get('env') ?? (kind === 'env' ? (file ?? id) : file === undefined ? id : undefined);
  const value = variable === undefined ? undefined : io.env[variable];
  if (value !== undefined) return { id, value };
  if (fields.has('env') || kind === 'env') throw usage('--secret', `expected the variable ${variable}, got none`);
  return { id, file: file ?? id };
}

function agentOf(text: string, { env }: Io): BuildAgent {
  const [id = 'default', said] = text.split('=');
  const socket = said ?? env['SSH_AUTH_SOCK'];
  if (socket === undefined || socket === '') throw usage('--ssh', 'expected ID=SOCKET, or SSH_AUTH_SOCK, got neither');
  return { id, socket };
}
