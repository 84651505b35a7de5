import type { Command } from '../command.ts';
import { printJson, printWarnings } from '../output.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';
import { writtenPath } from '../written-path.ts';

export const unpack: Command = {
  name: 'unpack',
  describe: 'write an image as a root filesystem',
  positionals: [
    { name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' },
    { name: 'directory', describe: 'where to; nothing is ever written outside it', completes: 'directory' },
  ],
  options: [
    { name: 'bundle', kind: 'flag', describe: 'a runtime bundle: config.json and rootfs/' },
    { name: 'rootless', kind: 'flag', describe: 'as a user who is not root; commit gives back what that cannot make' },
    {
      name: 'uid-map',
      kind: 'texts',
      value: 'C:H[:N]',
      default: 'each is itself; without root the root of the image is the user',
      describe: "which user IDs on disk the image's are: N of them from C and from H on; may be repeated",
    },
    { name: 'gid-map', kind: 'texts', value: 'C:H[:N]', describe: 'the same for group IDs' },
    { name: 'force', kind: 'flag', describe: 'replace what is in the way' },
    shared.platform,
    shared.strict,
  ],
  examples: [
    ['ocikit unpack img:base work --bundle', 'a bundle that runc, diff and commit take'],
    ['ocikit unpack img:base mine --bundle --rootless', 'one that a user can run with runc --root DIR'],
  ],
  details: [
    'The directory appears only when all of it is there; one that is there and empty, a mount point or behind a symbolic link as well, is filled then. --force replaces neither the directory that it is called in, or one above it, nor one that holds the image. As root, owners, devices and extended attributes are real; otherwise what could not be set is said, one line a reason (--strict makes that an error). What only root could have made (device nodes) is not missing later, without a sidecar either: diff and commit of an ordinary user take it as it is in the base, with one warning.',
    'With --bundle, --rootless or a map, what the directory cannot show stands in a sidecar beside it, never in it: DIR.mtree, in a bundle rootfs.mtree. diff and commit read it there, so that an image that was unpacked without root and not changed does not differ, and what is changed keeps its owner. It is an mtree(5) of version 2, a full path a line, which bsdtar -tvf shows: type, device, mode, uid, gid and xattr.NAME (base64) as far as the disk does not have them; optional says that the path could not be made at all. Comments say whose on disk the files are that could not be given away (# owner UID:GID) and which IDs on disk are which (# uid-map C:H:N, # gid-map C:H:N).',
    'A line belongs to its path and its type. An edited, replaced or touched file keeps the owner that its line says, and loses a capability with its contents; one of another type, a new one, and one that was renamed by another program than those of ocikit run, is of 0:0; an owner that a container gave counts as far as the maps have it; a removed one is removed. The sidecar has to be moved and copied together with its directory.',
    'With --rootless nothing of that is a warning, an empty file stands for each device (as long as it is empty), and config.json has the user namespace that runc needs without root. As root it gives what a user would get. --uid-map and --gid-map say which IDs the files on disk have; commit and diff map them back, and IDs without a place in them stand in the sidecar.',
    'With --bundle the directory is a runtime bundle (config.json and rootfs/) that remembers the image and a stat index as git has one, so that diff and commit read only what may have changed.',
  ],
  library: ['unpack(image, directory, options)', 'UnpackResult'],
  run: async (words, io) => {
    const { unpack } = await import('../../ops/unpack.ts');
    const directory = writtenPath(words.word('directory'), 'a directory');
    const options = given({
      platform: words.text('platform'),
      bundle: words.flag('bundle'),
      rootless: words.flag('rootless'),
      uidMap: words.texts('uid-map'),
      gidMap: words.texts('gid-map'),
      force: words.flag('force'),
      strict: words.flag('strict'),
      hostPlatform: io.hostPlatform,
    });
    const result = await withProgress(words, io, work =>
      unpack(words.word('image'), directory, { ...options, ...work }),
    );
    printWarnings(io, words, result.warnings);
    if (words.flag('json')) printJson(io, result);
    return 0;
  },
};
