import { answerShell } from './answer-shell.ts';
import { commands } from './commands.ts';
import { report } from './failure.ts';
import { Interruption } from './interruption.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parser.ts';

/** Runs one command line; answers the exit status: 0 done, 1 the answer is no, 2 could not be done, 128 and more where a signal ended it. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    if (argv[0] === '__complete') {
      await answerShell(argv.slice(1), commands, io);
      return 0;
    }
    const parsed = await parseArguments(argv, commands, io);
    if (parsed.kind === 'command') return await parsed.command.run(parsed.words, io);
    io.stdout(parsed.text);
    return 0;
  } catch (error) {
    const reason: unknown = io.signal?.reason;
    return error === reason && reason instanceof Interruption ? reason.status : report(error, io);
  }
}
