import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { runCommand } from './command-line.ts';

/** A directory of files: their texts by path. What begins with an arrow is a symbolic link, what ends with a slash an empty directory. */
type Files = Readonly<Record<string, string>>;

const debian: Files = {
  'bin/sh': '#!/bin/false\n',
  'etc/group': 'root:x:0:\nnode:x:1000:\n',
  'etc/ld.so.cache': 'cache\n',
  'etc/key': 'a key\n',
  'etc/motd': 'hello\n',
  'etc/old': '',
  'etc/os-release': '-> ../usr/lib/os-release',
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000:node:/home/node:/bin/sh\n',
  'root/': '',
  'usr/bin/': '',
  'usr/lib/libz.so.1': '-> libz.so.1.3',
  'usr/lib/libz.so.1.3': 'zlib, in a way\n',
  'usr/lib/os-release': 'ID=debian\nVERSION_ID="13"\n',
  'usr/share/doc/zlib1g/copyright': 'zlib\n',
  'var/cache/apt/pkgcache.bin': 'cached packages\n'.repeat(100),
  'var/lib/dpkg/status':
    'Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.3\nArchitecture: amd64\nMaintainer: Ann <a@example.org>\nDescription: zlib\n\n',
};

/** What somebody has who has read nothing yet but the examples: directories and files, and their own Dockerfiles. */
const files: Files = {
  ...Object.fromEntries(Object.entries(debian).map(([path, text]) => [`rootfs/${path}`, text])),
  ...Object.fromEntries(Object.entries(debian).map(([path, text]) => [`new-rootfs/${path}`, text])),
  'new-rootfs/usr/lib/libz.so.1.3': 'zlib, with a fix\n',
  Dockerfile: 'FROM debian\nCOPY site /srv/site\nCMD ["httpd", "/srv/site"]\n',
  'site/index.html': '<p>hello</p>\n',
  'app/Dockerfile': 'FROM scratch\nCOPY app/main.js /app/main.js\n',
  'app/main.js': 'console.log("hello");\n',
  'app/bin/server': '#!/bin/sh\n',
  'app/server.key': 'a key\n',
  FILE: 'a file\n',
  motd: 'hello, world\n',
  figlet: '#!/bin/sh\n',
  'bin/mine': 'what is there already\n',
  'dist/main.js': 'console.log("hello");\n',
  'package.json': '{"name":"app","version":"1.0.0"}\n',
  'nothing/': '',
  'extra/opt/extra/file': 'made elsewhere\n',
  id_rsa: 'a key that should never be in an image\n',
  'before/etc/motd': 'old\n',
  'before/etc/gone': '',
  'after/etc/motd': 'new\n',
  'sbom.json': '{"spdxVersion":"SPDX-2.3","name":"app"}\n',
};

/** What they have typed before: ocikit's own command lines, of which all that the examples name comes. */
const history = `
commit rootfs img:base --owner 0:0 -m 'debian minbase' -c 'ENV GREETING=hi' -c 'EXPOSE 80' -c 'LABEL a=1'
commit rootfs bases:debian --owner 0:0 -m 'debian minbase'
commit new-rootfs new:debian --owner 0:0 -m 'debian minbase, fixed'
tag img:base debian old a b
append img:base -t app --delete /var/cache/apt/pkgcache.bin --created-by 'RUN apt-get clean'
append img:app --add id_rsa:/root/.ssh/ --created-by 'COPY id_rsa /root/.ssh/'
append img:app --delete /root/.ssh --created-by 'RUN rm -r /root/.ssh'
append img:app --add app:/ --owner node --created-by 'COPY app /app'
append img:base -t figlet --add figlet:/usr/bin/ --add motd:/etc/ -m 'add figlet'
append img:base -t amd64 --add figlet:/usr/bin/
commit new-rootfs img:arm64 --platform linux/arm64
index create img:multi img:amd64 img:arm64
attach img:multi sbom.json --platform linux/arm64
copy img:multi multi:app --all
commit rootfs riscv64:app --platform linux/riscv64
copy riscv64:app oci-archive:other.tar:app
copy img:base oci-archive:base.tar:node
save img:base img:figlet -o both.tar
copy img:app docker-archive:legacy.tar:app:v1
export img:base -o rootfs.tar
export img:base -o layer.tar
commit extra --base-dir nothing -o extra.tar.gz
copy img:app broken:app
unpack img:base work --bundle
copy img:app IMAGE:app
copy img:app LAYOUT:app
tag LAYOUT:app app:v1 one
copy img:arm64 LAYOUT:two
save LAYOUT:app -o app.tar
copy img:debian LAYOUT:debian
index create LAYOUT:multi LAYOUT:one LAYOUT:two
unpack img:base BUNDLE --bundle
unpack img:app DIRECTORY
copy img:base docker-archive:saved.tar:old:image
unpack img:base bundle --bundle
tag img:app tag one
tag img:arm64 two
copy img:app a:tag
copy img:debian old:debian
copy img:debian base:old
copy new:debian base:new
save img:app -o a.tar
`;

/** The words of a line as a shell splits it that knows quotes around whole words alone. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, plain]) => one ?? two ?? plain ?? '');

function writeFiles(directory: string, tree: Files): void {
  for (const [name, text] of Object.entries(tree)) {
    const path = join(directory, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (name.endsWith('/')) continue;
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), path);
    else writeFileSync(path, text);
    if (/\bbin\//.test(name)) chmodSync(path, 0o755);
  }
}

/** A layout that says the wrong size of its image, which `fix` mends. */
function breakLayout(layout: string): void {
  const file = join(layout, 'index.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"size":\d+/, '"size":1'));
}

/** Makes the directory in which the examples are typed; the digest is that of the image for arm64 in `img`. */
export async function prepareNewcomer(directory: string): Promise<{ readonly digest: string }> {
  writeFiles(directory, files);
  const back = process.cwd();
  process.chdir(directory);
  try {
    for (const line of history.trim().split('\n')) {
      const { status, err } = await runCommand(wordsOf(line));
      assert.equal(status, 0, `${line}: ${err}`);
    }
    writeFileSync('rootfs.tar.gz', gzipSync(readFileSync('rootfs.tar')));
    breakLayout('broken');
    writeFileSync('work/rootfs/etc/motd', 'changed since it was unpacked\n');
    const inspected = await runCommand(wordsOf("inspect img:arm64 --format '{{.Descriptor.digest}}'"));
    return { digest: inspected.out.trim() };
  } finally {
    process.chdir(back);
  }
}
