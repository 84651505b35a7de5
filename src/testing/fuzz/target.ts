/** Something that takes bytes of strangers, and what to start from. */
export interface FuzzTarget {
  readonly name: string;
  /** Takes any bytes, and ends in a result or an `OciError`. Whatever else it throws is a finding: also what it says against a law. */
  run(bytes: Uint8Array): unknown;
  /** Inputs that are right, or nearly: mutants are made of them. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Words that its inputs are made of. */
  readonly words?: readonly string[];
  /** Makes sums right again that a mutant has wrong by all odds, so that what is behind them is met as well. Changes the bytes in place. */
  repair?(bytes: Buffer): void;
}
