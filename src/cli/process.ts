import { createReadStream, existsSync, fstatSync, writeSync } from 'node:fs';
import { OciError } from '../errors.ts';
import { machinePlatform } from '../spec/platform.ts';
import { Interruption } from './interruption.ts';
import type { Io } from './io.ts';

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A reader that went away is no error. */
function quietly(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.listenerCount('error') > 0) return stream;
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** The user's cache directory: a path that is not absolute is none (XDG Base Directory Specification), and a home that is not there, as of users who are to have none, is not made. */
export function cachesOf({ XDG_CACHE_HOME: caches = '', HOME: home = '' }: Io['env']): string | undefined {
  if (caches.startsWith('/')) return caches;
  return home.startsWith('/') && existsSync(home) ? `${home}/.cache` : undefined;
}

/** Standard input: a file in large pieces, a pipe or a terminal as it comes. Node would take a directory for nothing. */
function stdin(): AsyncIterable<Uint8Array> {
  const found = fstatSync(0);
  const isStream = found.isFIFO() || found.isSocket() || found.isCharacterDevice();
  return isStream ? process.stdin : createReadStream('', { fd: 0, autoClose: false, highWaterMark: 1 << 20 });
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function stdoutError(error: unknown): Error {
  return new OciError('conflict', 'stdout', `expected room for the output, got ${codeOf(error)}`, { cause: error });
}

/** Node's stream for standard output, once a pipe that does not block was full. */
let stream: NodeJS.WriteStream | undefined;

/** Writes at once: Node's stream takes two milliseconds to set up. */
function stdout(data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  let written = 0;
  while (stream === undefined && written < bytes.length) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if (codeOf(error) === 'EPIPE') process.exit(0);
      if (codeOf(error) !== 'EAGAIN') throw stdoutError(error);
      stream = quietly(process.stdout);
    }
  }
  stream?.write(bytes.subarray(written));
}

/** Whether one of the standard streams is a terminal; what is no device is none, and its stream need not be set up. */
function isTerminal(file: 0 | 1 | 2, isTTY: () => boolean | undefined): boolean {
  return fstatSync(file).isCharacterDevice() && isTTY() === true;
}

/** Milliseconds until a full pipe that does not block is tried again. */
const pause = 2;

/** Writes all of a chunk; false where the reader went away, which is no error. */
async function writeOut(chunk: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
  for (let written = 0; written < chunk.length; ) {
    try {
      written += writeSync(1, chunk, written);
    } catch (error) {
      if (codeOf(error) === 'EPIPE') return false;
      if (codeOf(error) !== 'EAGAIN') throw stdoutError(error);
      await new Promise(resolve => setTimeout(resolve, pause));
      signal?.throwIfAborted();
    }
  }
  return true;
}

async function stdoutBytes(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
  for await (const chunk of bytes) if (!(await writeOut(chunk, signal))) return;
}

/** This process as the world of a command line. What a command does not use is not set up: streams cost milliseconds. */
export function processIo(signal?: AbortSignal): Io {
  return {
    ...(signal === undefined ? {} : { signal }),
    stdin,
    get stdinIsTerminal() {
      return isTerminal(0, () => process.stdin.isTTY);
    },
    stdoutBytes: bytes => stdoutBytes(bytes, signal),
    stdout,
    stderr: text => {
      quietly(process.stderr).write(text);
    },
    get stdoutIsTerminal() {
      return isTerminal(1, () => process.stdout.isTTY);
    },
    get stderrIsTerminal() {
      return isTerminal(2, () => process.stderr.isTTY);
    },
    get columns() {
      return process.stderr.columns || process.stdout.columns || 0;
    },
    get rows() {
      return process.stderr.rows || process.stdout.rows || 0;
    },
    env: process.env,
    get caches() {
      return cachesOf(process.env);
    },
    now: () => new Date(),
    passSignals,
    ...(process.geteuid?.() === 0
      ? {}
      : { again: [process.execPath, ...process.execArgv, '--', ...process.argv.slice(1)] }),
    hostPlatform: machinePlatform,
  };
}

/** The program that gets the signals instead. */
let program: { readonly isRunning: boolean; send(name: NodeJS.Signals): boolean } | undefined;

/** Whether one of the standard streams is a terminal: `/dev/null` is a device as well. */
const hasTerminal = (): boolean =>
  isTerminal(0, () => process.stdin.isTTY) ||
  isTerminal(1, () => process.stdout.isTTY) ||
  isTerminal(2, () => process.stderr.isTTY);

/** Whether a signal was for a program that runs. What is typed on a terminal reaches it by itself. */
function passed(name: NodeJS.Signals): boolean {
  const isTyped = name !== 'SIGTERM' && name !== 'SIGHUP' && hasTerminal();
  return isTyped ? program?.isRunning === true : program?.send(name) === true;
}

/** Signals that end nothing here while they may go to a program. */
const others = ['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

function passSignals(to: NonNullable<typeof program>): () => void {
  program = to;
  const pass = (name: NodeJS.Signals): void => void passed(name);
  for (const name of others) process.on(name, pass);
  return () => {
    program = undefined;
    for (const name of others) process.off(name, pass);
  };
}

/** Milliseconds that a command may take to tidy up before it says so. */
const patience = 500;

/** The first signal ends the work, which tidies up after itself; the second ends the process, after the exit hooks have. */
function guardProcess(controller: AbortController, io: Io): void {
  const interrupt = (status: number): void => {
    if (controller.signal.aborted) process.exit(status);
    controller.abort(new Interruption(status));
    setTimeout(() => io.stderr('ocikit: interrupted: what is half-written is being removed\n'), patience).unref();
  };
  for (const [signal, status] of Object.entries(signals))
    process.on(signal, () => (passed(signal as NodeJS.Signals) ? undefined : interrupt(status)));
}

/** Runs a command line of this process and leaves its status as the exit code, so that all output is written first. */
export async function runProcess(run: (argv: readonly string[], io: Io) => Promise<number>): Promise<void> {
  const controller = new AbortController();
  const io = processIo(controller.signal);
  guardProcess(controller, io);
  process.exitCode = await run(process.argv.slice(2), io);
  // What was interrupted need not wait for a pipe that nobody writes to.
  if (controller.signal.aborted) process.exit();
}
