import { spawn } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSmallFiles, must } from './corpus.ts';
import { median } from './measure.ts';

const mebibytes = 96;
/** Milliseconds after which a signal is sent. */
const moments = [150, 400, 800] as const;

/** Milliseconds from SIGINT to the end of a process; undefined where it had ended before. */
function latencyOf(words: readonly string[], moment: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, words, { stdio: 'ignore' });
    let sent: bigint | undefined;
    const timer = setTimeout(() => {
      sent = process.hrtime.bigint();
      child.kill('SIGINT');
    }, moment);
    child.on('close', code => {
      clearTimeout(timer);
      resolve(sent === undefined || code !== 130 ? undefined : Number(process.hrtime.bigint() - sent) / 1e6);
    });
  });
}

/** How soon SIGINT ends the built program while it reads and writes a root filesystem of many small files and one large one. */
export async function interruptLatency(
  root: string,
): Promise<{ readonly count: number; readonly median: number; readonly most: number }> {
  const place = mkdtempSync(join(tmpdir(), 'ocikit-latency-'));
  const program = join(root, 'bin/ocikit.cjs');
  try {
    const [rootfs, img] = [join(place, 'rootfs'), join(place, 'img')];
    mkdirSync(rootfs);
    makeSmallFiles(rootfs, 100);
    const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
    writeFileSync(join(rootfs, 'large'), noise.update(Buffer.alloc(mebibytes << 20)));
    must(process.execPath, program, 'commit', rootfs, `${img}:app`);
    const commands = [
      ['validate', img],
      ['unpack', `${img}:app`, join(place, 'out')],
      ['commit', rootfs, `${join(place, 'new')}:app`],
      ['squash', `${img}:app`, '-t', 'flat'],
      ['diff', `${img}:app`, rootfs],
      ['export', `${img}:app`, '-o', join(place, 'out.tar')],
      ['convert', `${img}:app`, '-t', 'plain', '--compression', 'none'],
      ['fix', img],
    ];
    const found: number[] = [];
    for (const words of commands)
      for (const moment of moments) {
        const latency = await latencyOf([program, ...words], moment);
        if (latency !== undefined) found.push(latency);
        for (const made of ['out', 'out.tar', 'new']) rmSync(join(place, made), { recursive: true, force: true });
      }
    return { count: found.length, median: median(found), most: Math.max(...found) };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
