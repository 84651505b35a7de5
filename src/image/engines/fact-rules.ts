import { type EngineRules, each, podmans, unpackers } from './engine-rule.ts';

/** What engines make of what no specification forbids. */
export const factRules: EngineRules = {
  artifact: each(['containerd'], {
    verdict: 'refuses',
    what: 'an artifact beside images: it unpacks all that is there',
  }),
  'image-missing': each(unpackers, { verdict: 'refuses', what: 'a place without an image: there is nothing to run' }),
  'media-type-unknown': each(['containerd', 'skopeo', 'crane', ...podmans, 'umoci'], {
    verdict: 'refuses',
    what: 'an entry of a media type that it does not know, where it is asked for',
  }),
  'media-types-docker': each(['umoci'], { verdict: 'refuses', what: "a config of docker's media type" }),
  'media-types-mixed': each(['skopeo', ...podmans, 'umoci'], {
    verdict: 'refuses',
    what: "layers of OCI's types in a manifest of docker's",
  }),
  'name-missing': each(['umoci'], { verdict: 'refuses', what: 'an image without a name' }),
  'name-needed': each(['skopeo', ...podmans], { verdict: 'refuses', what: 'one of several images that has no name' }),
  'manifests-several': each(['umoci'], { verdict: 'refuses', what: 'a name that stands for several manifests' }),
  'index-nested': each(['skopeo', ...podmans], { verdict: 'refuses', what: 'an index in an index' }),
  'entry-duplicate': each(['umoci'], { verdict: 'refuses', what: 'a name that is there twice' }),
  'platform-empty': each(['umoci'], { verdict: 'refuses', what: 'an image of no system' }),
  'user-unknown': each(['umoci'], { verdict: 'refuses', what: 'a user that the image does not have' }),
  'platforms-several': each(['umoci'], { verdict: 'refuses', what: 'a name that stands for several platforms' }),
  'platform-malformed': each(['docker', 'containerd', 'umoci', ...podmans], {
    verdict: 'refuses',
    what: 'a platform of other characters than its names have',
  }),
  'platform-unknown': each(['docker', 'umoci'], { verdict: 'refuses', what: 'a system that it does not know' }),
  'compression-trailing': each(['umoci', ...podmans], { verdict: 'refuses', what: 'zeros after the compressed layer' }),
  'tar-xattr-large': each(unpackers, { verdict: 'refuses', what: 'an extended attribute larger than Linux takes' }),
  'tar-xattr-link': each(['umoci', ...podmans], {
    verdict: 'refuses',
    what: 'an attribute of users on what is no file and no directory',
  }),
  'tar-xattr-invalid': each(unpackers, { verdict: 'refuses', what: 'an extended attribute that Linux does not set' }),
  'tar-xattr-together': each(unpackers, {
    verdict: 'refuses',
    what: 'more in extended attributes than ext4 holds of a file; XFS and Btrfs hold it',
  }),
  'tar-symlink-target': each(unpackers, { verdict: 'refuses', what: 'a symbolic link that cannot be made' }),
  'tar-path-long': each(unpackers, { verdict: 'refuses', what: 'a path longer than Linux takes' }),
  'descriptor-urls': each(['skopeo', ...podmans], {
    verdict: 'refuses',
    what: 'a layer that it is to fetch from elsewhere, where there is no network',
  }),
  'tar-below-link': each(['docker', ...podmans], {
    verdict: 'refuses',
    what: 'an entry below a symbolic link that leads nowhere',
  }),
};
