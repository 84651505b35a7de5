import { jsonText } from '../spec/document.ts';
import { encodeText, textOf } from '../tree/path.ts';
import { script, style } from './assets.ts';
import type { PageData } from './page-data.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => entities[character] ?? '');

/** JSON that is the same within HTML: nothing in it ends a script or begins a comment, and none of it ends a line. */
const embedded = (data: PageData): string =>
  jsonText(data).replace(/[<>&\u2028\u2029\p{Cc}]/gu, one => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What the page may do: run its one script, use its one style, and nothing else. Who tries to put text in as HTML is stopped too. */
const policy = [
  "default-src 'none'",
  `script-src '${script.hash}'`,
  `style-src '${style.hash}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const titleOf = (data: PageData): string =>
  textOf(encodeText(data.kind === 'image' ? data.head.name : `${data.before.name} → ${data.after.name}`));

/**
 * A page about images, whole in one text of HTML: it asks nothing of a network or of the files beside it, and what images say is data
 * in it, never markup. The same data make the same text.
 */
export function pageOf(data: PageData): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="ocikit">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(titleOf(data))}</title>
<style>${style.text}</style>
</head>
<body>
<noscript><p class="notice">This page draws itself with a script that is part of it and asks no network for anything. Allow scripts to see it.</p></noscript>
<script type="application/json" id="data">${embedded(data)}</script>
<script>${script.text}</script>
</body>
</html>
`;
}
