import { OciError } from '../../errors.ts';
import { jsonText } from '../../spec/document.ts';
import type { ContainerConfig, History, ImageConfig } from '../../spec/objects.ts';
import { applyChanges } from '../change.ts';
import { DockerfileError } from '../dockerfile-error.ts';
import { parseDockerfile } from '../parse.ts';
import { goList, jsonList } from './go-text.ts';
import { checkFromConfig } from './healthcheck-text.ts';
import { type RebuiltRow, rebuiltRow, usualShell } from './history-row.ts';

/** An image as far as a Dockerfile can be made of it. */
interface RebuiltImage {
  /** What messages and the first comment call it. */
  readonly subject: string;
  readonly config: ImageConfig;
  /** What stands on each layer, lowest first: its size for people. */
  readonly layers: readonly string[];
  /** What annotations call its base. */
  readonly base?: string | undefined;
}

const configured = /^(?:CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|ONBUILD|STOPSIGNAL|USER|VOLUME|WORKDIR) /;

/** Comments cannot have a line's end in them. */
const comment = (text: string): string => `# ${text.replace(/[\r\n]+/g, ' ⏎ ')}`;

function parses(line: string): boolean {
  try {
    parseDockerfile(`FROM scratch\n${line}\n`);
    return true;
  } catch (error) {
    if (error instanceof OciError || error instanceof DockerfileError) return false;
    throw error;
  }
}

/** The config that instructions come to; an empty one where they cannot be. */
function replayed(lines: readonly string[], shell: ContainerConfig['Shell']): ContainerConfig {
  try {
    return applyChanges(shell == null ? {} : { Shell: shell }, lines);
  } catch (error) {
    if (error instanceof OciError) return {};
    throw error;
  }
}

const quoted = (value: string): string => `"${value.replace(/[\\"$]/g, '\\$&').replaceAll('\n', '\\\n')}"`;

const isSame = (one: unknown, other: unknown): boolean => jsonText(one ?? null) === jsonText(other ?? null);

/** The names of one list that another does not have, or has otherwise. */
function* newPairs(is: Readonly<Record<string, string>>, was: Readonly<Record<string, string>>): Generator<string> {
  for (const [name, value] of Object.entries(is))
    if (!Object.hasOwn(was, name) || was[name] !== value) yield `${name}=${quoted(value)}`;
}

const envOf = ({ Env }: ContainerConfig): Readonly<Record<string, string>> =>
  Object.fromEntries((Env ?? []).map(entry => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]));

/** What a config says that instructions so far did not. */
function* missing(is: ContainerConfig, was: ContainerConfig): Generator<string> {
  for (const pair of newPairs(envOf(is), envOf(was))) yield `ENV ${pair}`;
  for (const pair of newPairs(is.Labels ?? {}, was.Labels ?? {})) yield `LABEL ${pair}`;
  for (const port of Object.keys(is.ExposedPorts ?? {}))
    if (!Object.hasOwn(was.ExposedPorts ?? {}, port)) yield `EXPOSE ${port}`;
  for (const path of Object.keys(is.Volumes ?? {}))
    if (!Object.hasOwn(was.Volumes ?? {}, path)) yield `VOLUME ${jsonList([path])}`;
  if (is.WorkingDir && is.WorkingDir !== was.WorkingDir) yield `WORKDIR ${is.WorkingDir}`;
  if (is.User && is.User !== was.User) yield `USER ${is.User}`;
  if (is.StopSignal && is.StopSignal !== was.StopSignal) yield `STOPSIGNAL ${is.StopSignal}`;
  if (is.Healthcheck && !isSame(is.Healthcheck, was.Healthcheck))
    yield `HEALTHCHECK ${checkFromConfig(is.Healthcheck)}`;
  if (is.Entrypoint && !isSame(is.Entrypoint, was.Entrypoint)) yield `ENTRYPOINT ${jsonList(is.Entrypoint)}`;
  if (is.Cmd && !isSame(is.Cmd, was.Cmd)) yield `CMD ${jsonList(is.Cmd)}`;
  for (const trigger of is.OnBuild ?? []) if (was.OnBuild?.includes(trigger) !== true) yield `ONBUILD ${trigger}`;
}

/** Lines of a Dockerfile, one history row after the other. State: the shell by now, and which layer comes next. */
class Lines {
  readonly #image: RebuiltImage;
  readonly lines: string[] = [];
  readonly said: string[] = [];
  #shell = usualShell;
  #layer = 0;

  constructor(image: RebuiltImage) {
    this.#image = image;
  }

  add(row: History): void {
    const rebuilt = rebuiltRow(row, { shell: this.#shell, config: this.#image.config.config ?? {} });
    if (row.empty_layer !== true) this.#layer++;
    const isFine = rebuilt.line !== null && parses(rebuilt.line);
    if (rebuilt.line === null || !isFine) this.#addOther(row, rebuilt);
    else {
      if (rebuilt.note !== undefined) this.lines.push(comment(rebuilt.note));
      this.addLine(rebuilt.line);
    }
  }

  addLine(line: string): void {
    this.lines.push(line);
    if (configured.test(line)) this.said.push(line);
    if (line.startsWith('SHELL ')) this.#shell = goList(line.slice(6).replaceAll(', ', ' ')).join(' ');
  }

  /** What no instruction stands for: a layer as it is, where there is one. */
  #addOther(row: History, { line, note }: RebuiltRow): void {
    const what = note ?? `no instruction: ${line ?? ''}`;
    if (row.empty_layer === true) this.lines.push(comment(what));
    else this.addLayer(what);
  }

  addLayer(what: string): void {
    const size = this.#image.layers[this.#layer - 1];
    this.lines.push(comment(`layer ${this.#layer}${size === undefined ? '' : ` (${size})`}: ${what}`));
    this.lines.push(`ADD layer-${this.#layer}.tar /`);
  }

  /** Layers that no line speaks of. */
  addRest(): void {
    while (this.#layer < this.#image.layers.length) {
      this.#layer++;
      this.addLayer('no history');
    }
  }
}

/**
 * A Dockerfile as far as an image's history and config tell of one: it parses, and its instructions say the config. What nobody recorded is
 * said in comments: names of sources, other stages, what FROM named.
 */
export function rebuildDockerfile(image: RebuiltImage): string {
  const { config, subject, base } = image;
  const lines = new Lines(image);
  for (const row of config.history ?? []) lines.add(row);
  lines.addRest();
  const is = config.config ?? {};
  const more = [...missing(is, replayed(lines.said, is.Shell))];
  const head = [
    comment(
      `${subject}, from its history and config: sources of COPY and ADD, other stages, flags of RUN and what FROM`,
    ),
    comment('named are not recorded.'),
    ...(base === undefined ? [] : [comment(`base: ${base}`)]),
    'FROM scratch',
  ];
  const tail = more.filter(parses);
  return `${[...head, ...lines.lines, ...(tail.length === 0 ? [] : ['# not in history', ...tail])].join('\n')}\n`;
}
