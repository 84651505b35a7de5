import { type ChosenRunner, chooseRunner } from '../../runner/choose.ts';
import type { Directories } from '../../runner/job.ts';
import type { Layer } from '../../spec/objects.ts';
import { besideOf, makeWorkspace, type Workspace } from '../../store/disk/workspace.ts';
import { KeptStages } from '../../store/kept-stages.ts';
import type { LayerEntry } from '../../tree/node.ts';
import { both } from '../both.ts';
import type { StageFiles } from './files.ts';
import type { BuildOptions } from './options.ts';
import { type Kept, StageDirectories } from './run-stages.ts';
import type { Building } from './steps.ts';

/** What RUNs of one build share. */
export interface RunWorld {
  readonly workspace: Workspace;
  readonly runner: ChosenRunner;
  readonly directories: StageDirectories;
  readonly options: BuildOptions;
  /** Where caches are kept. */
  readonly mountCache: string;
}

/** Stages for other builds. Only overlayfs leaves them as they are; and what a cache has of several users' files, one of them could not delete. */
function keptStagesFor(
  { canOverlay, isInNamespace, hasOneID }: ChosenRunner,
  beside: string,
  { contextCache, dryRun, signal }: BuildOptions,
): Kept | undefined {
  if (contextCache === undefined || dryRun === true || !canOverlay || (isInNamespace && !hasOneID)) return undefined;
  const at = (name: string): KeptStages => new KeptStages(`${contextCache}/${name}`, { beside, signal });
  return { stages: at('stages'), layers: at('laid') };
}

/** The runs of a build: nothing is made before the first of them. State: whether it has been. */
export class BuildRuns {
  readonly #layout: string;
  readonly #options: BuildOptions;
  #world: Promise<RunWorld> | undefined;
  #workspace: Workspace | undefined;
  #kept: Kept | undefined;

  /** Files lie for a while beside the layout. */
  constructor(layout: string, options: BuildOptions) {
    this.#layout = layout;
    this.#options = options;
  }

  /** Throws where nothing can be run here. */
  world(): Promise<RunWorld> {
    this.#world ??= this.#open();
    return this.#world;
  }

  async #open(): Promise<RunWorld> {
    const { runner: choice = 'auto', signal, mountCache } = this.#options;
    const workspace = await makeWorkspace(besideOf(this.#layout));
    this.#workspace = workspace;
    const runner = await chooseRunner(choice, { work: workspace.path, signal });
    this.#kept = keptStagesFor(runner, workspace.path, this.#options);
    return {
      workspace,
      runner,
      directories: new StageDirectories(workspace, this.#kept),
      options: this.#options,
      mountCache: mountCache ?? workspace.make('caches'),
    };
  }

  /** Where what lies on files can be laid out for a run by who makes it (`StageDirectories.on`). Undefined where no run takes it so. */
  async on(below: StageFiles, entries: readonly LayerEntry[], building: Building): Promise<Directories | undefined> {
    const { runner, directories } = (await this.world().catch(() => undefined)) ?? {};
    return runner?.canOverlay === true ? directories?.on(below, entries, building) : undefined;
  }

  /** Gives a directory of `on` up that other builds would have found. False where it is none. */
  async doWithout(directory: string): Promise<boolean> {
    return (await this.#kept?.layers.drop(directory)) === true;
  }

  /** Says where files lie on the disk already, whose uppermost layer is this one. */
  async know(files: StageFiles, layer: Layer, directories: Directories): Promise<void> {
    (await this.world()).directories.know(files, layer, directories);
  }

  async close(): Promise<void> {
    await both(
      async () => this.#workspace?.remove(),
      () =>
        both(
          async () => this.#kept?.stages.close(),
          async () => this.#kept?.layers.close(),
        ),
    );
  }
}
