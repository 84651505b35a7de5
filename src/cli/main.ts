import { commands } from './commands.ts';
import { report } from './failure.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parser.ts';

/** Runs one command line; answers the exit status: 0 done, 1 the answer is no, 2 could not be done. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const parsed = await parseArguments(argv, commands, io);
    if (parsed.kind === 'command') return await parsed.command.run(parsed.words, io);
    io.stdout(parsed.text);
    return 0;
  } catch (error) {
    return report(error, io);
  }
}
