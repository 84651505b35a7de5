import type { Finding } from '../image/finding.ts';
import { findingLimit } from '../limits.ts';

/** What has been found, as far as it is listed: of one code in one blob no more than `findingLimit`. State: how many there are of each. */
export class FindingList {
  readonly #found: Finding[] = [];
  readonly #counts = new Map<string, number>();
  #unlisted = 0;

  push(found: Finding): void {
    const key = `${found.code} ${found.blob ?? ''}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= findingLimit) this.#found.push(found);
    else this.#unlisted++;
  }

  add(findings: Iterable<Finding>): void {
    for (const found of findings) this.push(found);
  }

  has(is: (found: Finding) => boolean): boolean {
    return this.#found.some(is);
  }

  /** Errors and warnings, which are errors where that is wanted, and notes. */
  result(isStrict: boolean): {
    readonly findings: readonly Finding[];
    readonly notes: readonly Finding[];
    readonly unlisted: number;
  } {
    const serious = this.#found.filter(({ severity }) => severity !== 'note');
    return {
      findings: isStrict ? serious.map((found): Finding => ({ ...found, severity: 'error' })) : serious,
      notes: this.#found.filter(({ severity }) => severity === 'note'),
      unlisted: this.#unlisted,
    };
  }
}
