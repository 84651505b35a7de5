import { isUtf8 } from 'node:buffer';
import type { Io } from '../cli/io.ts';
import { main } from '../cli/main.ts';

export interface Answer {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, with a world of its own: no terminal, a fixed time, linux/amd64. */
export async function runCommand(words: readonly string[], world: Partial<Io> = {}): Promise<Answer> {
  let [out, err] = ['', ''];
  const status = await main(words, {
    async *stdin() {},
    stdout: data => {
      out += typeof data === 'string' ? data : new TextDecoder().decode(data);
    },
    stderr: text => {
      err += text;
    },
    async stdoutBytes(bytes) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
      const all = Buffer.concat(chunks);
      out += all.toString(isUtf8(all) ? 'utf8' : 'latin1');
    },
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 0,
    rows: 0,
    env: { SOURCE_DATE_EPOCH: '1700000000', TZ: 'UTC' },
    now: () => new Date('2023-11-15T00:13:20Z'),
    hostPlatform: { os: 'linux', architecture: 'amd64' },
    ...world,
  });
  return { status, out, err };
}
