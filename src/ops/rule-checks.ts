import { unsupported, usage } from '../errors.ts';
import type { Package } from '../packages/package.ts';
import { compareVersions } from '../packages/versions.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { matcher } from '../tree/glob.ts';
import type { Node, Path } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import { textOf } from '../tree/path.ts';
import { parseWildcard } from '../tree/wildcard.ts';
import type { RuleFinding } from './analyze-results.ts';
import { eachIn, type Look, layerNumber } from './look.ts';
import type { PlacedPackage } from './package-scan.ts';
import { demandOf, parseAmount, parseSize, type Rule } from './rules.ts';

/** What rules are held to. */
export interface Measured {
  readonly look: Look;
  readonly files: number;
  readonly hidden: number;
  readonly efficiency: number;
  readonly packages: readonly PlacedPackage[];
}

type Found = Pick<RuleFinding, 'subject' | 'message'> & { readonly layer?: number | null };

const bad = (rule: Rule) => (message: string) => usage(`rule ${rule.id ?? demandOf(rule)}`, message);

/** Bounds of numbers. */
function* ofSizes(rule: Rule, { files, hidden, efficiency, look }: Measured): Generator<Found> {
  const { maxSize, maxLayers, maxWasted, minEfficiency } = rule;
  const bound = (subject: string, most: number, got: number): Found[] =>
    got <= most ? [] : [{ subject, message: `expected at most ${Math.floor(most)} bytes, got ${got}` }];
  if (maxSize !== undefined) yield* bound('size', parseSize(maxSize, bad(rule)), files);
  if (maxWasted !== undefined) {
    const share = files === 0 ? 0 : (hidden / files) * 100;
    const [found] = bound('waste', parseAmount(maxWasted, files, bad(rule)), hidden);
    if (found !== undefined)
      yield { subject: 'waste', message: `expected at most ${maxWasted}, got ${hidden} bytes (${share.toFixed(2)}%)` };
  }
  const layers = look.tars.length;
  if (maxLayers !== undefined && layers > maxLayers)
    yield { subject: 'layers', message: `expected at most ${maxLayers}, got ${layers}` };
  if (minEfficiency !== undefined && efficiency < minEfficiency)
    yield { subject: 'efficiency', message: `expected at least ${minEfficiency}, got ${efficiency.toFixed(4)}` };
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
const matches = (pattern: string, text: string, rule: Rule): boolean => parseWildcard(pattern, bad(rule))(text);

/** What the config says. */
function* ofConfig(rule: Rule, { look: { image } }: Measured): Generator<Found> {
  if (image === undefined) return;
  const { config = {} } = image.config.value;
  const { User: user = '', ExposedPorts: exposed, Labels: labels } = config ?? {};
  if (rule.noRootUser === true && /^(?:root|0+)?(?::|$)/.test(user ?? ''))
    yield { subject: 'user', message: `expected a user that is not root, got '${user ?? ''}'` };
  for (const port of rule.ports === undefined ? [] : Object.keys(exposed ?? {})) {
    const isAllowed = rule.ports?.some(allowed => allowed === port || `${allowed}/tcp` === port) === true;
    if (!isAllowed)
      yield { subject: `port ${port}`, message: `expected one of ${rule.ports?.join(', ') || 'none'}, got it` };
  }
  const known = new Map(Object.entries(labels ?? {}));
  for (const [name, pattern] of Object.entries(rule.labels ?? {})) {
    const value = known.get(name);
    if (value === undefined) yield { subject: `label ${name}`, message: `expected '${pattern}', got nothing` };
    else if (pattern !== '*' && !matches(pattern, value, rule))
      yield { subject: `label ${name}`, message: `expected '${pattern}', got '${value.slice(0, 200)}'` };
  }
  if (rule.base === undefined) return;
  const base = image.manifest.value.annotations?.[annotationKeys.baseName] ?? known.get(annotationKeys.baseName);
  const isAllowed = base !== undefined && rule.base.some(allowed => matches(allowed, base, rule));
  if (!isAllowed)
    yield {
      subject: 'base',
      message: `expected ${rule.base.join(' or ')}, got ${base === undefined ? 'no name' : `'${base}'`}`,
    };
}

/** `[TYPE/]NAME` with `<`, `<=`, `=`, `>=` or `>` and a version. */
function wantedPackage(text: string, rule: Rule): (found: Package) => boolean {
  const [, type, name = '', operator, version = ''] =
    /^(?:(apk|cargo|composer|deb|gem|golang|maven|npm|pypi|rpm)\/)?(.+?)(?:\s*(<=|>=|<|>|=)\s*(\S+))?$/.exec(text) ??
    [];
  return found => {
    if (type !== undefined && found.type !== type) return false;
    if (found.name !== name && !matches(name, found.name, rule)) return false;
    if (operator === undefined) return true;
    const epoch = found.epoch !== undefined && version.includes(':') ? `${found.epoch}:` : '';
    const order = compareVersions(found.type, `${epoch}${found.version}`, version);
    if (order === 0) return operator.includes('=');
    return operator.startsWith(order < 0 ? '<' : '>');
  };
}

function* ofPackages(rule: Rule, { packages }: Measured): Generator<Found> {
  for (const text of rule.forbidPackages ?? []) {
    const isForbidden = wantedPackage(text, rule);
    for (const { found, layer } of packages)
      if (isForbidden(found))
        yield {
          subject: `package ${found.type}/${found.name}`,
          message: `expected none of ${text}, got ${found.version}`,
          layer,
        };
  }
  for (const text of rule.requirePackages ?? []) {
    const isWanted = wantedPackage(text, rule);
    if (!packages.some(({ found }) => isWanted(found)))
      yield { subject: `package ${text}`, message: 'expected it, got nothing' };
  }
}

type CheckPath = (path: Path, node: Node) => string | undefined;

/** What is wrong with one path, if anything. */
function pathCheck(rule: Rule): CheckPath | undefined {
  const { forbid, noSetuid, noWorldWritable, owners, except = [] } = rule;
  if (forbid === undefined && noSetuid !== true && noWorldWritable !== true && owners === undefined) return undefined;
  const isExcepted = matcher(except);
  const isForbidden = forbid === undefined ? () => false : matcher(forbid);
  return (path, node) => {
    if (isExcepted(path)) return undefined;
    const { mode, uid, gid } = node.meta;
    if (isForbidden(path)) return `expected no ${forbid?.join(' or ')}, got it`;
    if (noSetuid === true && node.kind === 'file' && (mode & 0o6000) !== 0)
      return `expected no set-user-ID and no set-group-ID bit, got mode ${octal(mode)}`;
    const isSticky = node.kind === 'directory' && (mode & 0o1000) !== 0;
    if (noWorldWritable === true && node.kind !== 'symlink' && (mode & 0o002) !== 0 && !isSticky)
      return `expected nothing that everybody may write to, got mode ${octal(mode)}`;
    if (owners !== undefined && !owners.some(owner => owner === `${uid}:${gid}` || owner === `${uid}`))
      return `expected an owner of ${owners.join(', ')}, got ${uid}:${gid}`;
    return undefined;
  };
}

function* ofPaths(rule: Rule, { look }: Measured): Parts<readonly Found[]> {
  const found: Found[] = [];
  const check = pathCheck(rule);
  const missing = new Set(rule.require ?? []);
  if (check === undefined && missing.size === 0) return found;
  const wanted = Array.from(missing, glob => [glob, matcher([glob])] as const);
  yield* eachIn(look, (path, node, layer) => {
    for (const [glob, matches] of wanted) if (missing.has(glob) && matches(path)) missing.delete(glob);
    const message = check?.(path, node);
    if (message !== undefined) found.push({ subject: `/${textOf(path)}`, message, layer });
  });
  for (const glob of missing) found.push({ subject: glob, message: 'expected it, got nothing' });
  if (rule.layers !== 'any' || check === undefined) return found;
  const known = new Set(found.map(({ subject }) => subject));
  for (const [at, { entries }] of look.stack.entries()) {
    for (const entry of entries) {
      const message = entry.kind === 'node' ? check(entry.path, entry.node) : undefined;
      const subject = `/${textOf(entry.path)}`;
      if (message !== undefined && !known.has(subject))
        found.push({ subject, message: `${message} in a lower layer`, layer: layerNumber(look, at) });
    }
    yield entries.length << 10;
  }
  return found;
}

const ofImagesAlone = ['maxLayers', 'noRootUser', 'ports', 'labels', 'base'] as const;

/** Throws `unsupported` where a rule asks for what only an image has: an answer would say that it was looked at. */
export function checkAppliesTo(rule: Rule, { image, subject }: Pick<Look, 'image' | 'subject'>): void {
  const demand = image === undefined ? ofImagesAlone.find(name => rule[name] !== undefined) : undefined;
  if (demand !== undefined)
    throw unsupported(subject, `an image, for rule ${rule.id ?? demand} asks for ${demand}`, 'a root filesystem');
}

/** What an image does not keep to of one rule. */
export function* checkRule(rule: Rule, measured: Measured): Parts<readonly RuleFinding[]> {
  const found = [
    ...ofSizes(rule, measured),
    ...ofConfig(rule, measured),
    ...ofPackages(rule, measured),
    ...(yield* ofPaths(rule, measured)),
  ];
  const name = rule.id ?? demandOf(rule);
  return found.map(({ subject, message, layer }) => ({
    rule: name,
    severity: rule.severity ?? 'error',
    subject,
    message: rule.message === undefined ? message : `${rule.message}: ${message}`,
    layer: layer ?? null,
  }));
}
