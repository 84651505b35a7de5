/** A value that a caller may give, and what a test calls it. */
interface HostileValue {
  readonly name: string;
  readonly value: unknown;
}

const boom = (): never => {
  throw new Error('from the caller');
};

/** An object of which nothing can be asked without an error. */
const untouchable = (): unknown =>
  new Proxy(
    {},
    { get: boom, has: boom, ownKeys: boom, getOwnPropertyDescriptor: boom, getPrototypeOf: boom, isExtensible: boom },
  );

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function withGetter(name: string, target: object = {}): unknown {
  return Object.defineProperty(target, name, { get: boom, enumerable: true });
}

/** What no argument may be, beside texts that are odd; `nowhere` is a path where nothing can be made. */
const odd = (nowhere: string): Readonly<Record<string, () => unknown>> => ({
  null: () => null,
  'a symbol': () => Symbol('s'),
  'a number': () => 7,
  'not a number': () => Number.NaN,
  'a bigint': () => 7n,
  true: () => true,
  'a function': () => boom,
  'an object that cannot be touched': untouchable,
  'a revoked proxy': () => revoked({}),
  'a revoked list': () => revoked([]),
  'a list that is a proxy': () => new Proxy([], { get: boom }),
  'an object without a prototype': () => Object.create(null),
  'an object of which a field throws': () => withGetter('path'),
  'a list of which a member throws': () => withGetter('0', ['']),
  'a Date that is none': () => new Date(Number.NaN),
  'a boxed text': () => Object('text'),
  'an object that says it is text': () => ({ toString: boom, valueOf: boom, [Symbol.toPrimitive]: boom }),
  'an object that says it is a stream': () => ({ [Symbol.asyncIterator]: boom }),
  'a lone half of a character': () => `${nowhere}/\ud800`,
  'text with a NUL': () => 'a\0b',
  'no text': () => '',
  'an empty list': () => [],
  'an object with a prototype': () => JSON.parse('{"__proto__": {"path": 1}}'),
});

/** Every odd value alone, in a list, and in a map. */
export function hostileParts(nowhere: string): readonly HostileValue[] {
  return Object.entries(odd(nowhere)).flatMap(([name, make]) => [
    { name, value: make() },
    { name: `a list of ${name}`, value: [make()] },
    { name: `a map of ${name}`, value: new Map([['name', make()]]) },
  ]);
}

/** The same, and every odd value as a part of an operand. */
export function hostileValues(nowhere: string): readonly HostileValue[] {
  const asParts = Object.entries(odd(nowhere)).flatMap(([name, make]) => [
    { name: `a path that is ${name}`, value: { path: make() } },
    { name: `a name that is ${name}`, value: { path: nowhere, name: make() } },
  ]);
  return [...hostileParts(nowhere), ...asParts];
}
