/** Something with a value. `at` and `text` place it in error messages. */
export type Expression = { readonly at: number; readonly text: string } & (
  | { readonly kind: 'dot' | 'nil' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'variable' | 'function'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
);

/** `$a, $b := command | command`. `assigns`: with `=`, to variables that are there already. */
export interface Pipe {
  readonly names: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly (readonly Expression[])[];
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'range' | 'with'; readonly pipe: Pipe; readonly body: Nodes; readonly otherwise: Nodes }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly at: number }
  | { readonly kind: 'break' | 'continue' };
export type Nodes = readonly TemplateNode[];

export interface Template {
  readonly source: string;
  readonly main: Nodes;
  readonly named: ReadonlyMap<string, Nodes>;
}
