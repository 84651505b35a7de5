import { parseModeChange } from '../../tree/symbolic-mode.ts';
import type { InlineFile, InstructionOf } from '../instruction.ts';
import { cleanPath, destinationOf, hasWildcard, joined, remoteKind } from './paths.ts';
import type { CopySource, Origin } from './plan.ts';
import type { StageScope } from './stage-scope.ts';
import { expanded, expandedText } from './variables.ts';

type Transferring = InstructionOf<'copy' | 'add'>;

/** COPY and ADD: one step for all their sources. */
export function applyCopy(instruction: Transferring, scope: StageScope): void {
  const { transfer, line, kind } = instruction;
  const at = scope.at(line);
  const expand = (word: string): string => expanded(word, at);
  const [owner, mode] = [expand(transfer.chown), expand(transfer.chmod)];
  if (kind === 'add') expand(instruction.checksum);
  const paths = transfer.sources.map(expand);
  const written = expand(transfer.destination);
  const files = transfer.files.map(file => (file.expand ? { ...file, content: expandedText(file.content, at) } : file));
  if (mode !== '') parseModeChange(mode, scope.evaluation.failAt(line));
  checkRemotes(instruction, paths, scope);
  const sources = [...sourcesOf(instruction, paths, scope), ...files.map(inlineSource)];
  const title = scope.title(instruction);
  const options = [
    kind === 'copy' && instruction.parents ? ['--parents'] : [],
    owner === '' ? [] : [`--chown=${owner}`],
    mode === '' ? [] : [`--chmod=${mode}`],
  ];
  const shown = [...options.flat(), ...paths, ...files.map(({ name }) => `<<${name}`), written].join(' ');
  // A layer of its own takes no mode, in BuildKit: with one it is copied as without the flag.
  const [exclude, link] = [transfer.exclude, transfer.link && mode === ''];
  const destination = destinationOf(scope.state.directory, written);
  const createdBy = `${kind.toUpperCase()} ${shown} # buildkit`;
  scope.step({ kind: 'copy', sources, destination, owner, mode, exclude, link, title, createdBy }, instruction);
}

function sourcesOf(instruction: Transferring, paths: readonly string[], scope: StageScope): CopySource[] {
  const from = originOf(instruction, scope);
  const unpack = instruction.kind === 'add' && (instruction.unpack ?? true);
  const parents = instruction.kind === 'copy' && instruction.parents;
  return paths.map(path => {
    const kind = remoteKind(path);
    if (kind !== undefined)
      return { from: { kind: 'remote', address: path }, path: kind === 'git' ? '/' : remoteName(path), unpack: false };
    lintIgnored(path, instruction, scope);
    const place = parents ? withParents(path) : { path: cleanPath(joined('/', path)) };
    return { ...place, from, unpack };
  });
}

/** What a file from the network would be called. */
function remoteName(address: string): string {
  const path = address.replace(/^https?:\/\/[^/?#]*/, '').replace(/[?#].*$/s, '');
  return cleanPath(`/${path.split('/').at(-1) || '__unnamed__'}`);
}

/** A heredoc is a file of its own, that has its name. */
function inlineSource({ name, content }: InlineFile): CopySource {
  return { from: { kind: 'inline', name, content }, path: cleanPath(`/${name}`), unpack: false };
}

function originOf(instruction: Transferring, scope: StageScope): Origin {
  const source = scope.state.node.sources.get(instruction)?.[0];
  return source === undefined ? { kind: 'context' } : scope.originOf(source, instruction);
}

/** `/./` in a source says where the directories begin that are kept. */
function withParents(source: string): Pick<CopySource, 'path' | 'include' | 'required'> {
  const pivot = source.indexOf('/./');
  const root = pivot < 0 ? '/' : source.slice(0, pivot);
  const pattern = joined('/', pivot < 0 ? source : source.slice(pivot + 3));
  const isPlain = !hasWildcard(root) && !hasWildcard(pattern);
  return {
    path: cleanPath(joined('/', root === '' ? '/' : root)),
    include: pattern.replace(/^\//, ''),
    ...(isPlain ? { required: cleanPath(`/${root}/${pattern}`) } : {}),
  };
}

/** What would have to be fetched is refused: ocikit has no network of its own. */
function checkRemotes(instruction: Transferring, sources: readonly string[], { evaluation }: StageScope): void {
  const fail = evaluation.failAt(instruction.line);
  const remotes = sources.map(source => [source, remoteKind(source)] as const);
  if (instruction.kind === 'add' && instruction.checksum !== '') {
    if (sources.length !== 1) throw fail("checksum can't be specified for multiple sources");
    if (remotes[0]?.[1] === undefined) throw fail('checksum requires HTTP(S) or Git sources');
  }
  for (const [source, kind] of remotes)
    if (kind !== undefined && instruction.kind === 'copy')
      throw fail(`source can't be a ${kind === 'git' ? 'git ref' : 'URL'} for COPY`, source);
}

/** A source of the context that .dockerignore leaves out. */
function lintIgnored(source: string, { kind, line }: Transferring, { evaluation }: StageScope): void {
  const { options, linter } = evaluation;
  const path = cleanPath(source).slice(1);
  if (options.ignored === undefined || path === '' || !options.ignored(path)) return;
  linter.report('CopyIgnoredFile', line, { about: [kind === 'add' ? 'Add' : 'Copy', path], word: source });
}
