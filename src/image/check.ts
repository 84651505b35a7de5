import { annotationKeys } from '../spec/annotations.ts';
import { mediaTypes } from '../spec/media-type.ts';
import { isRefName } from '../spec/name.ts';
import type {
  ContainerConfig,
  Descriptor,
  Document,
  Image,
  ImageConfig,
  ImageIndex,
  Manifest,
  Platform,
} from '../spec/objects.ts';
import { placedEntries } from '../spec/odd-entries.ts';
import { formatPlatform, normalizePlatform } from '../spec/platform.ts';
import { isPortKey } from '../spec/port.ts';
import { isStopSignal } from '../spec/stop-signal.ts';
import { checkAnnotations } from './check-annotations.ts';
import { checkDescriptor } from './check-descriptor.ts';
import { checkPlatformNames } from './check-platform.ts';
import { at, documentAt, type Finding, type Place } from './finding.ts';
import { finding } from './finding-codes.ts';

const { refName, containerdName } = annotationKeys;

/** A layout's own index. */
export const indexFile: Place = { within: 'index.json' };

/**
 * What schemas cannot say about an image: counts, platform, embedded data, execution parameters. `entry` is the
 * descriptor in the index that leads to it. Subjects are `manifest DIGEST POINTER` and `config DIGEST POINTER`.
 */
export function checkImage(image: Image, entry?: Descriptor): Finding[] {
  const { manifest, config } = image;
  const place = documentAt('config', config.descriptor.digest);
  return [
    ...checkManifest(manifest, entry),
    ...checkCounts(manifest.value, config.value, place),
    ...checkPlatform(entry?.platform, config.value, place),
    ...checkPlatformNames(config.value, place),
    ...checkContainer(config.value.config ?? {}, at(place, '/config')),
  ];
}

/** The part of `checkImage` that holds for artifacts as well, whose config is not an image's. */
export function checkManifest(manifest: Document<Manifest>, entry?: Descriptor): Finding[] {
  const { value, descriptor } = manifest;
  const place = documentAt('manifest', descriptor.digest);
  const findings = [
    ...checkMediaType(value.mediaType, entry ?? descriptor, at(place, '/mediaType')),
    ...checkDescriptor(value.config, at(place, '/config')),
    ...value.layers.flatMap((layer, index) => checkDescriptor(layer, at(place, `/layers/${index}`))),
    ...(value.subject ? checkDescriptor(value.subject, at(place, '/subject')) : []),
    ...checkAnnotations(value.annotations, at(place, '/annotations')),
  ];
  if (value.config.mediaType !== mediaTypes.empty || value.artifactType) return findings;
  return [
    ...findings,
    finding(
      'artifact-type-missing',
      at(place, '/artifactType'),
      'expected a media type beside an empty config, got nothing',
    ),
  ];
}

/** Whether a document and the descriptor that leads to it name one media type. */
function checkMediaType(mediaType: string | undefined, entry: Descriptor, place: Place): Finding[] {
  if (!mediaType || mediaType === entry.mediaType) return [];
  const message = `expected ${entry.mediaType} as its descriptor says, got ${mediaType}`;
  return [finding('media-type-mismatch', place, message)];
}

/** What schemas cannot say about an index: names (annotations.md) and embedded data. */
export function checkIndex(index: Document<ImageIndex>, place: Place = indexFile): Finding[] {
  const { subject: about } = index.value;
  const entries = placedEntries(index.value);
  return [
    ...entries.flatMap(([position, entry]) => checkDescriptor(entry, at(place, `/manifests/${position}`))),
    ...(about ? checkDescriptor(about, at(place, '/subject')) : []),
    ...checkAnnotations(index.value.annotations, at(place, '/annotations')),
    ...checkNames(entries, place),
  ];
}

function checkNames(entries: ReturnType<typeof placedEntries>, place: Place): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, Descriptor>();
  for (const [position, entry] of entries) {
    const name = entry.annotations?.[refName];
    if (name === undefined) continue;
    const field = at(place, `/manifests/${position}/annotations/${refName}`);
    if (!isRefName(name))
      findings.push(finding('name-grammar', field, `expected a name by the grammar of ref.name, got '${name}'`));
    // Docker writes one tag of two repositories as two entries that differ in the full name only.
    const key = `${name}\n${entry.annotations?.[containerdName] ?? ''}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, entry);
    else if (other.digest === entry.digest)
      findings.push(finding('entry-duplicate', field, `'${name}' twice for ${entry.digest}`));
    else {
      findings.push(
        finding('name-duplicate', field, `expected '${name}' once, got it for ${other.digest} and ${entry.digest}`),
      );
    }
  }
  return findings;
}

function checkCounts(manifest: Manifest, config: ImageConfig, place: Place): Finding[] {
  const layers = manifest.layers.length;
  const diffIDs = config.rootfs.diff_ids.length;
  const rows = (config.history ?? []).filter(row => row.empty_layer !== true).length;
  const findings: Finding[] = [];
  if (diffIDs !== layers) {
    findings.push(
      finding(
        'layer-count',
        at(place, '/rootfs/diff_ids'),
        `expected one for each of ${layers} layers, got ${diffIDs}`,
      ),
    );
  }
  if (config.history?.length && rows !== layers) {
    findings.push(
      finding('history-count', at(place, '/history'), `expected a line for each of ${layers} layers, got ${rows}`),
    );
  }
  return findings;
}

/** A detail that only one side gives is no contradiction. */
function checkPlatform(platform: Platform | undefined, config: ImageConfig, place: Place): Finding[] {
  if (!platform) return [];
  const [wanted, given] = [normalizePlatform(platform), normalizePlatform(config)];
  const variants = platform.variant && config.variant && wanted.variant !== given.variant;
  if (platform.os === config.os && platform.architecture === config.architecture && !variants) return [];
  const message = `expected ${formatPlatform(platform)} as the index says, got ${formatPlatform(config)}`;
  return [finding('platform-mismatch', place, message)];
}

function checkContainer(config: ContainerConfig, place: Place): Finding[] {
  return [
    ...checkEnvironment(config.Env ?? [], at(place, '/Env')),
    ...checkPorts(Object.keys(config.ExposedPorts ?? {}), at(place, '/ExposedPorts')),
    ...checkWorkingDirectory(config.WorkingDir ?? '', at(place, '/WorkingDir')),
    ...checkStopSignal(config.StopSignal ?? '', at(place, '/StopSignal')),
    ...checkAnnotations(config.Labels, at(place, '/Labels')),
    ...(config.ArgsEscaped === true ? [finding('config-deprecated', at(place, '/ArgsEscaped'), 'true')] : []),
  ];
}

function checkEnvironment(entries: readonly string[], place: Place): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const name = entry.split('=', 1)[0] as string;
    const field = at(place, `/${index}`);
    if (name === '' || name === entry)
      findings.push(finding('env-malformed', field, `expected name=value, got '${entry}'`));
    else if (seen.has(name))
      findings.push(finding('env-duplicate', field, `expected each variable once, got '${name}' again`));
    seen.add(name);
  }
  return findings;
}

function checkPorts(keys: readonly string[], place: Place): Finding[] {
  const wrong = keys.filter(key => !isPortKey(key));
  return wrong.map(key => finding('port-malformed', place, `expected keys such as 80/tcp, got '${key}'`));
}

function checkWorkingDirectory(directory: string, place: Place): Finding[] {
  if (directory === '' || directory.startsWith('/') || /^[A-Za-z]:/.test(directory)) return [];
  return [finding('working-directory-relative', place, `expected an absolute path, got '${directory}'`)];
}

function checkStopSignal(signal: string, place: Place): Finding[] {
  if (signal === '' || isStopSignal(signal)) return [];
  return [finding('stop-signal-unknown', place, `expected a signal's name or number, got '${signal}'`)];
}
