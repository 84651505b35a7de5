import { type ChildProcess, spawn } from 'node:child_process';
import { systemError, unsupported } from '../errors.ts';
import { closeEnds, openPipe, type Pipe } from '../store/disk/pipe.ts';
import { childrenOf, MountNamespace } from '../store/disk/processes.ts';
import { hostFailure } from './host-program.ts';
import { hostPath } from './root-script.ts';
import type { ProgramSignals } from './signals.ts';

/** How a program's own streams go. */
export type Streams =
  /** They are this process's own; standard input only where that is said. */
  | { readonly kind: 'inherit'; readonly input: boolean }
  /** Nothing comes in; what goes out is handed on as it comes. */
  | { readonly kind: 'take'; readonly take: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void };

export interface Launch {
  /** The words of the command that makes the namespaces; a shell and its arguments follow. */
  readonly words: readonly string[];
  /** What the shell does, handed to it through a pipe: it is on no command line and on no disk. */
  readonly script: string;
  readonly streams: Streams;
  /** A directory of ours: pipes have a name in it for a moment. */
  readonly work: string;
  readonly signal: AbortSignal | undefined;
  readonly signals: ProgramSignals | undefined;
  /** Whether all end with the first process, as in a namespace of their own. */
  readonly hasPids: boolean;
}

interface Ended {
  /** 128 and a signal's number where one ended it. */
  readonly status: number;
  /** Whether the program itself began. */
  readonly hasBegun: boolean;
  /** What the script had to say otherwise. */
  readonly report: string;
}

const shell = ['sh', '-c', 'eval "$(cat <&3)"'];
const ready = 'ready';

/** What a program's signal is, as a status. */
const statusOf = (code: number | null): number => code ?? 137;

/** The pipes that a program's output comes through. Throws `unsupported` where the disk has none. */
function pipesOf({ streams, work }: Launch): readonly Pipe[] {
  if (streams.kind === 'inherit') return [];
  const fifos = ['stdout', 'stderr'].map(name => `${work}/${name}`);
  // Whoever the program becomes may open them again.
  const failure = hostFailure('mkfifo', ['-m', '666', '--', ...fifos]);
  if (failure !== undefined) throw unsupported(work, 'a directory that can have named pipes', failure);
  return fifos.map(openPipe);
}

/** Standard input, output and errors. */
function standardOf(streams: Streams, pipes: readonly Pipe[]): readonly ('inherit' | 'ignore' | number)[] {
  if (streams.kind === 'take') return ['ignore', ...pipes.map(({ end }) => end)];
  return [streams.input ? 'inherit' : 'ignore', 'inherit', 'inherit'];
}

/** Starts a tree of processes and waits until all of it has ended. Its end comes with this process's own, whatever ends that. */
export async function runTree(launch: Launch): Promise<Ended> {
  const { words, script, streams, signal, signals, hasPids } = launch;
  signal?.throwIfAborted();
  const [program, ...rest] = ['setpriv', '--pdeathsig', 'KILL', '--', ...words, ...shell];
  // A terminal's own signals go to all of its foreground group: only without one, who sends them is to name the program.
  const pipes = pipesOf(launch);
  const stdio = [...standardOf(streams, pipes), 'pipe', 'pipe'] as const;
  const child = spawn(program as string, rest, { env: { PATH: hostPath }, stdio: [...stdio] });
  closeEnds(pipes);
  const kill = (): void => {
    if (!hasPids) MountNamespace.of(child.pid)?.end();
    child.kill('SIGKILL');
  };
  const release = signals?.listen(name => forward(child, name));
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const [ended] = await Promise.all([
      ending(child, { script, hasPids }),
      ...pipes.map((pipe, at) => taking(pipe, at, streams)),
    ]);
    signal?.throwIfAborted();
    return ended;
  } catch (error) {
    kill();
    throw error;
  } finally {
    release?.();
    signal?.removeEventListener('abort', kill);
  }
}

/** The program is what the shell has started last. */
function forward(child: ChildProcess, name: `SIG${string}`): void {
  for (const first of childrenOf(child.pid))
    for (const pid of childrenOf(first)) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended meanwhile.
      }
    }
}

/** Hands on what comes through a pipe until nobody can write to it any more. */
function taking({ output }: Pipe, at: number, streams: Streams): Promise<void> {
  return new Promise(resolve => {
    output.on('data', (chunk: Uint8Array) => {
      if (streams.kind === 'take') streams.take(chunk, at === 0 ? 'stdout' : 'stderr');
    });
    output.on('error', () => resolve());
    output.on('close', () => resolve());
  });
}

function ending(child: ChildProcess, { script, hasPids }: Pick<Launch, 'script' | 'hasPids'>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let report = '';
    let namespace: MountNamespace | undefined;
    const [, , , input, said] = child.stdio as unknown as readonly (NodeJS.ReadWriteStream | null)[];
    // A shell that could not start reads nothing.
    input?.on('error', () => undefined);
    input?.end(script);
    said?.on('error', () => undefined);
    said?.on('data', (chunk: Uint8Array) => {
      report += String(chunk);
      if (!hasPids) namespace ??= MountNamespace.of(child.pid);
    });
    // What the program has left behind ends with it, and gives back the streams that are waited for.
    child.on('exit', () => namespace?.end());
    child.on('error', error => reject(systemError(error, 'setpriv', 'a program that can be started')));
    child.on('close', code => {
      const hasBegun = report.endsWith(ready);
      resolve({ status: statusOf(code), hasBegun, report: hasBegun ? '' : report.trim() });
    });
  });
}
