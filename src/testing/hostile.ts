/** One row of the table of hostile inputs (`hostile/manifest.json` of the shared fixtures). */
export interface HostileCase {
  readonly name: string;
  readonly kind: string;
  readonly path: string;
  /** Which verbs it is for. */
  readonly classes: readonly string[];
  readonly expected: 'accept' | 'contain' | 'reject';
  /** What a refusal has to name one of. */
  readonly names?: readonly string[];
  readonly checks?: readonly (readonly [string, ...string[]])[];
  readonly needs_root?: boolean;
  readonly tag?: string;
}
