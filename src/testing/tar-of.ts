import { writeFileSync } from 'node:fs';
import { writeArchive } from '../store/archive/write-archive.ts';

/** Writes a tar of these files (and directories, whose names end in `/`) in this order, and answers its path. */
export async function tarOf(path: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const entries = Object.entries(files).map(([name, content]) => {
    const bytes = Buffer.from(content);
    return { name, size: bytes.length, open: () => [bytes] };
  });
  const chunks: Buffer[] = [];
  for await (const chunk of writeArchive(entries)) chunks.push(Buffer.from(chunk));
  writeFileSync(path, Buffer.concat(chunks));
  return path;
}
