import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { report } from '../ops/report.ts';
import { unpack } from '../ops/unpack.ts';
import { Browser } from '../testing/browser.ts';
import { fixture } from '../testing/fixtures.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { hasTools } from '../testing/witness.ts';

const attack = '<script>alert(1)</script>';
const picture = '"><img src=x onerror=alert(1)>';

/** Names and contents that would be markup, a script or another's words, were they taken for more than text. */
const hostile = {
  [`etc/${attack.replaceAll('/', '')}`]: 'x'.repeat(5000),
  [`etc/${picture}`]: 'y'.repeat(3000),
  'etc/javascript:alert(1)': 'z'.repeat(800),
  'etc/\u202egnp.exe': 'w'.repeat(700),
  'etc/__proto__': 'p'.repeat(600),
  'etc/constructor': 'c'.repeat(500),
  'etc/link': `-> ${picture}`,
  'etc/motd': `${attack}\n${picture}\nsame\n`,
  'opt/deep/er/file': 'f'.repeat(400),
  'var/lib/dpkg/status': `Package: ${attack}\nStatus: install ok installed\nVersion: ${picture}\n\n`,
};
const config = {
  created: attack,
  history: [
    { created_by: `RUN echo ${attack} ${picture}`, comment: attack },
    { created_by: attack, empty_layer: true },
  ],
  config: { Env: [`A=${attack}`], Labels: { [picture]: attack }, Cmd: [attack], User: picture },
};

/** A page in a browser, of which nothing may be heard in the end. */
async function opened(t: TestContext, images: string | readonly string[]): Promise<Browser> {
  const place = temporaryDirectory(t);
  const file = join(place, 'page.html');
  await report(images, file, { hostPlatform });
  const browser = new Browser(place);
  t.after(() => browser.close());
  await browser.open(file);
  return browser;
}

const countOf = async (browser: Browser, selector: string): Promise<number> =>
  Number(await browser.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`));

const textOf = async (browser: Browser, selector: string): Promise<string> =>
  String(await browser.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`));

const active = (browser: Browser): Promise<unknown> =>
  browser.evaluate(
    "document.activeElement.closest('[role=tree], [role=search] input, .map')?.className || document.activeElement.tagName",
  );

/** Ratios of contrast of all texts that are seen, the least with what it is of: in a canvas every colour becomes red, green and blue. */
const leastContrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => { for (let at = node; at; at = at.parentElement) { const c = rgb(getComputedStyle(at).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
  let least = [21, ''];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim() !== '');
    const box = node.getBoundingClientRect();
    if (!own || box.width < 2 || box.height < 2 || ['SCRIPT', 'STYLE', 'OPTION'].includes(node.tagName)) continue;
    const style = getComputedStyle(node);
    const [front, back] = [rgb(style.color), behind(node)];
    const alpha = Number(style.opacity);
    const mixed = front.map((v, i) => v * alpha + back[i] * (1 - alpha));
    const [a, b] = [light(mixed), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least[0]) least = [ratio, node.tagName + '.' + node.className + ' ' + node.textContent.slice(0, 40) + ' ' + style.color + ' on ' + back];
  }
  return least;
})()`;

/** Both schemes can be read, nothing is wider than the window, and the page did nothing but show itself. */
async function isWellBehaved(browser: Browser): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await browser.see({ scheme });
    await browser.settled();
    const [ratio, of] = (await browser.evaluate(leastContrast)) as [number, string];
    assert.ok(ratio >= 4.5, `${scheme}: ${ratio.toFixed(2)} of ${of}`);
  }
  for (const width of [1280, 768, 360]) {
    await browser.see({ width });
    await browser.settled();
    const wide = Number(await browser.evaluate('document.documentElement.scrollWidth'));
    assert.ok(wide <= width, `${wide} pixels in a window of ${width}`);
  }
  await browser.see({});
  const pdf = await browser.print();
  assert.equal(Buffer.from(pdf.subarray(0, 5)).toString(), '%PDF-');
  assert.deepEqual(browser.complaints, []);
}

test('names and contents of an image are text on its page: no script runs, no request leaves, nothing else is said', async t => {
  if (!hasTools(t, 'chromium')) return;
  const place = temporaryDirectory(t);
  const image = layeredImage(
    join(place, 'img'),
    [hostile, { 'etc/motd': 'other\n', 'etc/.wh.constructor': '' }],
    config,
  );
  const browser = await opened(t, image);
  for (const selector of ['body img', 'body script[src]', 'body iframe', '[onerror]', '[style*=url]'])
    assert.equal(await countOf(browser, selector), 0, selector);
  // The page's own two, and what the image says as text.
  assert.equal(await countOf(browser, 'script'), 2);
  assert.match(await textOf(browser, '#layers'), /<script>alert\(1\)<\/script>/);
  assert.match(await textOf(browser, '#packages'), /onerror=alert\(1\)/);
  assert.match(await textOf(browser, '#config'), /onerror=alert\(1\)/);
  // What would turn the direction of text is seen as what it is.
  await browser.press('/', ...'gnp');
  assert.match(await textOf(browser, '#files .tree'), /\\u\{202e\}gnp\.exe/);
  await isWellBehaved(browser);
});

test('the page of a real image is walked by keyboard: search, tree and map', async t => {
  if (!hasTools(t, 'chromium')) return;
  const image = fixture(t, 'images/chainguard-dev_apko/layouts/internal_cli_testdata_golden');
  if (image === undefined) return;
  const place = temporaryDirectory(t);
  const file = join(place, 'page.html');
  await report(`${image}@sha256:124c885f`, file);
  const browser = new Browser(place);
  t.after(() => browser.close());
  await browser.open(file);
  const rows = (): Promise<number> => countOf(browser, '#files [role=treeitem]');
  const all = await textOf(browser, '#files .found');
  await browser.press('/');
  assert.equal(await active(browser), 'INPUT');
  await browser.press(...'passwd');
  assert.match(await textOf(browser, '#files .found'), /^\d+ of /);
  await browser.press('Enter');
  assert.equal(await active(browser), 'tree');
  await browser.press('/', 'Escape');
  assert.equal(await textOf(browser, '#files .found'), all);
  // Into the tree: down to the first directory, opened, into it, and closed again.
  await browser.press('Enter', 'Home');
  const before = await rows();
  await browser.press('e', 't', 'c');
  assert.match(await textOf(browser, '#files .details h3'), /^\/etc$/);
  await browser.press('ArrowRight');
  assert.ok((await rows()) > before, 'more rows');
  await browser.press('ArrowRight');
  assert.match(await textOf(browser, '#files .details h3'), /^\/etc\/./);
  await browser.press('ArrowLeft', 'ArrowLeft');
  assert.equal(await rows(), before);
  // The map has its boxes, and one goes into them and out again.
  assert.ok((await countOf(browser, '#sizes .box')) > 3, 'boxes');
  await browser.evaluate("document.querySelector('#sizes .box').focus()");
  const trail = (): Promise<number> => countOf(browser, '#sizes .trail li');
  await browser.press('Enter');
  assert.equal(await trail(), 2);
  await browser.press('Escape');
  assert.equal(await trail(), 1);
  await isWellBehaved(browser);
});

test('a page of a directory, and what differs between it and an image, speak of no layers and of no config', async t => {
  if (!hasTools(t, 'chromium')) return;
  const place = temporaryDirectory(t);
  const [app, directory] = [join(place, 'app'), join(place, 'rootfs')];
  layeredImage(app, [hostile, { 'etc/motd': 'changed\n' }], config);
  layeredImage(join(place, 'old'), [hostile], config);
  await unpack(`${join(place, 'old')}:app`, directory, { hostPlatform });
  const alone = await opened(t, directory);
  assert.equal(await textOf(alone, 'header .kind'), 'Root filesystem');
  assert.equal(await countOf(alone, '#layers, #waste, #config, header .digest'), 0);
  assert.ok((await countOf(alone, '#sizes .box')) > 1, 'boxes');
  await alone.press('/', ...'motd', 'Enter', 'End');
  assert.equal(await textOf(alone, '#files .details h3'), '/etc/motd');
  await isWellBehaved(alone);
  const pair = await opened(t, [directory, `${app}:app`]);
  assert.equal(await countOf(pair, '#layers, #config'), 0);
  assert.equal(await countOf(pair, 'header .digest'), 1);
  assert.match(await textOf(pair, '#texts pre'), /\+changed/);
  await isWellBehaved(pair);
});

test('the page of two images shows what differs, and texts line by line', async t => {
  if (!hasTools(t, 'chromium')) return;
  const place = temporaryDirectory(t);
  const [old, app] = ['old', 'app'].map(name => join(place, name)) as [string, string];
  layeredImage(old, [hostile], config);
  layeredImage(
    app,
    [hostile, { 'etc/motd': `${attack}\n${picture} changed\nsame\n`, 'etc/.wh.constructor': '' }],
    config,
  );
  const browser = await opened(t, [`${old}:app`, `${app}:app`]);
  assert.equal(await countOf(browser, 'script'), 2);
  assert.equal(await countOf(browser, 'body img'), 0);
  const gone = await textOf(browser, '#texts details:first-of-type pre');
  assert.match(gone, /^@@ -1 \+0,0 @@\n-c{500}\n/);
  const diff = await textOf(browser, '#texts details:last-of-type pre');
  assert.equal(diff.includes(`-${picture}\n+${picture} changed\n`), true);
  await browser.press('/', ...'motd', 'Enter', 'End');
  assert.equal(await textOf(browser, '#changes .details h3'), '/etc/motd');
  await browser.evaluate("document.querySelector('#texts details:last-of-type').open = false");
  await browser.evaluate("document.querySelector('#changes .details a').click()");
  assert.equal(await countOf(browser, '#texts details[open] summary:focus'), 1, 'a row leads to its lines');
  assert.ok((await countOf(browser, '#sizes .box')) > 1, 'boxes');
  await isWellBehaved(browser);
});
