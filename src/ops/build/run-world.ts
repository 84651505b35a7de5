import { type ChosenRunner, chooseRunner } from '../../runner/choose.ts';
import type { Directories } from '../../runner/job.ts';
import { besideOf, makeWorkspace, type Workspace } from '../../store/disk/workspace.ts';
import type { StageFiles } from './files.ts';
import type { BuildOptions } from './options.ts';
import { StageDirectories } from './run-stages.ts';

/** What RUNs of one build share. */
export interface RunWorld {
  readonly workspace: Workspace;
  readonly runner: ChosenRunner;
  readonly directories: StageDirectories;
  readonly options: BuildOptions;
  /** Where caches are kept. */
  readonly mountCache: string;
}

/** The runs of a build: nothing is made before the first of them. State: whether it has been. */
export class BuildRuns {
  readonly #layout: string;
  readonly #options: BuildOptions;
  #world: Promise<RunWorld> | undefined;
  #workspace: Workspace | undefined;

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
    return {
      workspace,
      runner,
      directories: new StageDirectories(workspace),
      options: this.#options,
      mountCache: mountCache ?? workspace.make('caches'),
    };
  }

  /** Says where files lie that a run has left. */
  async know(files: StageFiles, directories: Directories): Promise<void> {
    (await this.world()).directories.know(files, directories);
  }

  async close(): Promise<void> {
    await this.#workspace?.remove();
  }
}
