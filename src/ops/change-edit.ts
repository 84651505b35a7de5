import { applyChanges } from '../dockerfile/change.ts';
import { editImage } from '../image/edit-image.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import type { Image } from '../spec/objects.ts';
import { timeText } from '../spec/time.ts';
import type { ChangedPart, ChangePart } from './change-image.ts';
import type { ChangeOptions } from './options.ts';

/** A time as documents have it. */
export const timeOf = (time: string | Date | undefined): string | undefined =>
  time === undefined || typeof time === 'string' ? time : timeText(time);

/** What options say, in the words of image/. */
export function editOf({ author, message, createdBy, ...times }: ChangeOptions): ChangePart['edit'] {
  const [created, now] = [timeOf(times.created), timeOf(times.now)];
  return {
    ...(created === undefined ? {} : { created }),
    ...(now === undefined ? {} : { now }),
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
    ...(createdBy === undefined ? {} : { createdBy }),
  };
}

/** An image after a verb's change, with what the options say of it. */
export function withOptions(
  before: Image,
  part: Pick<ChangedPart<object>, 'image' | 'history'>,
  options: ChangeOptions,
): Image {
  const { instructions = [], annotations = [] } = options;
  const { image, history } = part;
  const config = applyChanges(image.config.value.config ?? {}, instructions);
  const line = history === undefined ? { line: instructions.join('; ') } : history === 'own' ? undefined : history;
  return editImage(before, image, {
    ...editOf(options),
    ...(instructions.length === 0 ? {} : { config }),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations.map(parseAnnotation)) }),
    line,
    since: history === undefined ? image : before,
  });
}

/** Only what a person says of the image gives it another time: the same files stored otherwise are no younger. */
export function withoutNow<Options extends ChangeOptions>({
  now,
  ...options
}: Options): Omit<Options, 'now'> & Pick<ChangeOptions, 'now'> {
  const isEdited = options.author !== undefined || (options.instructions?.length ?? 0) > 0;
  return isEdited && now !== undefined ? { ...options, now } : options;
}
