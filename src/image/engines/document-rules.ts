import { type EngineRule, type EngineRules, each, engineNames, podmans, unpackers } from './engine-rule.ts';

const all = (what: string): readonly EngineRule[] => each(engineNames, { verdict: 'refuses', what });
const unreadable = all('a document that it cannot read');

/** What engines make of blobs and documents. */
export const documentRules: EngineRules = {
  'blob-missing': all('a blob that is not there'),
  'digest-mismatch': all('a blob that has not its digest'),
  'size-mismatch': each(engineNames, {
    verdict: 'refuses',
    what: 'a blob of another size (skopeo, podman and buildah of 2022 look at the digest alone)',
  }),
  'diffid-mismatch': [
    ...each(['docker', ...podmans, 'containerd', 'umoci'], {
      verdict: 'refuses',
      what: 'a layer that has not its diffID',
    }),
    ...each(['kaniko', 'skopeo', 'crane'], {
      verdict: 'differs',
      what: 'takes the layer as it is: no diffID is looked at',
    }),
  ],
  damaged: unreadable,
  unsupported: unreadable,
  'index-depth': all('what lies deeper than ocikit reads: nothing is known of it'),
  'schema-required': unreadable,
  'schema-type': unreadable,
  'schema-const': unreadable,
  'schema-enum': unreadable,
  'schema-pattern': unreadable,
  'schema-minimum': unreadable,
  'schema-maximum': unreadable,
  'schema-not': all('a document of two kinds at once, since the mending of CVE-2021-41190'),
  'layer-count': each([...unpackers, 'crane'], { verdict: 'refuses', what: 'not one diffID for each layer' }),
  'history-count': [
    { engine: 'docker', verdict: 'refuses', what: 'too many non-empty layers in the history' },
    ...each([...podmans, 'crane'], { verdict: 'differs', what: 'cannot show the history' }),
  ],
  'platform-mismatch': [
    ...each(['docker', ...podmans, 'skopeo', 'crane', 'kaniko'], {
      verdict: 'differs',
      what: "is chosen by the index's platform and runs with the config's",
    }),
    { engine: 'containerd', verdict: 'refuses', what: 'an image that its index lists for another platform' },
  ],
  'media-type-mismatch': each(['docker', 'containerd', ...podmans], {
    verdict: 'refuses',
    what: 'a manifest of another media type than its descriptor says',
  }),
  'artifact-type-missing': each(unpackers, { verdict: 'refuses', what: 'an artifact: there is nothing to run' }),
  'name-grammar': each(['skopeo', ...podmans, 'umoci'], {
    verdict: 'refuses',
    what: 'a name in a layout outside the grammar of ref.name',
  }),
  'name-duplicate': [
    ...each(['umoci', 'skopeo', ...podmans], { verdict: 'refuses', what: 'a name that stands for two images' }),
    ...each(['docker', 'kaniko', 'crane'], { verdict: 'differs', what: 'takes one of the images of that name' }),
    {
      engine: 'containerd',
      verdict: 'refuses',
      what: 'a name that stands for two images: it takes one and lacks the other',
    },
  ],
  'port-malformed': each(['docker', ...podmans], { verdict: 'differs', what: 'cannot publish the port' }),
  'stop-signal-unknown': each(['docker', ...podmans], {
    verdict: 'refuses',
    what: 'a container with a stop signal that there is not',
  }),
  'working-directory-relative': each(unpackers, { verdict: 'differs', what: 'runs elsewhere, or not at all' }),
  'layer-encrypted': all('a layer that it has no key for'),
  'layer-type-unknown': each(unpackers, { verdict: 'refuses', what: 'a layer that is no tar by its media type' }),
  'layer-mislabelled': each(['umoci', 'kaniko'], {
    verdict: 'refuses',
    what: 'a layer that is not compressed as its media type says',
  }),
  'layer-zstd': [
    { engine: 'docker', verdict: 'refuses', what: 'layers in zstd', before: '23' },
    { engine: 'umoci', verdict: 'refuses', what: 'layers in zstd', before: '0.5' },
  ],
  'digest-other': each(['skopeo', ...podmans, 'containerd', 'umoci'], {
    verdict: 'refuses',
    what: 'digests other than sha256',
  }),
  'compression-damaged': each([...unpackers, 'crane'], { verdict: 'refuses', what: 'a layer that cannot be inflated' }),
  'table-mismatch': each([...podmans, 'containerd'], {
    verdict: 'differs',
    what: 'takes files by the table of contents where it fetches layers lazily',
  }),
  'layout-header-missing': each(['umoci'], { verdict: 'refuses', what: 'a layout without its oci-layout' }),
};
