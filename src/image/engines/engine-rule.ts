import type { FindingCode } from '../finding-codes.ts';

/** What reads images: engines that run them, and tools that carry them. */
export const engineNames = ['docker', 'podman', 'containerd', 'buildah', 'umoci', 'kaniko', 'skopeo', 'crane'] as const;
export type EngineName = (typeof engineNames)[number];

/** What an engine makes of an image that has some finding: refuses it, or makes other files of it than the specification says. */
export interface EngineRule {
  readonly engine: EngineName;
  readonly verdict: 'refuses' | 'differs';
  /** What happens, in words. */
  readonly what: string;
  /** The first version of which it is true, and the first of which it is not any more. */
  readonly from?: string;
  readonly before?: string;
}

/** What engines make of what has some finding, by its code. */
export type EngineRules = Readonly<Partial<Record<FindingCode, readonly EngineRule[]>>>;

/** The same of several engines. */
export const each = (engines: readonly EngineName[], rule: Omit<EngineRule, 'engine'>): readonly EngineRule[] =>
  engines.map(engine => ({ engine, ...rule }));

/** Those that unpack layers with containers/storage. */
export const podmans: readonly EngineName[] = ['podman', 'buildah'];
/** Those that unpack layers at all. */
export const unpackers: readonly EngineName[] = ['docker', ...podmans, 'containerd', 'umoci', 'kaniko'];
