import { badOption } from '../errors.ts';
import type { ContainerConfig, ImageConfig } from '../spec/objects.ts';
import { keptEmpty, withContainerConfig } from './edit-image.ts';
import { checkNamed, type Field, newValue, type Said, withoutMember, wrong } from './field-values.ts';

const parameter = (key: string, shape: Field['shape'] = 'text'): Field => ({ at: 'config', key, shape });
const own = (key: string, shape: Field['shape'] = 'text'): Field => ({ at: 'document', key, shape });

/** Every field of image-spec config.md and of docker's, by the word that names it; layers and history are no fields. */
const fields: ReadonlyMap<string, Field> = new Map([
  ['env', parameter('Env', 'variables')],
  ['label', parameter('Labels', 'texts')],
  ['port', parameter('ExposedPorts', 'ports')],
  ['volume', parameter('Volumes', 'set')],
  ['cmd', parameter('Cmd', 'list')],
  ['entrypoint', parameter('Entrypoint', 'list')],
  ['user', parameter('User')],
  ['workdir', parameter('WorkingDir')],
  ['stopsignal', parameter('StopSignal')],
  ['stop-timeout', parameter('StopTimeout', 'number')],
  ['healthcheck', parameter('Healthcheck', 'healthcheck')],
  ['onbuild', parameter('OnBuild', 'list')],
  ['shell', parameter('Shell', 'list')],
  ['args-escaped', parameter('ArgsEscaped', 'flag')],
  ['hostname', parameter('Hostname')],
  ['domainname', parameter('Domainname')],
  ['image', parameter('Image')],
  ['mac-address', parameter('MacAddress')],
  ['network-disabled', parameter('NetworkDisabled', 'flag')],
  ['attach-stdin', parameter('AttachStdin', 'flag')],
  ['attach-stdout', parameter('AttachStdout', 'flag')],
  ['attach-stderr', parameter('AttachStderr', 'flag')],
  ['tty', parameter('Tty', 'flag')],
  ['open-stdin', parameter('OpenStdin', 'flag')],
  ['stdin-once', parameter('StdinOnce', 'flag')],
  ['author', own('author')],
  ['created', own('created')],
  ['os', own('os')],
  ['architecture', own('architecture')],
  ['variant', own('variant')],
  ['os.version', own('os.version')],
  ['os.features', own('os.features', 'list')],
]);

const fieldWords: readonly string[] = [...fields.keys()];

type Values = Readonly<Record<string, unknown>>;

/** `FIELD[:NAME][=VALUE]`; what follows a port or a volume is its name, whatever is in it. Throws `usage`. */
function parseSaid(option: Said['option'], word: string): Said {
  const [, kind = '', rest = ''] = /^([a-z.-]+)([:=][\s\S]*)?$/.exec(word) ?? [];
  const field = fields.get(kind);
  if (field === undefined)
    throw badOption(option, `expected FIELD${option === 'set' ? '=VALUE' : '[:NAME]'}, got '${word.slice(0, 64)}'`, {
      hint: `the fields are ${fieldWords.join(', ')}`,
    });
  const isSet = option === 'unset' || field.shape === 'ports' || field.shape === 'set';
  const end = rest.startsWith(':') ? (isSet ? rest.length : rest.indexOf('=')) : 0;
  if (rest.startsWith('=') && isSet) throw wrong({ option, word }, `${kind}:NAME`);
  const name = rest.startsWith(':') ? rest.slice(1, end < 0 ? rest.length : end) : undefined;
  const value = !isSet && end >= 0 && rest !== '' ? rest.slice(end + 1) : undefined;
  return { option, word, field, name, value };
}

function withField(values: Values, said: Said): Values {
  const { key } = said.field;
  if (said.option === 'unset') checkNamed(said);
  const value = said.option === 'unset' ? withoutMember(said, values[key]) : newValue(said, values[key]);
  const { [key]: _before, ...kept } = values;
  return value === undefined ? kept : { ...values, [key]: value };
}

/** What the old platform says of itself goes with it, unless it is said anew. */
function withoutOldPlatform(before: ImageConfig, after: ImageConfig, said: readonly Said[]): ImageConfig {
  if (before.os === after.os && before.architecture === after.architecture) return after;
  const isSaid = (key: string): boolean => said.some(({ field, option }) => option === 'set' && field.key === key);
  const gone = ['variant', 'os.version', 'os.features'].filter(key => !isSaid(key));
  return Object.fromEntries(Object.entries(after).filter(([key]) => !gone.includes(key))) as unknown as ImageConfig;
}

/** What is to become of an image config's fields. */
interface FieldEdit {
  /** `FIELD[:NAME]`: what goes; what is not there need not go. */
  readonly unset?: readonly string[] | undefined;
  /** `FIELD[:NAME][=VALUE]`, as it is to be stored, after that. */
  readonly set?: readonly string[] | undefined;
}

/**
 * An image config with fields unset and then set (image-spec config.md, and docker's). Unknown fields stay, and what says the
 * same stays as it is spelled. A new architecture or system takes variant and versions of the old one away. Throws `usage`.
 */
export function editFields(config: ImageConfig, { unset = [], set = [] }: FieldEdit): ImageConfig {
  const said = [...unset.map(word => parseSaid('unset', word)), ...set.map(word => parseSaid('set', word))];
  let document: Values = { ...config };
  let parameters: Values = { ...config.config };
  for (const one of said)
    if (one.field.at === 'document') document = withField(document, one);
    else parameters = withField(parameters, one);
  const whole = keptEmpty<Values>({ ...config }, document) as unknown as ImageConfig;
  const edited = withoutOldPlatform(config, whole, said);
  return withContainerConfig(edited, parameters as ContainerConfig);
}
