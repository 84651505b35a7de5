import { meant } from '../../spec/nearest-word.ts';
import type { Platform } from '../../spec/objects.ts';
import { parseReference, type Reference, tryReference } from '../../spec/reference.ts';
import type { Instruction, InstructionOf } from '../instruction.ts';
import type { Stage } from '../parse.ts';
import { parseMount } from '../run-mount.ts';
import type { Evaluation } from './evaluation.ts';
import { parseGoPlatform, reportPlatform, reportUndeclared } from './from-rules.ts';
import { expandedWithUses } from './variables.ts';

/** What a stage stands on, or takes files from. */
export type Source =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly node: StageNode }
  /** An image by its full name. */
  | { readonly kind: 'image'; readonly name: string }
  /** A named context: a directory or an image. */
  | { readonly kind: 'named'; readonly name: string };

/** A stage with what it needs of others. */
export interface StageNode {
  readonly index: number;
  readonly stage: Stage;
  /** Its name, or `stage-N`. */
  readonly name: string;
  readonly base: Source;
  readonly platform: Platform | undefined;
  /** The triggers of its base, once they are known, before its own instructions. */
  instructions: readonly Instruction[];
  triggers: number;
  hasTriggers: boolean;
  /** Where COPY and the mounts of RUN take files from, in order; those from the context are not among them. */
  readonly sources: Map<Instruction, readonly (Source | undefined)[]>;
}

/** The stages of a Dockerfile, resolved. */
export interface Graph {
  readonly nodes: readonly StageNode[];
  /** A later stage of one name wins. */
  readonly byName: ReadonlyMap<string, StageNode>;
  /** Whether the only stage takes files of nothing but the context: then its name says nothing. */
  readonly isSingle: boolean;
}

/** `docker.io/library/busybox:latest`; a tag stays beside a digest. */
function fullName({ domain, path, tag, digest }: Reference): string {
  const shown = tag ?? (digest === undefined ? 'latest' : undefined);
  return `${domain}/${path}${shown === undefined ? '' : `:${shown}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Resolves all stages, also those that nothing needs: what is wrong with a name or a `from` is wrong there too. */
export function graphOf(stages: readonly Stage[], evaluation: Evaluation): Graph {
  const byName = new Map<string, StageNode>();
  const nodes: StageNode[] = [];
  for (const [index, stage] of stages.entries()) {
    const node = nodeOf(stage, index, { byName, evaluation });
    nodes.push(node);
    if (stage.name !== undefined) byName.set(stage.name, node);
  }
  for (const node of nodes)
    for (const instruction of node.instructions) setSources(node, instruction, { nodes, byName, evaluation });
  const [only] = nodes;
  const isSingle = nodes.length === 1 && only?.sources.size === 0;
  return { nodes, byName, isSingle };
}

interface Known {
  readonly nodes: readonly StageNode[];
  readonly byName: ReadonlyMap<string, StageNode>;
  readonly evaluation: Evaluation;
}

function nodeOf(stage: Stage, index: number, { byName, evaluation }: Omit<Known, 'nodes'>): StageNode {
  const fail = evaluation.failAt(stage.line);
  const base = expandedWithUses(stage.base, evaluation.globalScope(stage.line));
  reportUndeclared(base, stage, evaluation);
  if (base.text === '') throw fail(`base name (${stage.base}) should not be blank`, stage.base);
  const platform = platformOf(stage, evaluation);
  const other = overridden(stage, evaluation);
  return {
    index,
    stage,
    name: stage.name ?? `stage-${index}`,
    base: other ?? sourceNamed(base.text, { byName, evaluation, stage }),
    platform,
    instructions: other === undefined ? stage.instructions : [],
    triggers: 0,
    hasTriggers: false,
    sources: new Map(),
  };
}

/** A named context takes the place of a stage of its name, whose instructions are not looked at. */
function overridden({ name }: Stage, { options }: Evaluation): Source | undefined {
  return name !== undefined && options.contexts?.has(name) ? { kind: 'named', name } : undefined;
}

function sourceNamed(
  name: string,
  { byName, evaluation, stage }: Omit<Known, 'nodes'> & { readonly stage: Stage },
): Source {
  const node = byName.get(name.toLowerCase());
  if (node !== undefined) return { kind: 'stage', node };
  if (name === 'scratch') return { kind: 'scratch' };
  return imageNamed(name, evaluation, { line: stage.line, names: [...byName.keys()] });
}

function imageNamed(
  name: string,
  { options, failAt }: Evaluation,
  { line, names }: { readonly line: Stage['line']; readonly names: readonly string[] },
): Source {
  if (options.contexts?.has(name)) return { kind: 'named', name };
  const reference = tryReference(name);
  if (reference === undefined)
    throw failAt(line)(`failed to parse stage name "${name}": ${whyNot(name)}${meant(name, names)}`, name);
  const full = fullName(reference);
  return options.contexts?.has(full) ? { kind: 'named', name: full } : { kind: 'image', name: full };
}

function whyNot(name: string): string {
  try {
    parseReference(name);
    return '';
  } catch (error) {
    return /invalid reference format: .*/.exec(String(error))?.[0] ?? 'invalid reference format';
  }
}

function platformOf(stage: Stage, evaluation: Evaluation): Platform | undefined {
  if (stage.platform === '') return undefined;
  const fail = evaluation.failAt(stage.line);
  const uses = expandedWithUses(stage.platform, evaluation.globalScope(stage.line));
  reportUndeclared(uses, stage, evaluation);
  reportPlatform(uses, stage, evaluation);
  const known = [...evaluation.globals.variables.keys()];
  const near = [...uses.unset].map(name => meant(name, known)).find(text => text !== '') ?? '';
  if (uses.text === '') throw fail(`empty platform value from expression ${stage.platform}${near}`, stage.platform);
  try {
    return parseGoPlatform(uses.text);
  } catch {
    throw fail(
      `failed to parse platform ${stage.platform}: expected OS/ARCH[/VARIANT], got '${uses.text}'${near}`,
      stage.platform,
    );
  }
}

/** Finds out where an instruction takes files from, other than the context. */
export function setSources(node: StageNode, instruction: Instruction, known: Known): void {
  if (instruction.kind === 'copy' && instruction.from !== '')
    node.sources.set(instruction, [copySource(instruction, known)]);
  if (instruction.kind !== 'run' || instruction.run.mounts.length === 0) return;
  const { evaluation, byName } = known;
  const fail = evaluation.failAt(instruction.line);
  const sources = instruction.run.mounts.map(mount => {
    const { from } = parseMount(mount, { fail });
    if (from === '') return undefined;
    const stage = byName.get(from.toLowerCase());
    return stage === undefined
      ? from === 'scratch'
        ? ({ kind: 'scratch' } as const)
        : imageNamed(from, evaluation, { line: instruction.line, names: [...byName.keys()] })
      : ({ kind: 'stage', node: stage } as const);
  });
  node.sources.set(instruction, sources);
}

function copySource({ from, line }: InstructionOf<'copy'>, { nodes, byName, evaluation }: Known): Source {
  const fail = evaluation.failAt(line);
  const plain = expandedWithUses(from, { ...evaluation.globalScope(line), variables: new Map() });
  if (plain.text !== from)
    throw fail(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
      from,
    );
  if (/^[-+]?\d+$/.test(from)) {
    const node = nodes[Number(from)];
    if (node === undefined) throw fail(`invalid stage index ${Number(from)}`, from);
    return { kind: 'stage', node };
  }
  const node = byName.get(from.toLowerCase());
  if (node !== undefined) return { kind: 'stage', node };
  if (from === 'scratch') return { kind: 'scratch' };
  return imageNamed(from, evaluation, { line, names: [...byName.keys()] });
}

/** The stages that one needs, itself among them. */
export function reachedFrom(target: StageNode): Set<StageNode> {
  const reached = new Set([target]);
  for (const node of reached) for (const needed of neededBy(node)) reached.add(needed);
  return reached;
}

function* neededBy({ base, sources }: StageNode): Generator<StageNode> {
  if (base.kind === 'stage') yield base.node;
  for (const list of sources.values()) for (const source of list) if (source?.kind === 'stage') yield source.node;
}

/** Throws where stages take files of each other in a circle: at the first line that leads into it. */
export function checkCircles({ nodes }: Graph, evaluation: Evaluation): void {
  const state = new Map<StageNode, 'open' | 'done'>();
  for (const start of nodes) {
    const path: { readonly node: StageNode; readonly left: Copied[] }[] = [];
    let first: Instruction | undefined;
    const enter = (node: StageNode): void => {
      state.set(node, 'open');
      path.push({ node, left: [...neededByCopies(node)].reverse() });
    };
    if (state.get(start) === undefined) enter(start);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const next = at.left.pop();
      if (next === undefined) {
        state.set(at.node, 'done');
        path.pop();
        continue;
      }
      if (at.node === start) first = next.by;
      if (state.get(next.from) === 'open')
        throw evaluation.failAt((first ?? next.by).line)(`circular dependency detected on stage: ${start.name}`);
      if (state.get(next.from) === undefined) enter(next.from);
    }
  }
}

interface Copied {
  readonly from: StageNode;
  readonly by: Instruction;
}

function* neededByCopies(node: StageNode): Generator<Copied> {
  for (const [instruction, list] of node.sources)
    for (const source of list) if (source?.kind === 'stage') yield { from: source.node, by: instruction };
}
