import type { Command } from './command.ts';
import { analyze } from './commands/analyze.ts';
import { append } from './commands/append.ts';
import { attach } from './commands/attach.ts';
import { blame } from './commands/blame.ts';
import { build } from './commands/build.ts';
import { cat } from './commands/cat.ts';
import { commit } from './commands/commit.ts';
import { completion } from './commands/completion.ts';
import { config } from './commands/config.ts';
import { convert } from './commands/convert.ts';
import { copy } from './commands/copy.ts';
import { cp } from './commands/cp.ts';
import { diff } from './commands/diff.ts';
import { drop } from './commands/drop.ts';
import { exportCommand } from './commands/export.ts';
import { files } from './commands/files.ts';
import { fix } from './commands/fix.ts';
import { gc } from './commands/gc.ts';
import { history } from './commands/history.ts';
import { images } from './commands/images.ts';
import { importCommand } from './commands/import.ts';
import { index } from './commands/index.ts';
import { init } from './commands/init.ts';
import { inspect } from './commands/inspect.ts';
import { load } from './commands/load.ts';
import { packages } from './commands/packages.ts';
import { rebase } from './commands/rebase.ts';
import { referrers } from './commands/referrers.ts';
import { report } from './commands/report.ts';
import { run } from './commands/run.ts';
import { save } from './commands/save.ts';
import { squash } from './commands/squash.ts';
import { strip } from './commands/strip.ts';
import { tag } from './commands/tag.ts';
import { unpack } from './commands/unpack.ts';
import { untag } from './commands/untag.ts';
import { validate } from './commands/validate.ts';

/** Every verb, in the order of `--help`. */
export const commands: readonly Command[] = [
  init,
  build,
  commit,
  importCommand,
  config,
  append,
  diff,
  index,
  attach,
  referrers,
  tag,
  untag,
  gc,
  images,
  history,
  inspect,
  files,
  cat,
  cp,
  blame,
  packages,
  analyze,
  report,
  unpack,
  run,
  exportCommand,
  save,
  load,
  copy,
  squash,
  drop,
  fix,
  strip,
  convert,
  rebase,
  validate,
  completion,
];
