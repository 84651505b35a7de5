import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';

/** A pipe that a program writes to: who has started the program closes `end`. */
export interface Pipe {
  readonly end: number;
  readonly output: Socket;
}

/** Opens a fifo at both ends and takes its name away: what Node makes for a child is a socket, which cannot be opened as `/dev/stdout`. */
export function openPipe(fifo: string): Pipe {
  const from = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const end = openSync(fifo, constants.O_WRONLY);
  unlinkSync(fifo);
  return { end, output: new Socket({ fd: from, readable: true, writable: false }) };
}

/** Lets go of the ends that a program has got. */
export function closeEnds(pipes: readonly Pipe[]): void {
  for (const { end } of pipes) closeSync(end);
}
