import { type OciError, usage } from '../../errors.ts';
import { templateCallLimit, templateOutputLimit, templateStepLimit } from '../../limits.ts';
import { callFunction, headingFunctions } from './functions.ts';
import { parseTemplate } from './parser.ts';
import { isMapping, isTrue, keysOf, type Mapping, printed, typeName } from './print.ts';
import type { Expression, Nodes, Pipe, Template, TemplateNode } from './syntax.ts';

interface RenderOptions {
  /** The value of a field that an object does not have; `undefined` where there is no such field. */
  readonly absent?: (of: Mapping, name: string) => { readonly value: unknown } | undefined;
  /** The fields that an object may have; `undefined` where only those that it has are known. */
  readonly fields?: (of: Mapping) => readonly string[] | undefined;
  /** Applied to every printed value, never to the template's own text. */
  readonly escape?: (text: string) => string;
  /** What `json` writes of a value that is printed otherwise. */
  readonly exact?: (value: unknown) => unknown;
  /** The data are column titles: functions that shape values leave them alone. */
  readonly heading?: boolean;
}

type Flow = 'break' | 'continue' | undefined;

const listed = (names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `there are ${names.map(name => `.${name}`).join(' ')}`;

/** One run of a template over one value. */
class Run {
  readonly template: Template;
  readonly options: RenderOptions;
  readonly output: string[] = [];
  variables: [name: string, value: unknown][] = [];
  length = 0;
  depth = 0;
  steps = 0;

  constructor(template: Template, options: RenderOptions) {
    this.template = template;
    this.options = options;
  }

  write(text: string): void {
    this.length += text.length;
    if (this.length > templateOutputLimit)
      throw usage('--format', `expected at most ${templateOutputLimit} characters of output, got more`);
    this.output.push(text);
  }

  step(): void {
    if (++this.steps > templateStepLimit)
      throw usage('--format', `expected at most ${templateStepLimit} steps, got more`);
  }

  deeper<T>(work: () => T): T {
    if (++this.depth > templateCallLimit)
      throw usage('--format', `expected templates nested at most ${templateCallLimit} deep, got more`);
    const result = work();
    this.depth--;
    return result;
  }

  walk(nodes: Nodes, dot: unknown): Flow {
    for (const node of nodes) {
      this.step();
      const flow = this.node(node, dot);
      if (flow !== undefined) return flow;
    }
    return undefined;
  }

  node(node: TemplateNode, dot: unknown): Flow {
    switch (node.kind) {
      case 'text':
        this.write(node.text);
        return undefined;
      case 'action': {
        const value = this.pipe(node.pipe, dot);
        const text = printed(value);
        if (node.pipe.names.length === 0) this.write(this.options.escape?.(text) ?? text);
        return undefined;
      }
      case 'if':
      case 'with':
        return this.scoped(() => this.branch(node, dot));
      case 'range':
        return this.scoped(() => this.loop(node, dot));
      case 'template':
        return this.invoke(node, dot);
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  scoped(work: () => Flow): Flow {
    const outer = this.variables.length;
    const flow = this.deeper(work);
    this.variables.length = outer;
    return flow;
  }

  branch(node: Extract<TemplateNode, { readonly body: Nodes }>, dot: unknown): Flow {
    const value = this.pipe(node.pipe, dot);
    const inner = node.kind === 'with' ? value : dot;
    return isTrue(value) ? this.walk(node.body, inner) : this.walk(node.otherwise, dot);
  }

  loop(node: Extract<TemplateNode, { readonly body: Nodes }>, dot: unknown): Flow {
    const value = this.pipe({ ...node.pipe, names: [] }, dot);
    const items = this.items(value, node.pipe);
    let entered = false;
    for (const [key, item] of items) {
      entered = true;
      const outer = this.variables.length;
      this.step();
      this.bind(node.pipe, node.pipe.names.length === 2 ? [key, item] : [item]);
      const flow = this.walk(node.body, item);
      this.variables.length = outer;
      if (flow === 'break') break;
    }
    return entered ? undefined : this.walk(node.otherwise, dot);
  }

  *items(value: unknown, pipe: Pipe): Generator<[unknown, unknown]> {
    if (Array.isArray(value)) yield* value.entries();
    else if (isMapping(value)) for (const key of keysOf(value)) yield [key, value[key]];
    else if (typeof value === 'number' && Number.isInteger(value)) for (let at = 0; at < value; at++) yield [at, at];
    else if (value !== null && value !== undefined) {
      throw this.failure(pipe.commands[0]?.[0], `range can't iterate over ${printed(value)}`);
    }
  }

  bind(pipe: Pipe, values: readonly unknown[]): void {
    for (const [at, name] of pipe.names.entries()) {
      const found = pipe.assigns ? this.variables.findLast(([other]) => other === name) : undefined;
      if (found === undefined) this.variables.push([name, values[at]]);
      else found[1] = values[at];
    }
  }

  invoke(node: Extract<TemplateNode, { readonly kind: 'template' }>, dot: unknown): Flow {
    const nodes = this.template.named.get(node.name);
    if (nodes === undefined) throw usage('--format', `template: ${JSON.stringify(node.name)} not defined`);
    const inner = node.pipe === undefined ? null : this.pipe(node.pipe, dot);
    const variables = this.variables;
    this.variables = [['$', inner]];
    this.deeper(() => this.walk(nodes, inner));
    this.variables = variables;
    return undefined;
  }

  pipe(pipe: Pipe, dot: unknown): unknown {
    let value: unknown;
    for (const [stage, command] of pipe.commands.entries()) {
      value = this.deeper(() => this.command(command, dot, stage === 0 ? [] : [value]));
    }
    this.bind(pipe, [value]);
    return value;
  }

  command(command: readonly Expression[], dot: unknown, piped: readonly unknown[]): unknown {
    const [first, ...words] = command;
    if (first?.kind === 'function')
      return this.call(first, [...words.map(word => () => this.value(word, dot)), ...piped.map(value => () => value)]);
    if (first === undefined || words.length > 0 || piped.length > 0) {
      throw this.failure(first, `can't give argument to non-function ${first?.text}`);
    }
    if (first.kind === 'nil') throw this.failure(first, 'nil is not a command');
    return this.value(first, dot);
  }

  call(at: Expression & { readonly name: string }, lazy: readonly (() => unknown)[]): unknown {
    const { name } = at;
    if (name === 'and' || name === 'or') return this.shortcut(at, lazy);
    const values = lazy.map(value => value());
    if (this.options.heading === true && headingFunctions.includes(name)) {
      return name === 'split' ? values.slice(0, 1) : values[0];
    }
    try {
      return callFunction(name, name === 'json' ? values.map(value => this.options.exact?.(value) ?? value) : values);
    } catch (error) {
      if (error instanceof RangeError) throw this.failure(at, `error calling ${name}: ${error.message}`);
      throw error;
    }
  }

  shortcut(at: Expression & { readonly name: string }, lazy: readonly (() => unknown)[]): unknown {
    if (lazy.length === 0) throw this.failure(at, `wrong number of args for ${at.name}: want at least 1 got 0`);
    let value: unknown;
    for (const next of lazy) {
      value = next();
      if (isTrue(value) === (at.name === 'or')) break;
    }
    return value;
  }

  value(expression: Expression, dot: unknown): unknown {
    this.step();
    switch (expression.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'literal':
        return expression.value;
      case 'variable':
        return this.variables.findLast(([name]) => name === expression.name)?.[1];
      case 'function':
        return this.call(expression, []);
      case 'pipe':
        return this.deeper(() => this.pipe(expression.pipe, dot));
      case 'field':
        return this.field(
          this.deeper(() => this.value(expression.of, dot)),
          expression,
        );
    }
  }

  field(of: unknown, at: Extract<Expression, { readonly kind: 'field' }>): unknown {
    if (isMapping(of)) {
      if (Object.hasOwn(of, at.name)) return of[at.name];
      const absent = this.options.absent?.(of, at.name);
      if (absent !== undefined) return absent.value;
      throw this.failure(
        at,
        `map has no entry for key ${JSON.stringify(at.name)}`,
        listed(this.options.fields?.(of) ?? keysOf(of)),
      );
    }
    if (of === null || of === undefined) throw this.failure(at, `nil pointer evaluating interface {}.${at.name}`);
    throw this.failure(at, `can't evaluate field ${at.name} in type ${typeName(of)}`);
  }

  failure(at: Expression | undefined, message: string, hint?: string): OciError {
    const before = this.template.source.slice(0, at?.at ?? 0);
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n') - 1;
    return usage('--format', `template: :${line}:${column}: executing "" at <${at?.text ?? ''}>: ${message}`, hint);
  }
}

/** Runs a parsed template over a value. Throws `usage` in Go's words, and where a limit on depth, steps or output is passed. */
export function renderTemplate(template: Template, data: unknown, options: RenderOptions = {}): string {
  const run = new Run(template, options);
  run.variables.push(['$', data]);
  run.walk(template.main, data);
  return run.output.join('');
}

export { parseTemplate };
