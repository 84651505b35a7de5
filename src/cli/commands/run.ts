import { OciError, usage } from '../../errors.ts';
import { type Command, needs } from '../command.ts';
import { escapeLine } from '../escape.ts';
import { report } from '../failure.ts';
import type { Io } from '../io.ts';
import { printWarnings } from '../output.ts';
import { runProgramAgain } from '../own-namespace.ts';
import { withProgress } from '../progress.ts';
import { runnerChoices } from '../runner-choices.ts';
import { shared } from '../shared-options.ts';
import { given, type Words } from '../words.ts';

/** Docker's status for what kept a program from being begun. */
const notBegun = 125;

const shown = 'the program runs where it is typed, and the run ends with it';
const named = 'nothing is kept of a run that could have a name';
const network = "the network is the host's with its ports, or none: --network";
const mounted = '-v HOST:PATH[:ro] shows a file or a directory of the host';
const allowed = "a program has docker's own capabilities: no more, and no fewer";
const limits = 'a program has the limits that its caller has: `ulimit` of the shell sets them';
const kept = 'of an image nothing that is written is kept';

/** What options of docker's own run are here. */
const elsewhere: Readonly<Record<string, string>> = {
  d: shown,
  detach: shown,
  a: '-i gives it standard input; its output is where it is typed',
  attach: '-i gives it standard input; its output is where it is typed',
  name: named,
  cidfile: named,
  label: named,
  l: named,
  restart: shown,
  p: network,
  publish: network,
  P: network,
  'publish-all': network,
  expose: network,
  net: network,
  ip: network,
  link: network,
  mount: mounted,
  'volumes-from': mounted,
  tmpfs: mounted,
  device: mounted,
  'add-host': '-v FILE:/etc/hosts has them',
  dns: '-v FILE:/etc/resolv.conf has them',
  'cap-add': allowed,
  'cap-drop': allowed,
  privileged: allowed,
  'security-opt': allowed,
  ulimit: limits,
  m: limits,
  memory: limits,
  c: limits,
  cpus: limits,
  'cpu-shares': limits,
  'pids-limit': limits,
  'shm-size': limits,
  'read-only': kept,
  init: 'all that the program has started ends with it',
  pull: 'an image is in a layout: nothing is fetched',
  'group-add': '-u USER:GROUP',
};

export const run: Command = {
  name: 'run',
  describe: 'a program in an image, or in a bundle, which it changes',
  positionals: [
    { name: 'image', describe: 'an image, or a bundle that unpack --bundle made', completes: 'image' },
    { name: 'command', describe: 'the program and its arguments; those of the image', optional: true, many: true },
  ],
  endsOptions: true,
  elsewhere,
  options: [
    {
      name: 'env',
      alias: 'e',
      kind: 'texts',
      value: 'NAME[=VALUE]',
      describe: "a variable; without a value, the caller's own",
    },
    { name: 'env-file', kind: 'texts', value: 'FILE', describe: 'the same a line; --env comes after it' },
    {
      name: 'user',
      alias: 'u',
      kind: 'text',
      value: 'USER[:GROUP]',
      describe: 'who runs it',
      default: "the image's user",
    },
    {
      name: 'workdir',
      alias: 'w',
      kind: 'text',
      value: 'DIR',
      describe: 'where it runs',
      default: "the image's directory",
    },
    {
      name: 'entrypoint',
      kind: 'text',
      value: 'PROGRAM',
      describe: "what gets the words; '' for none",
      default: "the image's entrypoint",
    },
    {
      name: 'volume',
      alias: 'v',
      kind: 'texts',
      value: 'HOST:PATH[:ro]',
      describe: 'a file or a directory of the host, seen at PATH',
    },
    { name: 'network', kind: 'text', choices: ['host', 'none'], default: 'host', describe: 'what it reaches' },
    {
      name: 'runner',
      kind: 'text',
      choices: runnerChoices,
      default: 'auto: the first of them that works here',
      describe: 'what runs it',
    },
    { name: 'interactive', alias: 'i', kind: 'flag', describe: 'standard input is its own' },
    { name: 'tty', alias: 't', kind: 'flag', describe: 'a terminal of its own, seen on this one' },
    { name: 'rm', kind: 'flag', describe: 'accepted: nothing is ever kept of an image that ran' },
    shared.platform,
  ],
  rules: [needs('tty', ['interactive'], 'a terminal is what one types on')],
  examples: [
    ['ocikit run img:app -- figlet hello', 'a program of an image'],
    ['ocikit run work/ -- apt-get install -y figlet', 'in a bundle: diff work/, commit work/ img:figlet'],
  ],
  details: [
    'Entrypoint, command, variables, user and directory are by the rules of docker run; words after IMAGE or after -- are the command. An image is unpacked for the time of the run; a bundle is changed in place, and what is mounted for the run (/proc, /dev, /etc/resolv.conf, volumes) is not in it afterwards.',
    "The exit status is the program's; 128 and a signal's number where that ended it; 125 where nothing could be run, 126 and 127 where the program could not be started or is not there. Signals go to the program. All that it has started ends with it.",
    'With -it the program has a terminal of its own: its name is there in the image, Ctrl-C and Ctrl-Z go to the program, and the size follows the window (with crun it stays as it was at the start). runc and crun make it themselves, for the others script of util-linux does; where that is missing the program shares the terminal, and a warning says so.',
    "nschroot needs util-linux and nothing else: namespaces of mounts, processes, names and queues, docker's 14 capabilities, no device but the usual six. The network is the machine's and there is no seccomp filter: what is run as root is kept in by namespaces only. bwrap has bubblewrap make the namespaces, and then no program gains rights by what it is (sudo does not work); runc and crun get a config of the same, where the program is the first process; chroot has no namespace of processes of its own.",
    'Without root it is done in a user namespace of its own, where the caller is root. With subordinate ids (/etc/subuid, /etc/subgid, newuidmap) other users are real there; without them there is nobody but root: owners cannot be changed, and a program of another user is refused before anything is done, as it is where the kernel gives no such namespace. A bundle is run so in any event, so that all in it stays with the caller and diff and commit follow; what a program of it renames keeps the owner that the image gave it; apt is told by APT_CONFIG not to become another user. Files of the host are reached as the caller reaches them.',
  ],
  hasJson: false,
  library: ['run(rootfs, words, options)', 'RunResult'],
  run: async (words, io) => {
    const [{ run }, { ProgramSignals }] = await Promise.all([
      import('../../ops/run.ts'),
      import('../../ops/run/options.ts'),
    ]);
    checkTerminal(words, io);
    const signals = new ProgramSignals();
    let release: (() => void) | undefined;
    try {
      const status = await runProgramAgain(words.word('image'), io);
      if (status !== undefined) return status;
      release = io.passSignals?.(signals);
      const options = { ...(await optionsIn(words, io)), signals };
      const result = await withProgress(words, io, work =>
        run(words.word('image'), words.texts('command'), { ...options, ...work }),
      );
      printWarnings(io, words, result.warnings);
      if (result.unstarted !== null) io.stderr(`ocikit: ${escapeLine(result.unstarted)}\n`);
      return result.status;
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      report(error, io);
      return notBegun;
    } finally {
      release?.();
    }
  },
};

function checkTerminal(words: Words, io: Io): void {
  if (words.flag('tty') && !io.stdinIsTerminal) throw usage('--tty', 'expected a terminal on standard input, got none');
}

async function optionsIn(words: Words, io: Io): Promise<object> {
  const { readEnvironmentFile } = await import('../../ops/run/environment-file.ts');
  const files = await Promise.all(words.texts('env-file').map(path => readEnvironmentFile(path, io.signal)));
  return {
    streams: words.flag('interactive') ? 'inherit' : 'output',
    ...given({
      environment: [...files.flat(), ...words.texts('env')].flatMap(text => variable(text, io)),
      user: words.text('user'),
      directory: words.text('workdir'),
      entrypoint: words.text('entrypoint'),
      volumes: words.texts('volume'),
      network: words.text('network'),
      runner: words.text('runner'),
      platform: words.text('platform'),
      terminal: words.flag('tty') && { columns: io.columns, rows: io.rows },
      temporary: io.env['TMPDIR'] || undefined,
      hostPlatform: io.hostPlatform,
    }),
  };
}

/** A name alone stands for the caller's own variable, where there is one. */
function variable(text: string, { env }: Io): readonly string[] {
  if (text.includes('=')) return [text];
  const value = env[text];
  return value === undefined ? [] : [`${text}=${value}`];
}
