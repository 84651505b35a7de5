import type { Node, Path } from './node.ts';

/** One thing that two trees disagree about at one path; `before` and `after` are short texts (`0644`, `1204`, `0:0`). */
export interface Reason {
  readonly aspect: 'type' | 'content' | 'size' | 'mode' | 'owner' | 'device' | 'target' | 'xattr' | 'links' | 'mtime';
  readonly before: string;
  readonly after: string;
}

/** One path that differs. A `modify` without reasons is the parent of a change. `kind` prints as docker's A, C and D. */
export type Change =
  | { readonly kind: 'add'; readonly path: Path; readonly after: Node; readonly reasons: readonly [] }
  | {
      readonly kind: 'modify';
      readonly path: Path;
      readonly before: Node;
      readonly after: Node;
      readonly reasons: readonly Reason[];
    }
  | { readonly kind: 'delete'; readonly path: Path; readonly before: Node; readonly reasons: readonly [] };
