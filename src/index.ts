export { type CheckDockerfileOptions, checkDockerfile, type DockerfileFinding } from './dockerfile/check.ts';
export type { Directives } from './dockerfile/directives.ts';
export { DockerfileError, type Place as DockerfilePlace } from './dockerfile/dockerfile-error.ts';
export type { Heredoc } from './dockerfile/heredoc.ts';
export type {
  Effect,
  From,
  InlineFile,
  Instruction,
  InstructionOf,
  RunOptions as RunFlags,
  Transfer,
} from './dockerfile/instruction.ts';
export type { DockerfileLine } from './dockerfile/lines.ts';
export { type Dockerfile, parseDockerfile, type Stage } from './dockerfile/parse.ts';
export type {
  CopySource,
  Origin,
  Plan,
  PlanHistory,
  PlanImage,
  RunStep,
  Step as PlanStep,
  StepMount,
} from './dockerfile/plan/plan.ts';
export type { Argument, Pair } from './dockerfile/words.ts';
export { type ErrorCode, OciError } from './errors.ts';
export type { EngineReason, EngineVerdict } from './image/engines/engine-verdicts.ts';
export type { Finding, Severity } from './image/finding.ts';
export type { InspectArtifact, InspectImage, InspectObject } from './image/inspect.ts';
export type { Mended } from './image/mend-image.ts';
export type { MergeConflict } from './image/merge.ts';
export { analyze } from './ops/analyze.ts';
export type { AnalyzeOptions } from './ops/analyze-options.ts';
export type {
  AnalyzedDirectory,
  AnalyzedLayer,
  AnalyzedPackage,
  AnalyzeResult,
  DiveNumbers,
  RuleFinding,
  WastedPath,
} from './ops/analyze-results.ts';
export { append } from './ops/append.ts';
export { attach } from './ops/attach.ts';
export { blame } from './ops/blame.ts';
export type { BuildEvent, BuildEvents } from './ops/build/log.ts';
export type {
  BuildAgent,
  BuildOptions,
  BuildOutput,
  BuildResult,
  BuildSecret,
  BuildStep,
  BuiltImage,
  CheckBuildOptions,
} from './ops/build/options.ts';
export { build } from './ops/build.ts';
export { catStream } from './ops/cat.ts';
export { checkBase } from './ops/check-base.ts';
export { checkBuild } from './ops/check-build.ts';
export { commit } from './ops/commit.ts';
export { commitLayer, commitLayerStream } from './ops/commit-layer.ts';
export { config } from './ops/config.ts';
export { convert } from './ops/convert.ts';
export { copy } from './ops/copy.ts';
export { cp, cpStream } from './ops/cp.ts';
export { diff } from './ops/diff.ts';
export { diffLayers } from './ops/diff-layers.ts';
export { diffPackages } from './ops/diff-packages.ts';
export { diffPlatforms } from './ops/diff-platforms.ts';
export type {
  DiffedPackage,
  HunkLineView,
  HunkView,
  LayerDiffResult,
  LayerDiffRow,
  PackageDiffResult,
  PackageDiffRow,
  PlatformDiffResult,
  PlatformDiffRow,
  TextView,
} from './ops/diff-results.ts';
export { dockerfileOf } from './ops/dockerfile-of.ts';
export { drop } from './ops/drop.ts';
export { type ExplainedEngine, explainFindings, type FindingExplanation } from './ops/explain-finding.ts';
export { exportImage, exportStream } from './ops/export-image.ts';
export { files } from './ops/files.ts';
export { fix } from './ops/fix.ts';
export { gc } from './ops/gc.ts';
export { history } from './ops/history.ts';
export { images } from './ops/images.ts';
export { importRootfs } from './ops/import-rootfs.ts';
export { addToIndex, createIndex, listIndex, removeFromIndex } from './ops/index-images.ts';
export { init } from './ops/init.ts';
export { inspect, inspectRaw } from './ops/inspect.ts';
export type {
  CheckBaseOptions,
  CommitLayerOptions,
  DropOptions,
  FixOptions,
  RebaseOptions,
  SquashOptions,
  StripOptions,
} from './ops/layer-options.ts';
export type {
  BasedImage,
  CheckBaseResult,
  CommitLayerResult,
  DroppedLayers,
  DropResult,
  FixedLayers,
  FixResult,
  RebasedImage,
  RebaseResult,
  SquashedLayers,
  SquashResult,
  StrippedPaths,
  StripResult,
} from './ops/layer-results.ts';
export { load } from './ops/load.ts';
export type { CpOptions, FilesOptions, ReportOptions } from './ops/look-options.ts';
export type {
  BlameResult,
  BlameStep,
  CatResult,
  CpResult,
  FileRow,
  FilesResult,
  LayerView,
  NoLayer,
  ReportedImage,
  ReportResult,
} from './ops/look-results.ts';
export type {
  AppendOptions,
  AppendStep,
  AttachedFile,
  AttachOptions,
  Bytes,
  ChangeOptions,
  CommitOptions,
  CompressionOptions,
  ConfigOptions,
  ConvertOptions,
  CopyOptions,
  DiffOptions,
  ExportOptions,
  GcOptions,
  ImageOperand,
  ImageOptions,
  ImagePlace,
  ImagesOptions,
  ImportOptions,
  IndexOptions,
  InnerPath,
  InspectOptions,
  LoadOptions,
  Operand,
  Progress,
  Reading,
  ReadOptions,
  ReferrersOptions,
  RootfsPlace,
  SaveOptions,
  UnpackOptions,
  ValidateOptions,
  Work,
  WriteOptions,
} from './ops/options.ts';
export type { SbomOptions } from './ops/package-options.ts';
export type { PackageRow, PackagesResult, SbomResult } from './ops/package-results.ts';
export { packages } from './ops/packages.ts';
export { rebase } from './ops/rebase.ts';
export { referrers } from './ops/referrers.ts';
export { report, reportStream } from './ops/report.ts';
export type {
  AppendedLayers,
  AppendResult,
  AttachResult,
  ChangedImage,
  ChangeResult,
  CommitResult,
  ConfigRow,
  ConvertedLayers,
  ConvertResult,
  CopyResult,
  DiffResult,
  DiffRow,
  ExportResult,
  GcResult,
  HistoryRow,
  ImageRow,
  ImportResult,
  IndexEntry,
  IndexResult,
  InitResult,
  LoadedImage,
  LoadResult,
  NamedDigest,
  NodeView,
  ReferrerRow,
  ReferrersResult,
  SaveResult,
  TagResult,
  UnpackResult,
  UntagResult,
  ValidateResult,
} from './ops/results.ts';
export type { RunOptions, RunResult, TerminalSize } from './ops/run/options.ts';
export { run } from './ops/run.ts';
export { save, saveStream } from './ops/save.ts';
export { sbom } from './ops/sbom.ts';
export type { Reporting, Several } from './ops/several.ts';
export { sharing } from './ops/sharing.ts';
export type { SharedLayers, SharingResult, SharingRow } from './ops/sharing-results.ts';
export { squash } from './ops/squash.ts';
export { strip } from './ops/strip.ts';
export { tag } from './ops/tag.ts';
export { unpack } from './ops/unpack.ts';
export { untag } from './ops/untag.ts';
export { validate } from './ops/validate.ts';
export type { RunnerChoice } from './runner/runner.ts';
export { ProgramSignals } from './runner/signals.ts';
export type { DiffID, Digest } from './spec/digest.ts';
export type {
  Annotations,
  ContainerConfig,
  Descriptor,
  Healthcheck,
  History,
  ImageConfig,
  ImageIndex,
  Json,
  LayoutHeader,
  Manifest,
  Platform,
} from './spec/objects.ts';
export type { Reason } from './tree/change.ts';
export type { StepKind } from './tree/story.ts';

declare global {
  /** Signals are Node's own. Compiled without Node's types (and without a browser's) they have a name at least; with them, this adds nothing. */
  interface AbortSignal {}
}
