import type { FindingExplanation } from '../../ops/explain-finding.ts';
import { engineLines } from '../explain-text.ts';
import type { Block, Page } from './page.ts';

function blocksOf({ code, severity, means, section, remedy, engines }: FindingExplanation): readonly Block[] {
  return [
    { kind: 'heading', text: code },
    { kind: 'paragraph', text: means },
    {
      kind: 'terms',
      terms: [
        ['severity', severity],
        ['see', section],
        ['to do', remedy],
        ...engineLines(engines).map(line => ['engines', line] as const),
      ],
    },
  ];
}

/** What `validate` may report: a section a code. */
export function findingsPage(explanations: readonly FindingExplanation[]): Page {
  return {
    name: 'Findings',
    title:
      'What `ocikit validate` may report, each with a code that stays. `ocikit validate --explain CODE` says the same of one.',
    blocks: explanations.flatMap(blocksOf),
  };
}
