/** Whole numbers below a bound, the same ones for the same seed on every machine (mulberry32). */
type Dice = (below: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What mutants are made with: dice, other inputs to take parts of, and words that mean something. */
export interface Materials {
  readonly dice: Dice;
  readonly corpus: readonly Uint8Array[];
  readonly words: readonly string[];
}

type Mutation = (bytes: Buffer, materials: Materials) => Buffer;

const bounds = [0, 1, 2, 7, 8, 127, 128, 255, 256, 511, 512, 513, 32767, 32768, 65535, 65536, 2 ** 31 - 1, 2 ** 32 - 1];
const texts = ['0', '1', '-1', '7777777', '4294967296', '9007199254740991', '9007199254740992', '18446744073709551616'];
const blockSize = 512;
/** Bytes of an input: what is longer tells little more, and takes long. */
export const longestInput: number = 1 << 16;

const joined = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts).subarray(0, longestInput);

/** Puts bytes into others, over what is there or between it. */
function placed(bytes: Buffer, part: Uint8Array, dice: Dice): Buffer {
  const at = dice(bytes.length + 1);
  const over = dice(2) === 0 ? part.length : 0;
  return joined(bytes.subarray(0, at), part, bytes.subarray(at + over));
}

function piece(bytes: Uint8Array, dice: Dice, longest = bytes.length): Uint8Array {
  const start = dice(bytes.length + 1);
  return bytes.subarray(start, start + dice(Math.max(1, longest) + 1));
}

function withNumber(bytes: Buffer, { dice }: Materials): Buffer {
  const number = bounds[dice(bounds.length)] as number;
  const length = [1, 2, 4, 8][dice(4)] as number;
  const part = Buffer.alloc(length);
  const view = new DataView(part.buffer, part.byteOffset, length);
  const isLittle = dice(2) === 0;
  if (length === 1) view.setUint8(0, number);
  else if (length === 2) view.setUint16(0, number, isLittle);
  else if (length === 4) view.setUint32(0, number, isLittle);
  else view.setBigUint64(0, BigInt(number) << (dice(2) === 0 ? 0n : 32n), isLittle);
  return placed(bytes, part, dice);
}

/** Another number where digits stand. */
function withDigits(bytes: Buffer, { dice }: Materials): Buffer {
  const found = [...bytes.toString('latin1').matchAll(/\d+/g)];
  const match = found[dice(Math.max(1, found.length))];
  if (match === undefined) return bytes;
  const text = texts[dice(texts.length)] as string;
  const other = dice(2) === 0 ? text : text.slice(0, match[0].length).padStart(match[0].length, '0');
  return joined(bytes.subarray(0, match.index), Buffer.from(other), bytes.subarray(match.index + match[0].length));
}

/** Whole blocks of a tar taken twice, away, or in another order. */
function withBlocks(bytes: Buffer, { dice }: Materials): Buffer {
  const count = Math.ceil(bytes.length / blockSize);
  if (count < 2) return bytes;
  const [from, to] = [dice(count) * blockSize, dice(count) * blockSize];
  const block = bytes.subarray(from, from + blockSize * (1 + dice(2)));
  const without = dice(2) === 0 ? bytes : joined(bytes.subarray(0, from), bytes.subarray(from + block.length));
  return dice(3) === 0 ? Buffer.from(without) : joined(without.subarray(0, to), block, without.subarray(to));
}

const mutations: readonly Mutation[] = [
  (bytes, { dice }) => {
    const at = dice(Math.max(1, bytes.length));
    if (bytes.length > 0) bytes.writeUInt8((bytes[at] as number) ^ (1 << dice(8)), at);
    return bytes;
  },
  (bytes, { dice }) => {
    if (bytes.length > 0) bytes.writeUInt8(dice(256), dice(bytes.length));
    return bytes;
  },
  withNumber,
  withDigits,
  withBlocks,
  (bytes, { dice, words }) =>
    words.length === 0 ? bytes : placed(bytes, Buffer.from(words[dice(words.length)] as string), dice),
  (bytes, { dice, corpus }) => placed(bytes, piece(corpus[dice(corpus.length)] as Uint8Array, dice), dice),
  (bytes, { dice }) => placed(bytes, Buffer.alloc(1 + dice(64), dice(256)), dice),
  (bytes, { dice }) => placed(bytes, piece(bytes, dice, 64), dice),
  (bytes, { dice }) => {
    const at = dice(bytes.length + 1);
    return joined(bytes.subarray(0, at), bytes.subarray(at + dice(32)));
  },
  (bytes, { dice }) => Buffer.from(bytes.subarray(0, dice(bytes.length + 1))),
];

/** Another input than one that is there: mostly by one change, else by up to eight. */
export function mutated(bytes: Uint8Array, materials: Materials): Buffer {
  const { dice } = materials;
  let mutant: Buffer = Buffer.from(bytes);
  for (let left = dice(3) > 0 ? 1 : 1 + dice(8); left > 0; left--) {
    const mutation = mutations[dice(mutations.length)] as Mutation;
    mutant = Buffer.from(mutation(mutant, materials));
  }
  return mutant;
}
