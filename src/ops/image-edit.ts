import { applyChanges } from '../dockerfile/change.ts';
import type { LayerEdit } from '../image/append.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import type { ImageConfig, Platform } from '../spec/objects.ts';
import { machinePlatform, parsePlatform } from '../spec/platform.ts';
import { timeText } from '../spec/time.ts';
import type { CommitOptions } from './options.ts';

/** What verbs that make an image are told of it. */
type EditOptions = Pick<
  CommitOptions,
  'annotations' | 'author' | 'created' | 'createdBy' | 'hostPlatform' | 'instructions' | 'message' | 'platform'
>;

function platformOf(base: ImageConfig | undefined, { platform, hostPlatform }: EditOptions): Platform {
  if (platform !== undefined) return parsePlatform(platform);
  if (base === undefined) return hostPlatform ?? machinePlatform;
  const { os, architecture, variant } = base;
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

/** What options make of an image over the one whose config `base` is: all of an edit but its layer. Throws `usage` and `invalid` for what they do not say right. */
export function editOf(options: EditOptions, base?: ImageConfig): Omit<LayerEdit, 'layer'> {
  const { created, author, message, createdBy, instructions = [], annotations = [] } = options;
  return {
    platform: platformOf(base, options),
    ...(created === undefined ? {} : { created: typeof created === 'string' ? created : timeText(created) }),
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(instructions.length === 0 ? {} : { config: applyChanges(base?.config ?? {}, instructions) }),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations.map(parseAnnotation)) }),
  };
}
