import { badOption, OciError } from '../errors.ts';
import { annotateIndex, annotateManifest, isAnnotationWord } from '../image/annotate.ts';
import { editFields } from '../image/config-fields.ts';
import { withDocuments } from '../image/edit-image.ts';
import type { ImageConfig } from '../spec/objects.ts';
import { checkForEngines } from '../spec/parse.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { timeOf } from './change-edit.ts';
import { type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import type { ConfigOptions } from './options.ts';
import { checkRedact, redacted } from './redacted.ts';
import type { ChangeResult } from './results.ts';

/** What was changed, as a line of history says it where nobody says otherwise. */
function lineOf({ unset = [], set = [], instructions = [], redact = [] }: ConfigOptions): string {
  const words = [...unset.map(word => `unset ${word}`), ...set.map(word => `set ${word}`), ...instructions];
  return [...words, ...(redact.length === 0 ? [] : ['redact history'])].join('; ');
}

/** What is said of a line that is not to be written would be lost. Throws `usage`. */
function checkLine(options: ConfigOptions): void {
  if (options.noHistory !== true) return;
  for (const name of ['message', 'createdBy', 'historyAuthor', 'historyCreated'] as const)
    if (options[name] !== undefined)
      throw badOption('noHistory', `expected no option ${name} beside it, got both`, {
        hint: 'there is no line to say it',
      });
}

/** An image that no engine takes is not made by an edit of its config, which may well be what mends it. A new time comes later. */
function checkResult({ image }: ChangePart, config: ImageConfig, { created, now }: ConfigOptions): void {
  const { created: _old, ...others } = config;
  const isTimed = created !== undefined || now !== undefined;
  const subject = `image config ${image.config.descriptor.digest}, edited`;
  checkForEngines(isTimed ? others : config, subject);
  const layers = config.rootfs.diff_ids.length;
  const lines = (config.history ?? []).filter(row => row.empty_layer !== true).length;
  if (lines > layers)
    throw new OciError('invalid', subject, `expected at most ${layers} lines of history with a layer, got ${lines}`, {
      hint: '`ocikit fix` leaves such a history out',
    });
}

function edited(part: ChangePart, options: ConfigOptions): ChangedPart<object> {
  const { unset = [], set, layerAnnotations } = options;
  const { image, warnings } = redacted(part.image, options.redact);
  const fields = unset.filter(word => !isAnnotationWord(word));
  const config = editFields(image.config.value, { unset: fields, set });
  if ([...fields, ...(set ?? []), ...(options.instructions ?? [])].length > 0) checkResult(part, config, options);
  const manifest = annotateManifest(image.manifest.value, { unset, layers: layerAnnotations });
  const line = { line: lineOf(options), author: options.historyAuthor, created: timeOf(options.historyCreated) };
  return {
    image: withDocuments(image, config, manifest),
    history: options.noHistory === true ? 'own' : line,
    details: {},
    warnings,
  };
}

/**
 * Edits what an image says of itself: its config (image-spec config.md, and docker's fields), and annotations of its manifest,
 * its layers and the index above. Fields are unset, then set, then `instructions` are applied by docker's rules; the history
 * gets one line where the config has changed. Layers are not read. Whatever is not edited keeps its bytes, and setting what is
 * set already changes nothing. Throws `usage` for what cannot be meant, `invalid` for what image-spec forbids.
 */
export async function config(image: ImageOperand, options: ConfigOptions = {}): Promise<ChangeResult> {
  checkCall('config', { image: ['operand', image] }, options);
  checkRedact(options.redact);
  checkLine(options);
  const { unset = [], indexAnnotations = [], now, ...others } = options;
  const isOfIndex = indexAnnotations.length > 0 || unset.some(word => word.split(':', 1)[0] === 'index-annotation');
  // A time that is to go does not come back.
  const time = now === undefined || unset.includes('created') ? {} : { now };
  return changeImage(
    image,
    { ...others, ...time },
    {
      keepsFiles: true,
      change: async part => edited(part, options),
      ...(isOfIndex
        ? { index: index => annotateIndex(index, { unset, index: indexAnnotations }), needsIndex: true }
        : {}),
    },
  );
}
