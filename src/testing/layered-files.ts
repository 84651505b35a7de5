import type { LayerEntry, Node } from '../tree/node.ts';
import { encodeText, parsePath } from '../tree/path.ts';
import { decodeWhiteout } from '../tree/whiteout.ts';
import { layerTar, makeLayout, putImage, putName } from './layout-files.ts';
import { directory, symlink, withMode } from './scripts.ts';

/** What a layer has at a path: text or bytes, a directory where the path ends in `/`, `-> TARGET`, a whiteout by its name; with `mode` in octal before `|`. */
type LayerFiles = Readonly<Record<string, string | Uint8Array>>;

function entriesOf(files: LayerFiles): readonly [readonly LayerEntry[], ReadonlyMap<Node, Uint8Array>] {
  const bodies = new Map<Node, Uint8Array>();
  const entries = Object.entries(files).map(([name, content], member): LayerEntry => {
    const [, octal, path = name] = /^(?:([0-7]+)\|)?(.*)$/s.exec(name) ?? [];
    const place = parsePath(encodeText(path), 'test');
    const whiteout = decodeWhiteout(place);
    if (whiteout !== undefined) return whiteout;
    const mode = octal === undefined ? undefined : Number.parseInt(octal, 8);
    if (path.endsWith('/')) return { kind: 'node', path: place, node: directory(mode) };
    if (typeof content === 'string' && content.startsWith('-> '))
      return { kind: 'node', path: place, node: symlink(content.slice(3)) };
    if (typeof content === 'string' && content.startsWith('=> '))
      return { kind: 'hardlink', path: place, target: parsePath(encodeText(content.slice(3)), 'test') };
    const bytes = Buffer.from(content);
    const identity = { source: `bytes ${name}`, member };
    const node: Node = { kind: 'file', meta: withMode(mode), size: bytes.length, content: identity };
    bodies.set(node, bytes);
    return { kind: 'node', path: place, node };
  });
  return [entries, bodies];
}

/** The tar of a layer of these files. */
function filesTar(files: LayerFiles): Uint8Array {
  const [entries, bodies] = entriesOf(files);
  return layerTar(entries, node => bodies.get(node) ?? new Uint8Array(0));
}

/** Makes a layout with an image `app` of these layers, the lowest first, and answers what it is called. `config` are more fields of its config. */
export function layeredImage(layout: string, layers: readonly LayerFiles[], config: object = {}): string {
  makeLayout(layout);
  putName(layout, 'app', putImage(layout, { layers: layers.map(files => ({ tar: filesTar(files) })), config }));
  return `${layout}:app`;
}
