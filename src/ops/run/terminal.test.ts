import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canRun, makeBusyboxBase } from '../../testing/busybox.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** What is typed once a text has been seen, or what is done to the terminal of that name. */
type Typed = readonly (readonly [seen: string, typed: string | ((terminal: string) => void)])[];

/** Runs a line of a shell on a terminal; what is seen there, and the status. */
async function onTerminal(line: string, typed: Typed): Promise<{ readonly text: string; readonly status: number }> {
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: checkout, stdio: ['pipe', 'pipe', 'inherit'] });
  let [text, next] = ['', 0];
  child.stdout.on('data', (chunk: Uint8Array) => {
    text += String(chunk);
    const [seen, keys] = typed[next] ?? [];
    if (seen === undefined || keys === undefined || !text.includes(seen)) return;
    if (typeof keys === 'string') child.stdin.write(keys);
    else keys(/\/dev\/pts\/\d+/.exec(text)?.[0] ?? '');
    next++;
  });
  const [status] = (await once(child, 'close')) as [number];
  return { text: text.replaceAll('\r', ''), status };
}

const program =
  'tty; stty size; stty -echo; trap "echo caught" INT; trap "stty size" WINCH; echo begun; while ! read line; do :; done; echo "[$line]"; exit 5';

for (const runner of ['nschroot', 'bwrap', 'runc', 'crun', 'chroot'])
  test(`${runner}: with a terminal of its own a program knows its name, its size and that of a window that changes, and what is typed is the program’s`, async t => {
    if (!canRun(t)) return;
    for (const needed of runner.includes('chroot') ? ['script'] : ['script', runner])
      if (spawnSync(needed, ['--version']).status !== 0) {
        t.skip(`not installed here: ${needed}`);
        return;
      }
    const directory = temporaryDirectory(t);
    const image = await makeBusyboxBase(directory, 'img');
    const words = `"${process.execPath}" --import tsx src/cli/bin.ts run -it --no-progress --platform linux/amd64 --runner ${runner}`;
    const line = `tty; stty rows 33 cols 101; ${words} ${image} -- sh -c '${program}'; echo "status $?"; stty -a | grep -o " -*icanon"`;
    const resize = (terminal: string): void => void spawnSync('stty', ['-F', terminal, 'rows', '44', 'cols', '77']);
    // It tells its program no other size than that of the start.
    const isTold = runner !== 'crun';
    const { text, status } = await onTerminal(line, [
      ['begun', '\x03'],
      ...(isTold
        ? ([['caught', resize] as const, ['44 77', 'typed\n'] as const] as const)
        : [['caught', 'typed\n'] as const]),
    ]);
    assert.match(text, /^\/dev\/pts\/\d+\n\/dev\/pts\/\d+\n/);
    assert.match(text, /^.*\n.*\n33 101\nbegun\n/, 'its size is there from the first moment');
    assert.match(text, /caught\n(44 \d+\n)*\[typed\]\nstatus 5\n icanon\n$/);
    assert.equal(status, 0);
  });
