import { changeOptions, changeRules, printChange, readChangeOptions } from '../change-options.ts';
import { type Command, excludes } from '../command.ts';
import { givenTime } from '../environment.ts';
import { withProgress } from '../progress.ts';
import { shared } from '../shared-options.ts';
import { given } from '../words.ts';

export const config: Command = {
  name: 'config',
  describe: "edit an image's config and annotations",
  positionals: [{ name: 'image', describe: 'PATH[:NAME][@DIGEST]', completes: 'image' }],
  options: [
    {
      name: 'unset',
      kind: 'texts',
      value: 'FIELD[:NAME]',
      describe:
        'what goes: env:NAME, label:KEY, port:80/tcp, volume:PATH, cmd, user, annotation:KEY, …; may be repeated',
    },
    {
      name: 'set',
      kind: 'texts',
      value: 'FIELD=VALUE',
      describe: 'what is stored as it is written: hostname=NAME, shell=["/bin/bash","-c"], env:A=b, …; may be repeated',
    },
    {
      name: 'layer-annotation',
      kind: 'texts',
      value: 'N:KEY=VALUE',
      describe: 'on one layer, 1 the lowest; may be repeated',
    },
    {
      name: 'index-annotation',
      kind: 'texts',
      value: 'KEY=VALUE',
      describe: 'on the index of a multi-platform image; may be repeated',
    },
    shared.redact,
    { name: 'no-history', kind: 'flag', describe: 'no new line of history' },
    {
      name: 'history-author',
      default: "the image's",
      kind: 'text',
      value: 'AUTHOR',
      describe: "the new line's author",
    },
    { name: 'history-created', default: "the image's", kind: 'text', value: 'TIME', describe: "the new line's time" },
    {
      name: 'history-created-by',
      default: 'what was changed',
      kind: 'text',
      value: 'TEXT',
      describe: 'what the new line says: another word for --created-by',
    },
    ...changeOptions,
  ],
  rules: [
    ...changeRules,
    ...excludes('created-by', ['history-created-by'], 'both say it'),
    ...excludes(
      'no-history',
      ['message', 'created-by', 'history-created-by', 'history-author', 'history-created'],
      'there is no line to say it',
    ),
  ],
  examples: [
    [
      "ocikit config img:app -c 'ENV A=b' -c 'USER 1000' --unset env:GREETING --unset port:80/tcp",
      'what a container of it runs with',
    ],
    [
      'ocikit config multi:app --annotation org.opencontainers.image.licenses=MIT --all-platforms -o out:app',
      'every platform, into another layout',
    ],
  ],
  details: [
    'Fields are unset first, then set as they are written, then -c is applied by the rules of docker commit --change. What is set already changes nothing: the digest stays. Fields that ocikit does not know are kept.',
    'FIELD is one of env, label, port, volume, cmd, entrypoint, user, workdir, stopsignal, stop-timeout, healthcheck, onbuild, shell, args-escaped, hostname, domainname, image, mac-address, network-disabled, attach-stdin, attach-stdout, attach-stderr, tty, open-stdin, stdin-once, author, created, os, architecture, variant, os.version and os.features, and for --unset annotation, layer-annotation:N and index-annotation as well. A new os or architecture takes the variant and the versions of the old one away.',
    'Where the config changes, the history gets one line: --created-by says what it says, -m is its comment.',
    'What --redact takes out is gone from the lines of history, and no line says what it was; a warning tells where else in the image the text is. The old manifest and config stay in the layout until gc.',
    'Layers are not read. Attestations of a changed image name the new one; the statements inside still name the old one.',
    'What is printed is the digest of the new manifest, or of the index that it is in.',
  ],
  library: ['config(image, options)', 'ChangeResult'],
  environment: ['SOURCE_DATE_EPOCH'],
  run: async (words, io) => {
    const { config } = await import('../../ops/config.ts');
    const options = given({
      ...readChangeOptions(words, io),
      createdBy: words.text('created-by') ?? words.text('history-created-by'),
      unset: words.texts('unset'),
      set: words.texts('set'),
      layerAnnotations: words.texts('layer-annotation'),
      indexAnnotations: words.texts('index-annotation'),
      redact: words.texts('redact'),
      noHistory: words.flag('no-history'),
      historyAuthor: words.text('history-author'),
      historyCreated: givenTime(words.text('history-created'), 'history-created'),
    });
    const result = await withProgress(words, io, work => config(words.word('image'), { ...options, ...work }));
    printChange(io, words, result);
    return 0;
  },
};
