import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { temporaryDirectory } from '../testing/temporary.ts';

/** What people type and do not mean, or mean otherwise: what it says, and its status. Paths are below one directory, which `./` stands for. */
const table: readonly (readonly [line: string, status: number, err: RegExp])[] = [
  ['tag ./img:git ./img:other', 2, /expected a name inside the layout.*'other' names it/],
  ['tag ./img:git other@sha256:aa', 2, /expected a name, got one with a digest/],
  ['copy ./img:git dir:foo', 2, /the transport dir: \(`skopeo copy oci:LAYOUT:NAME dir:foo`/],
  ['copy ./img:git docker-daemon:foo:1', 2, /the transport docker-daemon: \(`skopeo copy/],
  ['copy ./img:git containers-storage:foo', 2, /the transport containers-storage:/],
  ['copy docker://alpine ./img:alp', 2, /`skopeo copy docker:\/\/alpine oci:LAYOUT:NAME`/],
  ['copy ./img:git registry.example.com/foo:1', 2, /looks like a name in a registry/],
  ['copy ./img:git ./x.tar', 2, /got the name of a file \(oci-archive:/],
  [
    'commit ./r oci-archive:./x.tar:v',
    2,
    /expected a LAYOUT \(a directory\), got an archive \(`ocikit copy LAYOUT:NAME/,
  ],
  ['import ./r.tar docker-archive:./x.tar', 2, /expected a LAYOUT \(a directory\), got an archive/],
  ['build ./r -t oci-archive:./x.tar:v', 2, /expected a LAYOUT \(a directory\), got an archive/],
  ['load ./s.tar oci-archive:./x.tar', 2, /expected a LAYOUT \(a directory\), got an archive/],
  ['init docker-archive:./x', 2, /expected a LAYOUT \(a directory\), got an archive/],
  ['index create oci-archive:./x.tar:v ./img:git', 2, /expected a LAYOUT \(a directory\), got an archive/],
  ['index create rootfs:./x:v ./img:git', 2, /got the kind 'rootfs' \(`ocikit export/],
  ['config ./img:git --set user=me -o tar:./x.tar', 2, /got the kind 'tar' \(`ocikit export/],
  ['diff ./img:git ./img:two --json --stat', 2, /--stat: expected no --json beside it/],
  ['inspect ./img:git --raw config --format {{.Id}}', 2, /--format: expected no --raw beside it/],
  ['commit ./r ./img:x --compression none --level 3', 2, /--compression none: expected no --level beside it/],
  ['images ./img@7524', 2, /expected a LAYOUT or LAYOUT:NAME, got a digest/],
  ['load ./s.tar ./L:name', 2, /expected a LAYOUT, got one image of it/],
  ['init ./a:b', 2, /expected a LAYOUT, got one image of it/],
  ['diff ./img:git ./img:two --semantic --exit-code', 1, /^$/],
  ['image ls ./img', 0, /^$/],
  ['container diff ./img:git ./img:two', 0, /^$/],
  ['rmi ./img:nothing', 2, /there are git, two/],
  ['pull alpine', 2, /skopeo copy docker:\/\//],
  ['push ./img:git', 2, /skopeo copy oci:/],
  ['ps', 2, /there is no daemon/],
  ['login', 2, /skopeo login REGISTRY/],
  ['commit -p ./r ./img:again --dry-run', 0, /^$/],
  ['history /etc/passwd', 2, /expected an image layout, an archive or a tar, got none/],
  ['histroy ./img', 2, /did you mean history\?/],
  ['images --digset ./img', 2, /got '--digset' \(did you mean --digests\?\)/],
  ['commit ./r ./img:z -c FOO', 2, /there are CMD ENTRYPOINT ENV/],
  ['import ./s.tar ./img:q', 2, /got an image archive \(`ocikit load`/],
  ['import - ./img:e', 2, /stdin: expected a tar, got nothing \(--allow-empty/],
  ['attach ./img:git - --artifact-type a/b', 2, /^ocikit: stdin: expected a file, got nothing \(an empty file/],
  ['import - ./img:e --allow-empty --dry-run', 0, /^$/],
  ['export ./img:git -o ./nodir/x.tar', 2, /nodir\/x\.tar: expected the directory .*nodir to write it in/],
  ['unpack ./img:git ./r', 2, /got one with files in it \(--force replaces it\)/],
  ['images ./img --format {{.Nope}}', 2, /there are \.Containers/],
  ['inspect ./img:git --platform arm64', 2, /expected an image for arm64, got one for linux\/amd64/],
  ['inspect ./img:git --platform amd64', 0, /^$/],
  ['untag ./img', 2, /expected LAYOUT:NAME, got no name/],
  ['copy alpine:3.20 ./x', 2, /^ocikit: alpine: .* `skopeo copy docker:\/\/alpine:3\.20 oci:LAYOUT:NAME`/],
  ['inspect ghcr.io/o/app:v1', 2, /`skopeo copy docker:\/\/ghcr\.io\/o\/app:v1 oci:LAYOUT:NAME`/],
  ['tag git new', 2, /an image is LAYOUT:NAME/],
  ['inspect ./none:git', 2, /none: expected an image layout, got nothing$/],
  ['rmi', 2, /^ocikit: rmi: expected IMAGE, got nothing \(ocikit rmi --help\)$/],
  ['image rm', 2, /^ocikit: image rm: expected IMAGE/],
  ['container ls', 2, /^ocikit: container ls: expected a verb that works on files/],
  ['image inspec ./img', 2, /did you mean image inspect\?/],
  ['rm ./img:git --froce', 2, /^ocikit: rm: expected one of its options/],
  ['convert ./img:git', 2, /^ocikit: convert: expected --compression or --format, got neither$/],
  ['convert ./img:git --compression gzip --level 99', 2, /^ocikit: --level: expected 0 to 9 for gzip, got 99$/],
  ['drop ./img:git', 2, /^ocikit: drop: expected --layers or --created-by, got neither$/],
  ['config ./img:git --unset env:', 2, /^ocikit: --unset: expected env or env:NAME, got 'env:'$/],
  ['config ./img:git --unset volume:', 2, /^ocikit: --unset: expected volume or volume:NAME, got 'volume:'$/],
  [
    'config ./img:git --unset annotation:',
    2,
    /^ocikit: --unset: expected annotation or annotation:NAME, got 'annotation:'$/,
  ],
  ['config ./img:git --unset user:', 2, /^ocikit: --unset: expected user alone/],
  ['config ./img:git --env A=b', 2, /\(here: -c 'ENV NAME=VALUE'\)$/],
  ['config --image ./img:git --config.env A=b', 2, /the image is an operand: ocikit config LAYOUT:NAME/],
  ['config ./img:git --config.env A=b', 2, /\(here: -c 'ENV NAME=VALUE'\)$/],
  ['config ./img:git --clear=config.labels', 2, /\(here: --unset FIELD\)$/],
  ['config ./img:git --entrypoint sh', 2, /ENTRYPOINT/],
  ['unpack --image ./img:git ./d', 2, /the image is an operand: ocikit unpack LAYOUT:NAME/],
  ['commit ./r -t ./img:y', 2, /the image is the second operand/],
  ['append ./img:git -f ./s.tar', 2, /\(here: --tar FILE\)$/],
  ['copy ./img:git ./img:x --dest-compress-format zstd', 2, /\(here: --compression\)$/],
  ['index create ./img:m -m ./img:git', 2, /images are operands/],
  ['repack --image ./img:new ./r', 2, /\(ocikit commit BUNDLE LAYOUT:NAME\)$/],
  ['mutate ./img:git', 2, /\(ocikit config LAYOUT:NAME\)$/],
  ['flatten ./img:git', 2, /\(ocikit squash LAYOUT:NAME\)$/],
  ['load ./s.tar', 2, /expected FILE and LAYOUT, got only/],
  ['load ./s.tar ./L:name', 2, /`ocikit copy ARCHIVE LAYOUT:NAME` gives one a name/],
  ['cp ./s.tar ./img:git:/etc/', 2, /`ocikit append` puts a file into an image/],
  ['export ./img:git out.tar', 2, /\(-o out\.tar writes there\)$/],
  ['diff ./work/rootfs', 2, /got one operand \(the bundle is \S*work\)$/],
  ['inspect @sha256:aa', 2, /expected a path, got nothing \(an image is PATH\[:NAME\]\[@DIGEST\]\)$/],
  ['save ./img:git -o ./saved/', 2, /saved\/: expected a place for a file, got a directory's name$/],
  ['export ./img:git -o ./r', 2, /r: expected a place for a file, got a directory$/],
  ['report ./img:git -o ./pages/', 2, /pages\/: expected a place for a file, got a directory's name$/],
  [
    'rebase ./img:git --check',
    2,
    /img:git: expected an image with annotation \S+, got one without \(give the base: rebase with --old-base\)$/,
  ],
  [
    'rebase ./img:git --old-base ./img:two --new-base ./img:two',
    2,
    /img:git \(\S+\): expected an image that is made on/,
  ],
  ['squash ./img:git --from-base ./img:two', 2, /img:git \(\S+\): expected an image that is made on/],
  ['drop ./img:git --created-by nobody', 2, /img:git \(\S+\): expected a layer whose line of history matches/],
  ['strip ./img:git /nothing', 2, /img:git \(\S+\): expected a path of some layer/],
  ['history ./typo.tar', 2, /typo\.tar: expected an image archive, got nothing$/],
  ['import ./r ./img:q', 2, /r: expected a file, got a directory \(`ocikit commit` makes an image of a directory\)$/],
  ['diff ./r', 2, /expected two operands, or one bundle, got one operand \(unpack with --bundle makes one/],
  [
    'run ./r -- true',
    125,
    /expected an image or a bundle, got another root filesystem \(unpack with --bundle makes one/,
  ],
  ['append ./img:git --delete ', 2, /^ocikit: --delete: expected a path, got nothing$/],
  ['append ./img:git --tar ', 2, /^ocikit: --tar: expected a path, got nothing$/],
  ['append ./img:git --add ', 2, /^ocikit: --add: expected SRC:DST, got nothing$/],
  ['commit ./r ./img:y --squash', 2, /^ocikit: --squash: expected a bundle, or --base beside it, got neither$/],
  [
    'commit ./r ./img:y --trust-mtime',
    2,
    /^ocikit: --trust-mtime: expected a bundle, or --base beside it, got neither$/,
  ],
  ['commit ./r ./img:y --keep-base', 2, /^ocikit: --keep-base: expected a bundle/],
  ['commit ./r ./img:y --base ./img:git --trust-mtime --dry-run', 0, /^$/],
  ['diff ./img:git ./img:two --cross-mounts', 2, /^ocikit: --cross-mounts: expected a directory to walk, got none$/],
  ['diff ./img:git ./r --cross-mounts --exit-code', 1, /^$/],
  ['copy ./img:git sif:foo', 2, /the transport sif: \(skopeo only reads it; `ocikit export/],
  ['copy ./img:git tarball:foo', 2, /the transport tarball: \(skopeo only reads it/],
  ['copy ./img:git atomic:foo/bar:1', 2, /the transport atomic: \(`skopeo copy oci:LAYOUT:NAME atomic:foo\/bar:1`/],
  ['copy sif:foo ./x', 2, /the transport sif: \(`skopeo copy sif:foo oci:LAYOUT:NAME`/],
  [
    'unpack ./img:git dir:out',
    2,
    /got the kind 'dir:' before one \('out' is the path, \.\/dir:out is what is called so\)/,
  ],
  ['export ./img:git -o dir:foo', 2, /expected a file, got the kind 'dir:' before one \('foo' is the path/],
  ['save ./img:git -o docker-archive:foo', 2, /got the kind 'docker-archive:' before one/],
  ['commit ./r --base-dir ./r -o oci-archive:foo', 2, /got the kind 'oci-archive:' before one/],
  ['cp ./img:git:/a docker://foo', 2, /got the kind 'docker:' before one \('foo' is the path/],
  ['copy ./img:git -', 2, /^ocikit: -: expected a path, got standard input or output \(\.\/- is what is called so\)$/],
  ['copy ./img:git oci:-:x', 2, /^ocikit: oci:-:x: expected a path, got standard/],
  ['copy ./img:git oci-archive:-', 2, /^ocikit: oci-archive:-: expected a path, got standard/],
  ['commit ./r -', 2, /^ocikit: -: expected a path, got standard/],
  ['commit - ./img:x', 2, /^ocikit: -: expected a path, got standard/],
  ['commit tar:- ./img:x', 2, /^ocikit: tar:-: expected a path, got standard/],
  ['load ./s.tar -', 2, /^ocikit: -: expected a path, got standard/],
  ['unpack ./img:git -', 2, /^ocikit: -: expected a directory, got standard/],
  ['init -', 2, /^ocikit: -: expected a path, got standard/],
  ['images -', 2, /^ocikit: -: expected a path, got standard/],
  ['gc -', 2, /^ocikit: -: expected a path, got standard/],
  ['tag - x', 2, /^ocikit: -: expected a path, got standard/],
  ['untag oci:-:x', 2, /^ocikit: oci:-:x: expected a path, got standard/],
  ['inspect -', 2, /^ocikit: -: expected a path, got standard/],
  ['files -', 2, /^ocikit: -: expected a path, got standard/],
  ['diff - ./img:git', 2, /^ocikit: -: expected a path, got standard/],
  ['validate -', 2, /^ocikit: -: expected a path, got standard/],
  ['index create - ./img:git', 2, /^ocikit: -: expected a path, got standard/],
];

test('what people type is done as they mean it, or one line says how, and nothing is made by mistake', async t => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'r'));
  const run = (line: string): ReturnType<typeof runCommand> =>
    runCommand(line.split(' ').map(word => word.replace(/^\.\//, `${place}/`)));
  for (const [line, file] of [
    ['commit ./r ./img:git', 'a'],
    ['commit ./r ./img:two', 'b'],
    ['save ./img:git -o ./s.tar', 'b'],
    ['unpack ./img:git ./work --bundle', 'b'],
  ] as const) {
    writeFileSync(join(place, 'r', file), file);
    assert.equal((await run(line)).status, 0, line);
  }
  const before = readdirSync(place).sort();
  for (const [line, status, err] of table) {
    const answer = await run(line);
    assert.deepEqual([line, answer.status], [line, status], answer.err);
    assert.match(answer.err.trimEnd(), err, line);
    assert.ok(answer.err.split('\n').length <= 2, `${line}: ${answer.err}`);
  }
  assert.deepEqual(readdirSync(place).sort(), before);
  for (const name of ['-', 'dir:foo', 'dir:out', 'docker-daemon:foo', 'registry.example.com', 'foo', 'sif', 'tarball'])
    assert.ok(!existsSync(name), name);
});

test('an image that is copied into an archive keeps its name there', async t => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'r'));
  await runCommand(['commit', join(place, 'r'), join(place, 'img:git')]);
  await runCommand(['copy', join(place, 'img:git'), `docker-archive:${join(place, 'd.tar')}`]);
  const { out } = await runCommand(['images', join(place, 'd.tar'), '--format', '{{.Repository}}:{{.Tag}}']);
  assert.equal(out, 'img:git\n');
});
