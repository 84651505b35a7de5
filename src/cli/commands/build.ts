import { usage } from '../../errors.ts';
import type { DockerfileFinding } from '../../ops/check-build.ts';
import { readDockerfile, readInput } from '../build-input.ts';
import { buildOptions, buildRules, elsewhere } from '../build-options.ts';
import type { Command } from '../command.ts';
import { printFindings } from '../findings-text.ts';
import type { Io } from '../io.ts';
import { printJson, printWarnings } from '../output.ts';
import { buildAgain } from '../own-namespace.ts';
import { withProgress } from '../progress.ts';
import { isOnStdout, readBuildOptions, readCheckOptions } from '../read-build.ts';
import type { Words } from '../words.ts';

export const build: Command = {
  name: 'build',
  describe: 'an image of a Dockerfile, or what is wrong with one',
  positionals: [
    {
      name: 'context',
      describe: 'a directory or a tar; - is standard input: a tar, or the Dockerfile itself',
      completes: 'file',
    },
  ],
  options: buildOptions,
  rules: buildRules,
  elsewhere,
  examples: [
    ['ocikit build . -t img:site --base-layout bases/', 'COPY over a base, without a daemon, a store or root'],
    ['tar c app | ocikit build - -f app/Dockerfile -t img:app', 'the context as it comes'],
  ],
  details: [
    'Every instruction of a Dockerfile is read and evaluated as BuildKit does, in all stages that the target needs; COPY, ADD and WORKDIR each make a layer out of the context and of the images, without unpacking anything. The files belong to root, whoever has them. What is on the network is refused.',
    "RUN needs a runner (--runner, as of ocikit run): the files below it are laid out once beside the layout, what the program changes is taken from an upper directory of overlayfs, and is the layer. Mount points, resolv.conf, hosts, secrets, caches and other mounts are in none. It has the machine's network, docker's capabilities and no seccomp filter: what root builds is kept in by namespaces only. Caches of RUN --mount=type=cache are in $XDG_CACHE_HOME/ocikit/mounts.",
    'ADD unpacks a tar, plain, gzip, zstd, bzip2 or xz, told by its first bytes: what it names replaces what is there, directories that it does not name stay as they are, modes and owners are its own (--chown gives others).',
    'Stages that do not need one another are built at the same time, four steps at once (--jobs); what comes of it and the numbers of the steps are the same as one after the other. A step that fails ends the others.',
    "Without root, RUN is done in a user namespace as of ocikit run: with subordinate ids all owners are real; with nobody but the caller what was there keeps its owner and what is new, or has another name, is root's. What cannot be done is said before the first step.",
    'FROM and --from find an image by its name: in --build-context, then in each --base-layout, then in the layout of -t; there by its full name, by the name that people say, or by its tag in a layout that is called like the repository (img:base is the image base of a layout img).',
    'A context is a directory, a tar (plain, gzip, zstd, bzip2 or xz), or standard input: a tar, or the Dockerfile itself, and then there is nothing to copy. With `-f -` the Dockerfile is standard input. URLs are refused: there is no network.',
    'FILE.dockerignore beside the Dockerfile says what of the context is left out, else .dockerignore in the context. What the build itself writes there (the layout of -t, -o, --cache-to, --iidfile, --metadata-file) is no part of the context, nor is a directory that holds nothing else; a warning says so where nothing leaves it out.',
    'History, config and times are those of BuildKit: one layer a line, and the comment buildkit.dockerfile.v0. SOURCE_DATE_EPOCH, in the environment or as a --build-arg, sets every time that is written, no file of a new layer is younger, and then the same input gives the same bytes.',
    'What each step made is kept in the layout of -t, or with --cache-to in another one, as artifacts that gc and copy understand (`gc --untagged` drops them), and found again by what it was made of: what is below it, the instruction, and the contents of what it copies, with their names, kinds, modes and extended attributes, without their times. What is found is held to its digest and not unpacked; a record that is damaged is told of and not used. An image whose steps are all found is the same to the last byte. What the files of a context that is a directory hold is remembered in $XDG_CACHE_HOME/ocikit/contexts, by their size, times and inode: those that are as they were are not read again. What RUN stands on stays there unpacked as well, where a tenth of the disk is free, for a next build whose RUN is another: what stored layers make, a base above all, and what COPY put on it (of either the eight that were used last). It is unpacked again where anything of it was changed; not so in a user namespace of several ids, since its owner alone could not delete it.',
    'With --provenance the image is in an index beside a statement of what it was built of: the images that files came from, by name and digest, and with mode=max the arguments, the Dockerfile and its steps as well (do not pass secrets as --build-arg). --sbom puts what packages are in it beside it. The same build says the same; no path of this machine is in it.',
    "With `--check` nothing is built: the Dockerfile is held to the rules of BuildKit's linter, and each finding has its line and column.",
    'What is printed is the digest of the manifest; what is done meanwhile, with CACHED where a step was found, on standard error: on a terminal each step is drawn as it goes on, elsewhere it is the plain form of BuildKit (--progress). With --dry-run --json the plan is printed: stages, steps with their keys, which of them are cached, config and history. What no cache has is done as in a build, RUN as well, since the keys of what comes after it are made of what it leaves; nothing of it is stored, and no place for the image has to be named.',
  ],
  library: ['build(context, images, options)', 'BuildResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  no: 'with `--check`: something was found',
  run: async (words, io) => {
    if (words.flag('check')) return printFindings(io, words, await check(words, io));
    if (!words.has('tag') && !words.has('output') && !words.flag('dry-run'))
      throw usage(
        '--tag',
        'expected LAYOUT[:NAME], got nothing',
        'it says where the image goes; --output writes it elsewhere',
      );
    const { build } = await import('../../ops/build.ts');
    const { buildProgress } = await import('../build-progress.ts');
    const options = readBuildOptions(words, io);
    if (isOnStdout(options) && io.stdoutIsTerminal)
      throw usage('--output', 'expected a file or a pipe, got a terminal');
    const status = await buildAgain(words, io, options);
    if (status !== undefined) return status;
    const { context, ...input } = await readInput(words, io);
    const { events, close, isView } = buildProgress(words, io);
    // Two that draw on one terminal would draw over each other.
    const around = isView ? { ...io, stderrIsTerminal: false } : io;
    const result = await withProgress(words, around, work =>
      build(context, words.texts('tag'), {
        ...options,
        ...input,
        ...(events === undefined ? {} : { events }),
        ...work,
      }),
    ).finally(close);
    printWarnings(io, words, result.warnings);
    if (isOnStdout(options)) return 0;
    if (words.flag('json')) printJson(io, result);
    else io.stdout(`${result.manifest}\n`);
    return 0;
  },
};

async function check(words: Words, io: Io): Promise<readonly DockerfileFinding[]> {
  const { checkBuild } = await import('../../ops/check-build.ts');
  const options = readCheckOptions(words, io);
  const dockerfile = await readDockerfile(words, io);
  const context = words.word('context');
  return checkBuild(context === '-' ? '.' : context, dockerfile === undefined ? options : { ...options, dockerfile });
}
