import { encodeHeader } from '../codec/tar-writer.ts';
import { encodeText } from '../tree/path.ts';
import { padded } from './tar-blocks.ts';

/** A member as it is to stand in the tar: its name byte for byte (with an octal mode and `|` before it), and its text, `-> TARGET` or `=> TARGET`. */
export type RawMember = readonly [name: string, content?: string];

function blocksOf([said, content = '']: RawMember): Uint8Array {
  const [, octal, name = said] = /^(?:([0-7]+)\|)?(.*)$/s.exec(said) ?? [];
  const [, arrow, target = ''] = /^([-=])> (.*)$/s.exec(content) ?? [];
  const typeflag = arrow === '-' ? '2' : arrow === '=' ? '1' : name.endsWith('/') ? '5' : '0';
  const body = typeflag === '0' ? Buffer.from(content) : Buffer.alloc(0);
  const header = encodeHeader({
    typeflag,
    path: encodeText(name),
    link: encodeText(target),
    mode: Number.parseInt(octal ?? (typeflag === '5' ? '755' : '644'), 8),
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 1_700_000_000,
    major: 0,
    minor: 0,
    xattrs: new Map(),
  });
  return Buffer.concat([header, padded(body)]);
}

/** A tar of these members in this order, whatever an engine would make of it. */
export const rawTar = (members: readonly RawMember[]): Uint8Array =>
  Buffer.concat([...members.map(blocksOf), Buffer.alloc(1024)]);
