import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { inspectText } from './inspect-text.ts';
import { listingText } from './listing.ts';
import { parseTemplate, renderTemplate } from './template/evaluate.ts';

const data = {
  Id: 'sha256:abc',
  Size: 1234,
  Ratio: 2.5,
  Empty: '',
  Nothing: null,
  Yes: true,
  Tags: ['b:1', 'a:2'],
  Config: { Env: ['A=1', 'B=2'], Labels: { z: 'last', 'com.example.a': 'first' }, ExposedPorts: { '80/tcp': {} } },
  Nested: [
    { Name: 'x', List: [1, 2] },
    { Name: 'y', List: [] },
  ],
};
const render = (source: string): string => renderTemplate(parseTemplate(source), data);

test('templates print what Go prints', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['{{.Id}} {{.Size}} {{.Ratio}} {{.Yes}}', 'sha256:abc 1234 2.5 true'],
    ['{{.Tags}} {{.Config.Labels}} {{.Nothing}}', '[b:1 a:2] map[com.example.a:first z:last] <nil>'],
    ['{{.Config.ExposedPorts}}', 'map[80/tcp:{}]'],
    ['{{json .Config.Env}}{{json .Config.ExposedPorts}}', '["A=1","B=2"]{"80/tcp":{}}'],
    ['{{json "<&>"}}', '"<&>"'],
    ['{{range .Tags}}<{{.}}>{{end}}', '<b:1><a:2>'],
    ['{{range $i, $t := .Tags}}{{if $i}}, {{end}}{{$i}}={{$t}}{{end}}', '0=b:1, 1=a:2'],
    ['{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}', 'com.example.a=first;z=last;'],
    ['{{range .Nothing}}x{{else}}none{{end}}', 'none'],
    ['{{range 3}}{{.}}{{end}}', '012'],
    ['{{range .Nested}}{{if eq .Name "x"}}{{continue}}{{end}}{{.Name}}{{break}}{{end}}', 'y'],
    ['{{range .Nested}}{{range .List}}{{.}}{{else}}-{{end}}{{end}}', '12-'],
    ['{{if .Empty}}a{{else if .Yes}}b{{else}}c{{end}}', 'b'],
    ['{{with .Empty}}a{{else with .Id}}{{.}}{{end}}', 'sha256:abc'],
    ['{{with $x := .Size}}{{$x}}{{.}}{{$.Id}}{{end}}', '12341234sha256:abc'],
    ['{{$n := 0}}{{range .Tags}}{{$n = len .}}{{end}}{{$n}}', '3'],
    ['a  {{- " b " -}}  c', 'a b c'],
    ['a {{/* note */}} b{{- /* trimmed */ -}} c', 'a  bc'],
    ['{{define "t"}}[{{.}}]{{end}}{{template "t" .Size}}{{block "u" .Id}}({{.}}){{end}}', '[1234](sha256:abc)'],
    [
      '{{(index .Nested 1).Name}}{{index .Config.Labels "z"}}{{index .Config.Labels "nope"}}{{index .Nested 0 "List" 1}}',
      'ylast2',
    ],
    ['{{len .Tags}}{{len "é"}}{{slice .Id 0 6}}{{slice .Tags 1}}', '22sha256[a:2]'],
    ['{{and .Yes .Empty}}|{{or .Empty "x"}}|{{not .Yes}}|{{and .Nothing .Nothing.Deep}}', '|x|false|<nil>'],
    ['{{eq .Size 1 1234}}{{ne .Id "x"}}{{lt 1 2}}{{le 2 2}}{{gt 1 2}}{{ge 2 2}}', 'truetruetruetruefalsetrue'],
    ['{{join .Tags ","}} {{"," | join .Tags}} {{join .Config.Labels " "}}', 'b:1,a:2 b:1,a:2 first last'],
    ['{{split "a:b:c" ":"}} {{upper "x"}}{{lower "Y"}} {{title "one two"}}', '[a b c] Xy One Two'],
    ['[{{pad "x" 1 2}}][{{pad "" 1 2}}][{{truncate .Id 3}}][{{truncate "ab" 5}}]', '[ x  ][][sha][ab]'],
    ['{{print 1 2 "a" "b" 3}}{{println "x" 1}}', '1 2ab3x 1\n'],
    [
      '{{printf "%s|%q|%d|%v|%t|%x|%5.2f|%-4s|%04d|%%" "a" "b" 7 .Tags true "hi" 2.345 "l" 42}}',
      'a|"b"|7|[b:1 a:2]|true|6869| 2.35|l   |0042|%',
    ],
    ['{{printf "%d %s %z" "x"}}', '%!d(string=x) %!s(MISSING) %!z(MISSING)'],
    ['{{printf "%d" 1 2}}{{printf "%s" nil}}{{printf "%q" .Tags}}', '1%!(EXTRA int=2)%!s(<nil>)["b:1" "a:2"]'],
    [
      '{{printf "%.3s|%+d|%e|%g|%X|%c|%U" "abcdef" 5 1234.5 0.5 255 65 128640}}',
      'abc|+5|1.234500e+03|0.5|FF|A|U+1F680',
    ],
    [
      '{{html "<a href=\'x\'>"}}{{urlquery "a b&c"}}{{js "it\'s <b>"}}',
      '&lt;a href=&#39;x&#39;&gt;a+b%26c' + "it\\'s \\u003Cb\\u003E",
    ],
    ['{{`raw "x"`}}{{"q\\t\\x41\\u00e9"}}{{\'a\'}}{{0x10}}{{1e3}}{{-3}}', 'raw "x"q\tAé971610' + '00-3'],
    ['{{.Id | printf "%s-%s" "x" | upper}}', 'X-SHA256:ABC'],
    ['{{true}}{{(eq 1 1) | not}}', 'truefalse'],
  ];
  for (const [source, text] of cases) assert.equal(render(source), text, source);
});

test('errors are worded as Go words them', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{{table .Id}}', /template: :1: function "table" not defined/],
    ['{{.Nope}}', /template: :1:2: executing "" at <\.Nope>: map has no entry for key "Nope"/],
    ['\n {{.Config.Nope}}', /template: :2:3: executing "" at <\.Config\.Nope>: map has no entry for key "Nope"/],
    ['{{.Nothing.Deep}}', /nil pointer evaluating interface \{\}\.Deep/],
    ['{{.Id.Deep}}', /can't evaluate field Deep in type string/],
    ['{{', /unclosed action/],
    ['{{.Id', /unclosed action/],
    ['{{if .Id}}x', /unexpected EOF/],
    ['{{end}}', /unexpected \{\{end\}\}/],
    ['{{else}}', /unexpected \{\{else\}\}/],
    ['{{if}}x{{end}}', /missing value for if/],
    ['{{break}}', /\{\{break\}\} outside \{\{range\}\}/],
    ['{{$x}}', /undefined variable "\$x"/],
    ['{{$x = 1}}', /undefined variable "\$x"/],
    ['{{"a}}', /unterminated quoted string/],
    ['{{(1}}', /unclosed left paren/],
    ['{{/* x}}', /unclosed comment/],
    ['{{.Id "x"}}', /can't give argument to non-function \.Id/],
    ['{{nil}}', /nil is not a command/],
    ['{{1 | 2}}', /non executable command in pipeline stage 2/],
    ['{{eq .Id 1}}', /error calling eq: incompatible types for comparison/],
    ['{{index .Tags 5}}', /error calling index: index out of range: 5/],
    ['{{len .Size}}', /error calling len: len of type int/],
    ['{{json}}', /wrong number of args for json: want 1 got 0/],
    ['{{range .Id}}{{end}}', /range can't iterate over sha256:abc/],
    ['{{template "none"}}', /"none" not defined/],
    ['{{range $a := .Tags}}{{end}}{{$a}}', /undefined variable "\$a"/],
    ['{{.constructor}}', /no entry for key "constructor"/],
    ['{{.__proto__}}', /no entry for key "__proto__"/],
    ['{{constructor}}', /function "constructor" not defined/],
    ['{{call .Id}}', /non-function of type string/],
  ];
  for (const [source, message] of cases) {
    assert.throws(
      () => render(source),
      error => error instanceof OciError && error.code === 'usage' && message.test(error.message),
      source,
    );
  }
});

test('a hostile template ends soon', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [`${'{{if true}}'.repeat(200)}${'{{end}}'.repeat(200)}`, /nested at most 100 deep/],
    [`{{${'('.repeat(5000)}1${')'.repeat(5000)}}}`, /nested at most 100 deep/],
    [`{{if 1}}${'{{else if 1}}'.repeat(4000)}{{end}}`, /nested at most 100 deep/],
    ['{{define "t"}}{{template "t" .}}{{end}}{{template "t" .}}', /nested at most 400 deep/],
    [`{{.${'a.'.repeat(20_000)}a}}`, /nested at most 400 deep/],
    ['{{range 100000000}}{{end}}', /at most 1000000 steps/],
    ['{{range 100000}}{{printf "%9999d" 1}}{{end}}', /characters of output/],
    ['{{printf "%99999999d" 1}}', /width of at most/],
    ['{{printf "%.999f" 1.5}}', /precision of at most/],
    [' '.repeat(70_000), /at most 65536 characters/],
  ];
  for (const [source, message] of cases) assert.throws(() => render(source), message, source.slice(0, 40));
});

test('whatever the template, it renders or is refused', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{-',
    '-}}',
    '.Id',
    '.',
    '$',
    '$x',
    ':=',
    '=',
    '|',
    '(',
    ')',
    'if ',
    'range ',
    'end',
    'else',
    'with ',
    ' ',
    '"a"',
    '1',
    '`',
    'json',
    ',',
    'é',
    '\n',
    '/*',
    '*/',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      try {
        render(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof OciError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('values are escaped, the text of the template is not', () => {
  const louder = (text: string): string => text.toUpperCase();
  assert.equal(renderTemplate(parseTemplate('a{{.x}}'), { x: 'b' }, { escape: louder }), 'aB');
});

test('a table takes its titles through the same template', async () => {
  const listing = {
    rows: [
      { ID: 'abc', Size: '1kB' },
      { ID: 'x\x1b\ty', Size: '2kB' },
    ],
    titles: { ID: 'IMAGE ID', Size: 'SIZE' },
    columns: ['ID', 'Size'],
  };
  assert.equal(await listingText(listing), 'IMAGE ID   SIZE\nabc        1kB\nx\\x1b y    2kB\n');
  assert.equal(
    await listingText(listing, 'table {{upper .ID}}\\t{{json .Size}}'),
    'IMAGE ID   SIZE\nABC        "1kB"\nX\\x1b Y    "2kB"\n',
  );
  assert.equal(await listingText(listing, '{{.ID}}\\n'), 'abc\n\nx\\x1b\ty\n\n');
  assert.equal(await listingText(listing, 'json'), '{"ID":"abc","Size":"1kB"}\n{"ID":"x\\u001b\\ty","Size":"2kB"}\n');
  await assert.rejects(listingText(listing, '{{.Nope}}'), /no entry for key "Nope"/);
});

test("inspect templates know docker's fields where the object leaves them out", async () => {
  const platform = { architecture: 'arm', os: 'linux' };
  const Descriptor = { mediaType: 'm', digest: 'd', size: 3, annotations: { a: 'b' }, platform };
  const image = { Id: 'sha256:1', Os: 'linux', Config: { Labels: { a: 'b' } }, RootFS: { Layers: [] }, Descriptor };
  const bare = { ...image, Config: null, Descriptor: { mediaType: 'm', digest: 'd', size: 3 } };
  const cases: readonly (readonly [string, string])[] = [
    [
      '{{.ID}}{{.Author}}|{{.Config.User}}|{{.Config.Cmd}}|{{json .Config.Cmd}}|{{.Config.Volumes}}',
      'sha256:1||[]|null|map[]',
    ],
    ['{{.Config.Labels.a}}{{.Config.Labels.nope}}{{index .Config.Labels "nope"}}', 'b<no value>'],
    ['{{if .Config.Healthcheck}}x{{end}}{{range .Config.Env}}x{{end}}', ''],
    ['{{with .Descriptor}}{{.MediaType}}{{.Digest}}{{.Size}}{{.digest}}{{.ArtifactType}}{{.URLs}}{{end}}', 'md3d[]'],
    ['{{.Descriptor.Annotations.a}}{{.Descriptor.annotations.nope}}', 'b<no value>'],
    [
      '{{with .Descriptor.Platform}}{{.OS}}/{{.Architecture}}{{.Variant}}{{.OSVersion}}{{.OSFeatures}}{{end}}',
      'linux/arm[]',
    ],
    ['{{with .Config}}{{.Hostname}}{{.Domainname}}{{.Image}}{{.Tty}}{{.AttachStdin}}{{end}}', 'falsefalse'],
  ];
  assert.equal(await inspectText([bare], '{{if .Descriptor.Platform}}x{{end}}{{.Descriptor.Annotations}}'), 'map[]\n');
  const unknown: readonly (readonly [string, RegExp])[] = [
    ['{{.Nope}}', /there are \.Id /],
    ['{{.Config.Nope}}', /there are \.Labels .*\.Hostname/],
    ['{{.Descriptor.Nope}}', /there are \.MediaType \.Digest/],
    ['{{.Descriptor.Platform.Nope}}', /there are \.Architecture/],
    ['{{.RootFS.Nope}}', /there are \.Layers$/],
  ];
  for (const [source, hint] of unknown) await assert.rejects(inspectText([image], source), { hint });
  const empty = { ...image, RootFS: {} };
  await assert.rejects(inspectText([empty], '{{.RootFS.Nope}}'), { hint: undefined });
  for (const [source, text] of cases) assert.equal(await inspectText([image], source), `${text}\n`, source);
  for (const source of ['{{.Nope}}', '{{.Config.Nope}}', '{{.RootFS.Nope}}'])
    await assert.rejects(inspectText([image], source), /no entry/);
  assert.equal(await inspectText([], undefined), '[]\n');
  assert.equal(await inspectText([{ Id: 'x' }], undefined), '[\n    {\n        "Id": "x"\n    }\n]\n');
});
