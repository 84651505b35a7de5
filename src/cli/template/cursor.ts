import { usage } from '../../errors.ts';
import { templateDepthLimit } from '../../limits.ts';
import { lexTemplate, type Token, templateError } from './lexer.ts';

/** Where a parse stands: the next word, and what is in scope there. */
export class Cursor {
  readonly source: string;
  readonly tokens: readonly Token[];
  position = 0;
  /** How many loops are open: `break` and `continue` need one. */
  loops = 0;
  variables: string[] = ['$'];
  #depth = 0;

  constructor(source: string) {
    this.source = source;
    this.tokens = lexTemplate(source);
  }

  fail(message: string): Error {
    return templateError(this.source, this.peek()?.at ?? this.source.length, message);
  }

  unexpected(context: string): Error {
    const token = this.peek();
    const shown = token === undefined ? 'EOF' : token.kind === 'close' ? '"}}"' : `<${token.text}>`;
    return this.fail(`unexpected ${shown} in ${context}`);
  }

  peek(): Token | undefined {
    return this.tokens[this.position];
  }

  next(kind: Token['kind'], context: string): Token {
    const token = this.peek();
    if (token?.kind !== kind) throw this.unexpected(context);
    this.position++;
    return token;
  }

  /** One level further in; the limit keeps hostile nesting off the stack. */
  deeper<T>(work: () => T): T {
    if (++this.#depth > templateDepthLimit)
      throw usage('--format', `expected a template nested at most ${templateDepthLimit} deep, got more`);
    const result = work();
    this.#depth--;
    return result;
  }
}
