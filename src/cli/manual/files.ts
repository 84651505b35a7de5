import { explainFindings } from '../../ops/explain-finding.ts';
import { commands } from '../commands.ts';
import { version } from '../version.ts';
import { comingFrom } from './coming-from.ts';
import { commandPage } from './command-page.ts';
import { findingsPage } from './findings-page.ts';
import { markdownOf } from './markdown.ts';
import { overviewPage } from './overview-page.ts';
import type { Page } from './page.ts';
import { roffOf } from './roff.ts';
import { shapesFrom, shapesIn } from './shapes.ts';

const link = (file: string, text: string, what: string): string => `- [${text}](${file}) — ${what}`;

function contents(): string {
  const verbs = commands.map(({ name, describe }) => link(`${name}.md`, name, describe));
  return `${[
    '# ocikit',
    'Made from the table of verbs, as `ocikit help` and the manual pages are.',
    '## Verbs',
    verbs.join('\n'),
    '## More',
    [
      link('ocikit.md', 'ocikit', 'naming things, exit status, environment, words of docker'),
      link(
        'coming-from.md',
        'Coming from docker, umoci, skopeo, crane, regctl, oras or buildah',
        'what you type there, and here',
      ),
      link('findings.md', 'Findings', 'every code of validate: what it means and what to do'),
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** docs/ and docs/man: paths from the root of the package, and texts. `sources` declare the types of results. */
export function manualFiles(sources: readonly string[]): ReadonlyMap<string, string> {
  const shapes = shapesIn(sources);
  const pages: readonly Page[] = commands.map(command =>
    commandPage(command, command.library === undefined ? [] : shapesFrom(command.library[1], shapes)),
  );
  const overview = overviewPage(commands);
  const manual = [overview, ...pages].map((page): readonly [string, string] => [
    `docs/man/${page.name}.1`,
    roffOf(page, version),
  ]);
  const named = pages.map((page, at): readonly [string, string] => [`docs/${commands[at]?.name}.md`, markdownOf(page)]);
  return new Map([
    ['docs/README.md', contents()],
    ['docs/ocikit.md', markdownOf(overview)],
    ['docs/coming-from.md', markdownOf(comingFrom)],
    ['docs/findings.md', markdownOf(findingsPage(explainFindings()))],
    ...named,
    ...manual,
  ]);
}
