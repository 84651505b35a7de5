import { badOption } from '../../errors.ts';
import { parseAnnotation } from '../../spec/annotations.ts';
import type { Annotations, Platform } from '../../spec/objects.ts';
import { formatPlatform, parsePlatform } from '../../spec/platform.ts';

/** What an annotation is put on: a document, or how an index lists it. */
type Level = 'manifest' | 'manifest-descriptor' | 'index' | 'index-descriptor';

const level = /(manifest|index)(-descriptor)?(\[[^\]]*\])?/.source;
const form = new RegExp(`^(${level}(?:,${level})*):(?=[^=]+=)(.*)$`, 's');

interface Target {
  readonly level: Level;
  /** `os/arch[/variant]`; every platform without it. */
  readonly platform: string | undefined;
}

/** What stands before a key in buildx's form (`index,manifest[linux/arm64]:key=value`); the manifests where nothing does. */
function targetsOf(text: string): { readonly targets: readonly Target[]; readonly rest: string } {
  const found = form.exec(text);
  if (found === null) return { targets: [{ level: 'manifest', platform: undefined }], rest: text };
  const targets = (found[1] ?? '').split(/,(?![^[]*\])/).map((word): Target => {
    const [name = '', platform] = word.replace(/\]$/, '').split('[');
    return {
      level: name as Level,
      platform: platform === undefined ? undefined : formatPlatform(parsePlatform(platform)),
    };
  });
  return { targets, rest: found.at(-1) ?? '' };
}

/** The annotations of one level, of what is built for a platform where that is said. */
export function annotationsAt(wanted: Level, texts: readonly string[] = [], platform?: Platform): Annotations {
  const said = platform === undefined ? undefined : formatPlatform(platform);
  return Object.fromEntries(
    texts.flatMap(text => {
      const { targets, rest } = targetsOf(text);
      const isMeant = (target: Target): boolean =>
        target.level === wanted && (target.platform === undefined || target.platform === said);
      return targets.some(isMeant) ? [parseAnnotation(rest)] : [];
    }),
  );
}

/** Throws for annotations of an index where one image alone is made. */
export function checkAnnotations(texts: readonly string[] = [], { isIndex }: { readonly isIndex: boolean }): void {
  if (isIndex) return;
  for (const text of texts)
    if (targetsOf(text).targets.some(({ level: at }) => at.startsWith('index')))
      throw badOption('annotations', `expected manifest: or manifest-descriptor: for one image, got '${text}'`, {
        hint: 'an index is made of several platforms, and where attestations are',
      });
}
