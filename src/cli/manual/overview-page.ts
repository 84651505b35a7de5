import { type Command, variables } from '../command.ts';
import { elsewhere, groups } from '../docker-forms.ts';
import type { Block, Page } from './page.ts';

const naming: readonly (readonly [string, string])[] = [
  [
    '[KIND:]PATH[:NAME][@DIGEST]',
    'an image. KIND is oci, oci-archive or docker-archive, and rarely needed: ocikit looks',
  ],
  [
    'PATH',
    'a layout (a directory), an archive (a tar), a root filesystem (a directory or a tar) or a bundle. It ends at the last colon before which a path exists, else at the first',
  ],
  [
    'NAME',
    'what the layout calls the image; ubuntu finds docker.io/library/ubuntu:latest. None: the only image, else latest. For writing, none is latest',
  ],
  ['DIGEST', 'of a manifest or an index, or any unique beginning of one or of an image ID: @sha256:4413, @4413'],
  ['-', 'standard input where a file is read, standard output where one is written'],
];

const statuses: readonly (readonly [string, string])[] = [
  ['0', 'done; no difference; valid'],
  ['1', 'the answer is no: diff --exit-code with differences, validate with errors, images with some of them damaged'],
  ['2', 'a usage error, bad input, or anything that kept the work, or a part of it, from being done; nothing changed'],
  ['130', 'interrupted; nothing is left half-written'],
];

const heading = (text: string): Block => ({ kind: 'heading', text });

/** Docker's words, as ocikit takes them. */
function forms(commands: readonly Command[]): readonly (readonly [string, string])[] {
  const has = (verb: string): boolean => commands.some(({ name, alias }) => name === verb || alias === verb);
  const management = Object.entries(groups).flatMap(([group, verbs]) =>
    Object.entries(verbs).flatMap(([word, verb]): (readonly [string, string])[] =>
      has(verb) ? [[`ocikit ${group} ${word}`, `ocikit ${verb}`]] : [],
    ),
  );
  const others = Object.entries(elsewhere).filter(([verb]) => !has(verb));
  return [
    ...management,
    ['ocikit rmi', 'ocikit untag'],
    ...others.map(([verb, what]) => [`ocikit ${verb}`, `refused: ${what}`] as const),
  ];
}

/** The page of the program itself. */
export function overviewPage(commands: readonly Command[]): Page {
  return {
    name: 'ocikit',
    title: 'OCI images on plain files',
    blocks: [
      heading('Synopsis'),
      {
        kind: 'code',
        lines: ['ocikit VERB [OPERAND]… [OPTION]…', 'ocikit help VERB', 'ocikit completion bash|zsh|fish'],
      },
      heading('Description'),
      {
        kind: 'paragraph',
        text: 'Images as pure transformations of image-layout directories and tarballs: no daemon, no network, no root, the same bytes each time. The result goes to standard output and nothing else does. Nothing is changed unless all of it worked. A verb that reads answers for those of its operands that are good and says what is wrong with the others; one that changes something, or makes one thing of all of them, does all or nothing.',
      },
      heading('Verbs'),
      { kind: 'terms', terms: commands.map(({ name, describe }) => [name, describe] as const) },
      heading('Naming things'),
      { kind: 'terms', terms: naming },
      heading('Exit status'),
      { kind: 'terms', terms: statuses },
      heading('Environment'),
      { kind: 'terms', terms: Object.entries(variables) },
      heading('Words of docker'),
      { kind: 'terms', terms: forms(commands) },
    ],
  };
}
