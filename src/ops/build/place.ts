import { detectCompression } from '../../codec/compression.ts';
import { blockSize, isHeader } from '../../codec/tar-header.ts';
import type { Bytes } from '../../engine/engine.ts';
import { invalid, notFound, unsupported } from '../../errors.ts';
import { textFileLimit } from '../../limits.ts';
import { makeSpool, spoolArchive } from '../../store/archive/spool.ts';
import { isDirectory, isFile } from '../../store/open-source.ts';
import { isTarFile } from '../../store/rootfs/archive-head.ts';
import { openRootfsTar } from '../../store/rootfs/tar.ts';
import { flow } from '../../stream/flow.ts';
import { peek } from '../../stream/peek.ts';
import { givenBytes } from '../given-bytes.ts';
import type { Work } from '../options.ts';

/** Where a build's files come from: a directory, a tar, or nowhere, where there is only a Dockerfile. */
export type ContextPlace = { readonly close: () => void } & (
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'tar';
      readonly subject: string;
      readonly rootfs: ReturnType<typeof openRootfsTar>;
      /** A directory for what has to be a file of its own. */
      readonly spool: string;
    }
  | { readonly kind: 'nothing'; readonly text: string }
);

const nothing = (): void => undefined;

/** Throws for a directory of files that is none: what is on the network, or not there. */
export function checkDirectory(directory: string): void {
  if (/^(https?|git|ssh):\/\/|^git@/.test(directory))
    throw unsupported(directory, 'a directory or a tar', 'a URL', {
      hint: 'ocikit builds without a network: fetch it first',
    });
  if (isDirectory(directory)) return;
  if (isFile(directory)) throw unsupported(directory, 'a directory', 'a file');
  throw notFound(directory, 'a directory to build from');
}

/**
 * Opens what a build takes its files from: a directory, a tar (plain or compressed), or a stream that is one or is the Dockerfile itself.
 * What has to lie on a disk lies beside `layout` until `close`. Throws `unsupported` for what is on the network, and for a file that is no tar.
 */
export async function openContextPlace(
  context: string | Bytes,
  { layout, work }: { readonly layout: string; readonly work: Work },
): Promise<ContextPlace> {
  if (typeof context !== 'string') return openStream(context, { layout, work });
  if (!isFile(context)) {
    checkDirectory(context);
    return { kind: 'directory', path: context, close: nothing };
  }
  if (!(await isTarFile(context))) throw unsupported(context, 'a directory or a tar', 'a file that is neither');
  const { inside: spool, removeNow } = makeSpool(layout);
  return { kind: 'tar', subject: context, rootfs: openRootfsTar(context, work), spool, close: removeNow };
}

async function openStream(
  bytes: Bytes,
  { layout, work }: { readonly layout: string; readonly work: Work },
): Promise<ContextPlace> {
  const subject = 'the context';
  const { head, whole, close } = await peek(flow(givenBytes(bytes, 'context', work.signal), work), blockSize);
  try {
    const block = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
    const isTar = detectCompression(head) !== 'none' || (block.length >= blockSize && isHeader(block, 0));
    if (!isTar) return { kind: 'nothing', text: await textOf(whole, subject), close: nothing };
    const { file, inside: spool, removeNow } = await spoolArchive(whole, { layout, subject, work });
    return { kind: 'tar', subject, rootfs: openRootfsTar(file, work, subject), spool, close: removeNow };
  } finally {
    await close();
  }
}

async function textOf(bytes: Bytes, subject: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > textFileLimit)
      throw invalid(subject, `a Dockerfile of at most ${textFileLimit} bytes, or a tar`, 'more');
    parts.push(Uint8Array.from(chunk));
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}
