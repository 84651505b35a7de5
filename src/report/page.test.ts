import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
// @ts-expect-error: a program of the checkout's, without types.
import { assetsText } from '../../bin/page.mjs';
import { pageOf } from './page.ts';
import type { ImagePage } from './page-data.ts';

const size = { stored: 1, tar: 1, files: 1, visible: 1, hidden: 0 };
const none = { names: '', children: [0, 1] };

/** A page on which everything that an image can say says this. */
function pageSaying(text: string): ImagePage {
  return {
    kind: 'image',
    head: { name: text, digest: 'sha256:0', platform: text, created: text, system: text, size },
    efficiency: 1,
    layers: [],
    history: [{ layer: null, created: text, createdBy: text, comment: text }],
    files: {
      ...none,
      attributes: [['directory', 0o755, 0, 0]],
      attribute: [0, 1],
      layer: [0, 1],
      package: [0, 1],
      times: [0],
      time: [0, 1],
      sizes: [],
      targets: [text],
      links: [],
    },
    packages: [[text, text, text, text, 1, 1]],
    waste: { rows: [[text, 1, 1, 'deleted', [1], [2]]], more: 0, moreBytes: 0 },
    config: [[text, [text, text]]],
    dockerfile: text,
    warnings: [text],
  };
}

const hostile = [
  '</script><script>alert(1)</script>',
  '<!--<script>',
  ']]>',
  '"><img src=x onerror=alert(1)>',
  '\u2028\u2029\u0000\u0007\u202e',
  '</title><script>alert(1)</script>',
  '&lt;script&gt;',
  '\ud800',
  '${alert(1)}`',
];
const arbitraryText = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' }));

/** What stands between the tags of a page's parts. */
function partsOf(page: string): {
  readonly data: string;
  readonly script: string;
  readonly style: string;
  readonly rest: string;
} {
  const [, style = '', data = '', script = ''] =
    /<style>([\s\S]*?)<\/style>[\s\S]*<script type="application\/json" id="data">([\s\S]*?)<\/script>\n<script>([\s\S]*?)<\/script>/.exec(
      page,
    ) ?? [];
  return { data, script, style, rest: page.replace(data, '').replace(script, '').replace(style, '') };
}

test('whatever an image says is data of the page, read back as it was, and never a part of it', () => {
  const usual = partsOf(pageOf(pageSaying('')));
  fc.assert(
    fc.property(arbitraryText, text => {
      const page = pageOf(pageSaying(text));
      const { data, script, style, rest } = partsOf(page);
      assert.deepEqual(JSON.parse(data), JSON.parse(JSON.stringify(pageSaying(text))));
      assert.doesNotMatch(data, /[<>&\u2028\u2029\p{Cc}]/u);
      assert.equal(script, usual.script);
      assert.equal(style, usual.style);
      const [, title = ''] = /<title>([^<]*)<\/title>/.exec(rest) ?? [];
      assert.equal(rest.replace(`<title>${title}</title>`, '<title></title>'), usual.rest);
    }),
  );
});

test('the policy lets run the one script that is there, use the one style, and nothing else', () => {
  const page = pageOf(pageSaying('x'));
  const { script, style } = partsOf(page);
  const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
  assert.deepEqual(policy.split('; '), [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
  assert.equal([...page.matchAll(/<script/g)].length, 2);
  assert.doesNotMatch(page, / style="| on[a-z]+="|javascript:/);
});

test('the script never makes markup of text, nor calls anything that would', () => {
  const sources = readFileSync(new URL('./assets.ts', import.meta.url), 'utf8');
  assert.doesNotMatch(
    sources,
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttpRequest/,
  );
});

test('the page holds the script and the style that its sources make', async () => {
  const held = readFileSync(new URL('./assets.ts', import.meta.url), 'utf8');
  assert.ok(held === (await assetsText()), 'npm run page');
});
