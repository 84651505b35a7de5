import { jsonText } from '../spec/document.ts';
import type { Annotations, ContainerConfig } from '../spec/objects.ts';
import type { ConfigRow } from './page-data.ts';

const isSaid = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== '' &&
  (typeof value !== 'object' || Object.keys(value as object).length > 0);

/** A command line in the form that a Dockerfile has it in. */
const listText = (value: readonly string[] | null | undefined): readonly string[] =>
  isSaid(value) ? [jsonText(value).replaceAll('","', '", "')] : [];

const keysOf = (value: object | null | undefined): readonly string[] => Object.keys(value ?? {}).sort();

const pairsOf = (map: Annotations | null | undefined): readonly string[] =>
  Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort();

const textOf = (value: unknown): readonly string[] => (isSaid(value) ? [String(value)] : []);

/** What a container of an image is started with, and what its manifest says beside: only what is said. */
export function configRows(
  config: ContainerConfig | null | undefined,
  annotations: Annotations | undefined,
): readonly ConfigRow[] {
  const said = config ?? {};
  const rows: readonly ConfigRow[] = [
    ['Entrypoint', listText(said.Entrypoint)],
    ['Command', listText(said.Cmd)],
    ['User', textOf(said.User)],
    ['Directory', textOf(said.WorkingDir)],
    ['Environment', said.Env ?? []],
    ['Ports', keysOf(said.ExposedPorts)],
    ['Volumes', keysOf(said.Volumes)],
    ['Labels', pairsOf(said.Labels)],
    ['Stop signal', textOf(said.StopSignal)],
    ['Health check', isSaid(said.Healthcheck) ? [jsonText(said.Healthcheck)] : []],
    ['Shell', listText(said.Shell)],
    ['On build', said.OnBuild ?? []],
    ['Annotations', pairsOf(annotations)],
  ];
  return rows.filter(([, values]) => values.length > 0);
}
