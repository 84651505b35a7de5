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
import { checkData } from './check-data.ts';
import type { Finding } from './finding.ts';
import { finding } from './finding-codes.ts';

const { refName, containerdName } = annotationKeys;

/**
 * What schemas cannot say about an image: counts, platform, embedded data, execution parameters. `entry` is the
 * descriptor in the index that leads to it. Subjects are `manifest DIGEST POINTER` and `config DIGEST POINTER`.
 */
export function checkImage(image: Image, entry?: Descriptor): Finding[] {
  const { manifest, config } = image;
  const subject = `config ${config.descriptor.digest}`;
  return [
    ...checkManifest(manifest, entry),
    ...checkCounts(manifest.value, config.value, subject),
    ...checkPlatform(entry?.platform, config.value, subject),
    ...checkContainer(config.value.config ?? {}, `${subject} /config`),
  ];
}

/** The part of `checkImage` that holds for artifacts as well, whose config is not an image's. */
export function checkManifest(manifest: Document<Manifest>, entry?: Descriptor): Finding[] {
  const { value, descriptor } = manifest;
  const subject = `manifest ${descriptor.digest}`;
  const findings = [
    ...checkMediaType(value.mediaType, entry ?? descriptor, subject),
    ...checkData(value.config, `${subject} /config`),
    ...value.layers.flatMap((layer, index) => checkData(layer, `${subject} /layers/${index}`)),
    ...(value.subject ? checkData(value.subject, `${subject} /subject`) : []),
  ];
  if (value.config.mediaType !== mediaTypes.empty || value.artifactType) return findings;
  return [
    ...findings,
    finding(
      'artifact-type-missing',
      `${subject} /artifactType`,
      'expected a media type beside an empty config, got nothing',
    ),
  ];
}

/** Whether a document and the descriptor that leads to it name one media type. */
function checkMediaType(mediaType: string | undefined, entry: Descriptor, subject: string): Finding[] {
  if (!mediaType || mediaType === entry.mediaType) return [];
  return [
    finding(
      'media-type-mismatch',
      `${subject} /mediaType`,
      `expected ${entry.mediaType} as its descriptor says, got ${mediaType}`,
    ),
  ];
}

/** What schemas cannot say about an index: names (annotations.md) and embedded data. `subject` names it in findings. */
export function checkIndex(index: Document<ImageIndex>, subject = 'index.json'): Finding[] {
  const { subject: about } = index.value;
  const entries = placedEntries(index.value);
  return [
    ...entries.flatMap(([place, entry]) => checkData(entry, `${subject} /manifests/${place}`)),
    ...(about ? checkData(about, `${subject} /subject`) : []),
    ...checkNames(entries, subject),
  ];
}

function checkNames(entries: ReturnType<typeof placedEntries>, subject: string): Finding[] {
  const findings: Finding[] = [];
  const seen = new Map<string, Descriptor>();
  for (const [place, entry] of entries) {
    const name = entry.annotations?.[refName];
    if (name === undefined) continue;
    const field = `${subject} /manifests/${place}/annotations/${refName}`;
    if (!isRefName(name))
      findings.push(finding('name-grammar', field, `expected a name by the grammar of ref.name, got '${name}'`));
    // Docker writes one tag of two repositories as two entries that differ in the full name only.
    const key = `${name}\n${entry.annotations?.[containerdName] ?? ''}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, entry);
    else if (other.digest !== entry.digest) {
      findings.push(
        finding('name-duplicate', field, `expected '${name}' once, got it for ${other.digest} and ${entry.digest}`),
      );
    }
  }
  return findings;
}

function checkCounts(manifest: Manifest, config: ImageConfig, subject: string): Finding[] {
  const layers = manifest.layers.length;
  const diffIDs = config.rootfs.diff_ids.length;
  const rows = (config.history ?? []).filter(row => row.empty_layer !== true).length;
  const findings: Finding[] = [];
  if (diffIDs !== layers) {
    findings.push(
      finding(
        'layer-count',
        `${subject} /rootfs/diff_ids`,
        `expected one for each of ${layers} layers, got ${diffIDs}`,
      ),
    );
  }
  if (config.history?.length && rows !== layers) {
    findings.push(
      finding('history-count', `${subject} /history`, `expected a line for each of ${layers} layers, got ${rows}`),
    );
  }
  return findings;
}

/** A detail that only one side gives is no contradiction. */
function checkPlatform(platform: Platform | undefined, config: ImageConfig, subject: string): Finding[] {
  if (!platform) return [];
  const [wanted, given] = [normalizePlatform(platform), normalizePlatform(config)];
  const variants = platform.variant && config.variant && wanted.variant !== given.variant;
  if (platform.os === config.os && platform.architecture === config.architecture && !variants) return [];
  const message = `expected ${formatPlatform(platform)} as the index says, got ${formatPlatform(config)}`;
  return [finding('platform-mismatch', subject, message)];
}

function checkContainer(config: ContainerConfig, subject: string): Finding[] {
  return [
    ...checkEnvironment(config.Env ?? [], `${subject}/Env`),
    ...checkPorts(Object.keys(config.ExposedPorts ?? {}), `${subject}/ExposedPorts`),
    ...checkWorkingDirectory(config.WorkingDir ?? '', `${subject}/WorkingDir`),
    ...checkStopSignal(config.StopSignal ?? '', `${subject}/StopSignal`),
  ];
}

function checkEnvironment(entries: readonly string[], subject: string): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const name = entry.split('=', 1)[0] as string;
    const place = `${subject}/${index}`;
    if (name === '' || name === entry)
      findings.push(finding('env-malformed', place, `expected name=value, got '${entry}'`));
    else if (seen.has(name))
      findings.push(finding('env-duplicate', place, `expected each variable once, got '${name}' again`));
    seen.add(name);
  }
  return findings;
}

function checkPorts(keys: readonly string[], subject: string): Finding[] {
  const wrong = keys.filter(key => !isPortKey(key));
  return wrong.map(key => finding('port-malformed', subject, `expected keys such as 80/tcp, got '${key}'`));
}

function checkWorkingDirectory(directory: string, subject: string): Finding[] {
  if (directory === '' || directory.startsWith('/') || /^[A-Za-z]:/.test(directory)) return [];
  return [finding('working-directory-relative', subject, `expected an absolute path, got '${directory}'`)];
}

function checkStopSignal(signal: string, subject: string): Finding[] {
  if (signal === '' || isStopSignal(signal)) return [];
  return [finding('stop-signal-unknown', subject, `expected a signal's name or number, got '${signal}'`)];
}
