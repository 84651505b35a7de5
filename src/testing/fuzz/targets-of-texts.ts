import { parseTemplate, renderTemplate } from '../../cli/template/evaluate.ts';
import { applyChanges } from '../../dockerfile/change.ts';
import { checkDockerfile } from '../../dockerfile/check.ts';
import { rebuildDockerfile } from '../../dockerfile/history/rebuild.ts';
import { parseMount } from '../../dockerfile/run-mount.ts';
import { usage } from '../../errors.ts';
import { namesOfIds, resolveOwner, resolveUser } from '../../image/user.ts';
import { durationOf } from '../../spec/duration.ts';
import { parseIdRange } from '../../spec/id-map.ts';
import { checkName } from '../../spec/name.ts';
import { formatExactPlatform, matchesPlatform, parsePlatform } from '../../spec/platform.ts';
import { canonicalName, familiarName, parseReference, tryReference } from '../../spec/reference.ts';
import { isTime } from '../../spec/time.ts';
import { parseInnerPath } from '../../store/inner-path.ts';
import { parseOperand } from '../../store/parse-operand.ts';
import { matcher } from '../../tree/glob.ts';
import { contextSelection, ignoreSelection } from '../../tree/ignore.ts';
import { parseModeChange } from '../../tree/symbolic-mode.ts';
import { expansionWords, instructionWords, nameWords, templateWords } from './grammar-words.ts';
import { fixtureSeeds, textSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';

const fail = (message: string): Error => usage('fuzz', message);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const paths = ['', 'a', 'a/b', 'etc/passwd', 'x/y/z.txt', 'node_modules/a/b/c', '[', '*'];

const object = {
  Id: 'sha256:00',
  RepoTags: ['a:b', 'c'],
  Size: 12345678,
  Created: '2026-01-02T03:04:05Z',
  Config: { Env: ['A=b'], Labels: { x: 'y' } },
  None: null,
};

function changed(text: string): void {
  applyChanges({ Env: ['PATH=/bin'], Cmd: ['sh'], Labels: { a: 'b' } }, text.split('\0'));
}

function selected(text: string): void {
  for (const { has, leads } of [ignoreSelection(text), contextSelection(text)])
    for (const path of paths) has(path) && leads(path);
}

function rebuilt(text: string): void {
  const history = text.split('\0').map(line => ({ created_by: line, comment: 'buildkit.dockerfile.v0' }));
  const other = text.split('\0').map(line => ({ created_by: line }));
  rebuildDockerfile({
    subject: 'fuzz',
    config: {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [] },
      history: [...history, ...other],
    },
    layers: [],
  });
}

function users(text: string): void {
  const files = { passwd: text, group: text };
  namesOfIds(files);
  for (const name of ['root', '0:0', text.split(':')[0] ?? '']) resolveUser(name, files) && resolveOwner(name, files);
}

/** A target of texts in which any word of a grammar may stand anywhere. */
function target(
  name: string,
  run: (text: string) => unknown,
  given: { readonly seeds: readonly string[]; readonly words?: readonly string[]; readonly folder?: string },
): FuzzTarget {
  const { seeds, words = [], folder } = given;
  return {
    name,
    words,
    run: bytes => run(textOf(bytes)),
    seeds: () => [
      ...textSeeds(...seeds),
      ...(folder === undefined ? [] : fixtureSeeds(folder, path => /Dockerfile[^/]*$|\.dockerfile$/i.test(path))),
    ],
  };
}

export const textTargets: readonly FuzzTarget[] = [
  target(
    'reference',
    text => tryReference(text) && [canonicalName(parseReference(text)), familiarName(parseReference(text))],
    {
      seeds: ['alpine', 'docker.io/library/alpine:3.19', `localhost:5000/a/b@sha256:${'0'.repeat(64)}`],
      words: nameWords,
    },
  ),
  target('operand', text => [parseOperand(text, 'read'), parseOperand(text, 'write')], {
    seeds: ['img:app', 'oci:img:app@sha256:44', 'docker-archive:a.tar:b/c:d', './-'],
    words: nameWords,
  }),
  target('inner-path', text => parseInnerPath(text), {
    seeds: ['img:app:/etc/passwd', 'img:/', 'a.tar:b'],
    words: nameWords,
  }),
  target('name', text => checkName(text), { seeds: ['app', 'docker.io/a/b:c'], words: nameWords }),
  target(
    'platform',
    text => [
      formatExactPlatform(parsePlatform(text)),
      matchesPlatform(parsePlatform(text), parsePlatform('linux/arm64/v8')),
    ],
    {
      seeds: ['linux/amd64', 'linux/arm/v7', 'windows(10.0.17763)/amd64', 'wasip1/wasm'],
      words: ['/', '(', ')', 'linux', 'arm64', 'v8'],
    },
  ),
  target('small-values', text => [durationOf(text), parseIdRange(text), isTime(text)], {
    seeds: ['1h2m3.5s', '0:1000:65536', '2026-01-02T03:04:05.123456789+01:00'],
    words: ['ns', 'µs', 'ms', 'h', '-', '.', ':', 'T', 'Z'],
  }),
  target('mode', text => [parseModeChange(text, fail)(0o644, false), parseModeChange(text, fail)(0o755, true)], {
    seeds: ['u=rwX,go-w', '0755', 'a+st'],
    words: ['u', 'g', 'o', '=', '+', '-', 'X', 's', 't', ','],
  }),
  target('template', text => renderTemplate(parseTemplate(text), object), {
    seeds: [
      '{{.Id}} {{range $i, $e := .RepoTags}}{{$i}}={{$e | printf "%q"}}{{else}}none{{end}}',
      '{{json .Config}}',
      '{{with index .Config.Labels "x"}}{{.}}{{end}}',
      '{{define "a"}}{{.}}{{end}}{{template "a" .Size}}',
    ],
    words: templateWords,
  }),
  target('change', changed, {
    seeds: [
      'CMD ["a", "b"]',
      'ENV A=b C="d e"\nLABEL x=${A:-y}',
      'HEALTHCHECK --interval=3s CMD true',
      'EXPOSE 80-90/tcp',
    ],
    words: [...instructionWords, ...expansionWords],
  }),
  target('dockerfile', text => checkDockerfile(text), {
    seeds: [
      'FROM a AS b\nARG X=1\nRUN --mount=type=cache,target=/x echo $X\nCOPY --from=b /a /b\n',
      'FROM scratch\nCOPY <<EOF /a\n$b\nEOF\n',
    ],
    words: [...instructionWords, ...expansionWords],
    folder: 'dockerfiles',
  }),
  target('history', rebuilt, {
    seeds: [
      '/bin/sh -c #(nop)  CMD ["sh"]',
      'RUN /bin/sh -c apk add a # buildkit',
      '|1 A=b /bin/sh -c echo',
      '/bin/sh -c #(nop) COPY file:ab in /a ',
      'ENV A=map[a:b]',
    ],
    words: [
      '#(nop) ',
      '/bin/sh -c ',
      '# buildkit',
      '|2 ',
      'file:',
      'dir:',
      'multi:',
      ' in ',
      'map[',
      '{[',
      '\\x',
      '\\"',
    ],
  }),
  target('mount', text => parseMount(text, { fail, expand: word => word }), {
    seeds: ['type=bind,source=a,target=/b,rw', 'type=secret,id=x,mode=0400', 'type=tmpfs,target=/t,size=1g'],
    words: ['type=', 'target=', 'from=', 'sharing=locked', '"', ',', 'size='],
  }),
  target('glob', text => paths.map(matcher(text.split('\0'))), {
    seeds: ['/etc/**/*.{a,b}', '!x', '[a-z]?*'],
    words: ['**', '*', '{', ',', '}', '[', '^', ']', '\\', '?', '!', '/'],
  }),
  target('ignore', selected, {
    seeds: ['node_modules\n!node_modules/a\n# no\n**/*.o\n'],
    words: ['**', '*', '[', ']', '\\', '!', '\n', '/', '..'],
  }),
  target('users', users, {
    seeds: ['root:x:0:0:root:/root:/bin/sh\nbin:x:1:1::/:\n', 'a:x:4294967296:\n'],
    words: [':', '\n', '0', '-1'],
  }),
];
