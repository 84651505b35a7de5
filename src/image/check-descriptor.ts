import { listWords } from '../errors.ts';
import { algorithmOf } from '../spec/digest.ts';
import { parseLayerType } from '../spec/media-type.ts';
import type { Descriptor } from '../spec/objects.ts';
import { checkAnnotations } from './check-annotations.ts';
import { checkData } from './check-data.ts';
import { at, type Finding, type Place } from './finding.ts';
import { finding } from './finding-codes.ts';

/** What schemas cannot say of a descriptor: its embedded data, its annotations, addresses, and what not every engine knows (descriptor.md). */
export function checkDescriptor(descriptor: Descriptor, place: Place): Finding[] {
  const { digest, mediaType, annotations } = descriptor;
  const algorithm = algorithmOf(digest);
  const type = at(place, '/mediaType');
  return [
    ...checkData(descriptor, place),
    ...(algorithm === 'sha256' ? [] : [finding('digest-other', at(place, '/digest'), `a digest of ${algorithm}`)]),
    ...(/[+.]zstd$/.test(mediaType) ? [finding('layer-zstd', type, mediaType)] : []),
    ...(parseLayerType(mediaType)?.isForeign === true ? [finding('layer-nondistributable', type, mediaType)] : []),
    ...checkAddresses(descriptor.urls ?? [], at(place, '/urls')),
    ...checkAnnotations(annotations, at(place, '/annotations')),
  ];
}

function checkAddresses(urls: readonly string[], place: Place): Finding[] {
  if (urls.length === 0) return [];
  const others = [...urls.entries()].filter(([, url]) => !/^https?:/i.test(url));
  return [
    finding(
      'descriptor-urls',
      place,
      listWords(
        urls.map(url => `'${url.slice(0, 128)}'`),
        1,
      ),
    ),
    ...others.map(([position, url]) =>
      finding('descriptor-url-scheme', at(place, `/${position}`), `expected http or https, got '${url.slice(0, 128)}'`),
    ),
  ];
}
