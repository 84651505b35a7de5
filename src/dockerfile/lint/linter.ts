import type { Fail } from '../../errors.ts';
import { checkOf } from '../directives.ts';
import { type Place, placeOf } from '../dockerfile-error.ts';
import type { DockerfileLine } from '../lines.ts';
import { type CheckOptions, noOptions, parseCheckOptions, withOptions } from './check-options.ts';
import { isExperimental, isOfFile, type RuleName, rules } from './rules.ts';

/** What a rule found, and where. */
interface LintFinding {
  readonly rule: RuleName;
  readonly message: string;
  readonly place: Place;
}

/** What a rule is about: the words that its message names, and the word that it points to, where that is not the instruction. */
interface About {
  readonly about?: readonly string[];
  readonly word?: string;
  /** The line whose own comments count, where it is another than the one that is reported. */
  readonly by?: DockerfileLine;
}

/** Collects what the rules find, but for those that the Dockerfile's `check` directives leave out. */
export class Linter {
  readonly #options: CheckOptions;
  readonly #findings: LintFinding[] = [];
  /** The same rule may look at one line again, where stages share it: it says so once. */
  readonly #said = new Set<string>();

  constructor(check: string | undefined, fail: Fail) {
    const said: Fail = message => fail(`failed to parse check options: ${message}`);
    this.#options = check === undefined ? noOptions : parseCheckOptions(check, said);
  }

  get findings(): readonly LintFinding[] {
    return this.#findings;
  }

  /** Whether what is found keeps the build from being done. */
  get isStrict(): boolean {
    return this.#options.error;
  }

  report(rule: RuleName, line: DockerfileLine, { about = [], word, by = line }: About = {}): void {
    if (!this.#isWanted(rule, by)) return;
    const message = rules[rule].message(...about);
    const key = `${rule}\0${line.number}\0${message}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#findings.push({ rule, message, place: placeOf(line, word) });
  }

  #isWanted(rule: RuleName, line: DockerfileLine): boolean {
    const { skip, experimental } = isOfFile(rule) ? this.#options : this.#optionsAt(line);
    const listed = isExperimental(rule) ? experimental : skip;
    const has = listed === 'all' || listed.includes(rule);
    return isExperimental(rule) ? has : !has;
  }

  /** The options of a line: its own comments may add to those of the file. One that is wrong says nothing. */
  #optionsAt({ comments }: DockerfileLine): CheckOptions {
    const own = comments.map(checkOf).find(check => check !== undefined);
    if (own === undefined) return this.#options;
    try {
      return withOptions(
        this.#options,
        parseCheckOptions(own, message => new SyntaxError(message)),
      );
    } catch (error) {
      if (error instanceof SyntaxError) return this.#options;
      throw error;
    }
  }
}
