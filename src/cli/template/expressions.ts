import type { Cursor } from './cursor.ts';
import { isFunction } from './functions.ts';
import type { Token } from './lexer.ts';
import type { Expression, Pipe } from './syntax.ts';

/** Parses a pipeline with its declarations, up to what closes it. */
export function parsePipe(cursor: Cursor, context: string): Pipe {
  const { names, assigns } = declarations(cursor, context);
  const commands = [command(cursor, context)];
  while (cursor.peek()?.kind === '|') {
    cursor.position++;
    const stage = command(cursor, context);
    if (!['function', 'field', 'variable'].includes(stage[0]?.kind ?? '')) {
      throw cursor.fail(`non executable command in pipeline stage ${commands.length + 1}`);
    }
    commands.push(stage);
  }
  if (!assigns) for (const one of names) cursor.variables.push(one);
  return { names, assigns, commands };
}

function declarations(cursor: Cursor, context: string): Pick<Pipe, 'names' | 'assigns'> {
  const [first, second, third, fourth] = cursor.tokens.slice(cursor.position, cursor.position + 4);
  if (first?.kind !== 'variable') return { names: [], assigns: false };
  const pair = context === 'range' && second?.kind === ',' && third?.kind === 'variable';
  const mark = pair ? fourth : second;
  if (mark?.kind !== ':=' && mark?.kind !== '=') return { names: [], assigns: false };
  const names = pair ? [first.text, third.text] : [first.text];
  const undeclared = mark.kind === '=' ? names.find(name => !cursor.variables.includes(name)) : undefined;
  if (undeclared !== undefined) throw cursor.fail(`undefined variable "${undeclared}"`);
  cursor.position += pair ? 4 : 2;
  return { names, assigns: mark.kind === '=' };
}

function command(cursor: Cursor, context: string): Expression[] {
  const words: Expression[] = [];
  for (
    let token = cursor.peek();
    token !== undefined && !['close', '|', ')'].includes(token.kind);
    token = cursor.peek()
  ) {
    if (words.length > 0 && !token.spaced) throw cursor.unexpected('operand');
    words.push(operand(cursor, token, context));
  }
  if (words.length === 0)
    throw cursor.fail(cursor.peek() === undefined ? 'unclosed action' : `missing value for ${context}`);
  return words;
}

/** A term with the fields that follow it without a space. */
function operand(cursor: Cursor, token: Token, context: string): Expression {
  let found = term(cursor, token, context);
  for (let field = cursor.peek(); field?.kind === 'field' && !field.spaced; field = cursor.peek()) {
    if (found.kind === 'literal' || found.kind === 'nil') {
      throw cursor.fail(`unexpected . after term ${JSON.stringify(found.text)}`);
    }
    cursor.position++;
    found = { kind: 'field', of: found, name: field.text, at: found.at, text: `${found.text}.${field.text}` };
  }
  return found;
}

function term(cursor: Cursor, token: Token, context: string): Expression {
  const place = { at: token.at, text: token.text };
  switch (token.kind) {
    case 'dot':
      cursor.position++;
      return { kind: 'dot', ...place };
    case 'field':
      cursor.position++;
      return { kind: 'field', of: { kind: 'dot', ...place }, name: token.text, at: token.at, text: `.${token.text}` };
    case 'variable':
      if (!cursor.variables.includes(token.text)) throw cursor.fail(`undefined variable "${token.text}"`);
      cursor.position++;
      return { kind: 'variable', name: token.text, ...place };
    case 'number':
    case 'string':
      cursor.position++;
      return { kind: 'literal', value: token.value ?? '', ...place };
    case 'word':
      return word(cursor, place);
    case '(':
      return parenthesis(cursor, token);
    default:
      throw cursor.unexpected(context);
  }
}

function word(cursor: Cursor, place: Pick<Expression, 'at' | 'text'>): Expression {
  const known = ['nil', 'true', 'false'].includes(place.text);
  if (!known && !isFunction(place.text)) throw cursor.fail(`function ${JSON.stringify(place.text)} not defined`);
  cursor.position++;
  if (place.text === 'nil') return { kind: 'nil', ...place };
  return known
    ? { kind: 'literal', value: place.text === 'true', ...place }
    : { kind: 'function', name: place.text, ...place };
}

function parenthesis(cursor: Cursor, token: Token): Expression {
  cursor.position++;
  const pipe = cursor.deeper(() => parsePipe(cursor, 'parenthesized pipeline'));
  const close = cursor.peek();
  if (close?.kind !== ')') throw cursor.fail('unclosed left paren');
  cursor.position++;
  return { kind: 'pipe', pipe, at: token.at, text: cursor.source.slice(token.at, close.at + 1) };
}
