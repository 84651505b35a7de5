import { Cursor } from './cursor.ts';
import { parsePipe } from './expressions.ts';
import type { Nodes, Template, TemplateNode } from './syntax.ts';

type Named = Map<string, Nodes>;
type Control = 'if' | 'range' | 'with';

const keywords = ['if', 'range', 'with', 'define', 'block', 'template', 'break', 'continue'];

/** Parses a Go text/template. Throws `usage` in Go's words. */
export function parseTemplate(source: string): Template {
  const cursor = new Cursor(source);
  const named: Named = new Map();
  const main: TemplateNode[] = [];
  while (cursor.peek() !== undefined) {
    const { nodes, ending } = nodesOf(cursor, named);
    if (ending !== 'eof') throw cursor.fail(`unexpected {{${ending}}}`);
    for (const one of nodes) main.push(one);
  }
  return { source, main, named };
}

/** Nodes up to the `end` or `else` that closes them; the closing word itself is consumed. */
function nodesOf(cursor: Cursor, named: Named): { readonly nodes: Nodes; readonly ending: 'end' | 'else' | 'eof' } {
  const nodes: TemplateNode[] = [];
  for (let token = cursor.peek(); token !== undefined; token = cursor.peek()) {
    cursor.position++;
    if (token.kind === 'text') {
      nodes.push({ kind: 'text', text: token.text });
      continue;
    }
    const first = cursor.peek();
    const keyword = first?.kind === 'word' ? first.text : '';
    if (keyword === 'end' || keyword === 'else') {
      cursor.position++;
      if (keyword === 'end') cursor.next('close', 'end');
      return { nodes, ending: keyword };
    }
    const node = cursor.deeper(() => action(cursor, named, keyword));
    if (node !== undefined) nodes.push(node);
  }
  return { nodes, ending: 'eof' };
}

function inner(cursor: Cursor, named: Named): ReturnType<typeof nodesOf> {
  const found = nodesOf(cursor, named);
  if (found.ending === 'eof') throw cursor.fail('unexpected EOF');
  return found;
}

function action(cursor: Cursor, named: Named, keyword: string): TemplateNode | undefined {
  if (keywords.includes(keyword)) cursor.position++;
  switch (keyword) {
    case 'if':
    case 'range':
    case 'with':
      return control(cursor, named, keyword);
    case 'define':
      define(cursor, named);
      return undefined;
    case 'block':
    case 'template':
      return invocation(cursor, named, keyword);
    case 'break':
    case 'continue':
      if (cursor.loops === 0) throw cursor.fail(`{{${keyword}}} outside {{range}}`);
      cursor.next('close', keyword);
      return { kind: keyword };
    default: {
      const pipe = parsePipe(cursor, 'command');
      cursor.next('close', 'command');
      return { kind: 'action', pipe };
    }
  }
}

function control(cursor: Cursor, named: Named, kind: Control): TemplateNode {
  const outer = cursor.variables.length;
  const pipe = parsePipe(cursor, kind);
  cursor.next('close', kind);
  const loops = cursor.loops;
  if (kind === 'range') cursor.loops++;
  const body = inner(cursor, named);
  cursor.loops = loops;
  const otherwise = body.ending === 'else' ? otherwiseOf(cursor, named, kind) : [];
  cursor.variables.length = outer;
  return { kind, pipe, body: body.nodes, otherwise };
}

function otherwiseOf(cursor: Cursor, named: Named, kind: Control): Nodes {
  const word = cursor.peek();
  if (word?.kind === 'word' && word.text === kind && kind !== 'range') {
    cursor.position++;
    return [cursor.deeper(() => control(cursor, named, kind))];
  }
  cursor.next('close', 'else');
  const { nodes, ending } = inner(cursor, named);
  if (ending === 'else') throw cursor.fail('expected end; found {{else}}');
  return nodes;
}

function define(cursor: Cursor, named: Named): void {
  const name = nameOf(cursor, 'define clause');
  cursor.next('close', 'define clause');
  separate(cursor, named, name);
}

function invocation(cursor: Cursor, named: Named, kind: 'block' | 'template'): TemplateNode {
  const at = cursor.peek()?.at ?? 0;
  const name = nameOf(cursor, `${kind} clause`);
  const bare = kind === 'template' && cursor.peek()?.kind === 'close';
  const pipe = bare ? undefined : parsePipe(cursor, `${kind} clause`);
  cursor.next('close', `${kind} clause`);
  if (kind === 'block') separate(cursor, named, name);
  return { kind: 'template', name, pipe, at };
}

/** A body of its own: neither the variables nor the loops around it are in scope. */
function separate(cursor: Cursor, named: Named, name: string): void {
  const { variables, loops } = cursor;
  cursor.variables = ['$'];
  cursor.loops = 0;
  const { nodes, ending } = inner(cursor, named);
  if (ending === 'else') throw cursor.fail('unexpected {{else}} in define clause');
  named.set(name, nodes);
  cursor.variables = variables;
  cursor.loops = loops;
}

const nameOf = (cursor: Cursor, context: string): string => String(cursor.next('string', context).value);
