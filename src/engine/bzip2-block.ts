import type { BitWindow } from './bit-window.ts';

/** As many symbols are coded with one table. */
const groupSize = 50;
const longestCode = 20;
/** As many selectors as a block of 900,000 bytes needs; some compressors write a few more, which say nothing. */
const mostSelectors = 18_002;

/** What each byte makes of the sum: CRC-32 with the highest bit first. */
const sums: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0);
  return sum;
});

/** What is wrong with a block: thrown, and made a whole sentence by whoever knows what is read. */
export class Bzip2Damage extends Error {}

/** A canonical Huffman code. */
interface Table {
  /** By length: the first code that is longer, as 20 bits. */
  readonly limits: Int32Array;
  /** By length: what is between a code and its symbol's place. */
  readonly bases: Int32Array;
  readonly symbols: Uint16Array;
}

function tableOf(lengths: Uint8Array): Table {
  // No code is as long as the last: whatever looks like none ends there.
  const limits = new Int32Array(longestCode + 2).fill(1 << longestCode, longestCode + 1);
  const bases = new Int32Array(longestCode + 2);
  const symbols = new Uint16Array(lengths.length);
  let [code, place] = [0, 0];
  for (let length = 1; length <= longestCode; length++) {
    code *= 2;
    bases[length] = code - place;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[place++] = symbol;
      code++;
    }
    if (code > 1 << length) throw new Bzip2Damage('codes that are ambiguous');
    limits[length] = code << (longestCode - length);
  }
  return { limits, bases, symbols };
}

function readSymbol(bits: BitWindow, { limits, bases, symbols }: Table): number {
  const code = bits.peek(longestCode);
  let length = 1;
  while (code >= (limits[length] as number) && length <= longestCode) length++;
  if (length > longestCode) throw new Bzip2Damage('a code that there is none of');
  bits.skip(length);
  return symbols[(code >>> (longestCode - length)) - (bases[length] as number)] as number;
}

/** The bytes that occur, in order. */
function readAlphabet(bits: BitWindow): Uint8Array {
  const rows = bits.read(16);
  const bytes: number[] = [];
  for (let row = 0; row < 16; row++) {
    const marks = (rows >> (15 - row)) & 1 ? bits.read(16) : 0;
    for (let at = 0; at < 16; at++) if ((marks >> (15 - at)) & 1) bytes.push(16 * row + at);
  }
  if (bytes.length === 0) throw new Bzip2Damage('no byte that occurs');
  return Uint8Array.from(bytes);
}

/** Which table each group of symbols has: numbers that are moved to the front, each as so many ones and a zero. */
function readSelectors(bits: BitWindow, tables: number): Uint8Array {
  const count = bits.read(15);
  const selectors = new Uint8Array(Math.min(count, mostSelectors));
  const order = Array.from({ length: tables }, (_, table) => table);
  for (let at = 0; at < count; at++) {
    let place = 0;
    while (bits.read(1) === 1) if (++place === tables) throw new Bzip2Damage('a table that there is none of');
    order.unshift(order.splice(place, 1)[0] as number);
    if (at < selectors.length) selectors[at] = order[0] as number;
  }
  return selectors;
}

/** The lengths of a table's codes, each as its difference from the one before. */
function readTable(bits: BitWindow, symbols: number): Table {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > longestCode) throw new Bzip2Damage('a length that no code has');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return tableOf(lengths);
}

/** A block of a bzip2 stream: `read` takes it from its bits, and `take` gives the bytes that it stands for. State: how many it has given. */
export class Bzip2Block {
  /** The lowest 8 bits are a byte of what was sorted, the others where the next one is. */
  #links = new Uint32Array(0);
  #length = 0;
  #link = 0;
  #last = -1;
  /** How often the last byte has come, up to four times; and how often it comes yet. */
  #same = 0;
  #repeats = 0;
  #sum = -1;

  /** The CRC-32 of what has been given. */
  get sum(): number {
    return ~this.#sum;
  }

  /** `size` is how many bytes are sorted at most. */
  read(bits: BitWindow, size: number): void {
    if (this.#links.length < size) this.#links = new Uint32Array(size);
    [this.#last, this.#same, this.#repeats, this.#sum] = [-1, 0, 0, -1];
    const first = bits.read(24);
    const alphabet = readAlphabet(bits);
    const tables = bits.read(3);
    if (tables < 2 || tables > 6) throw new Bzip2Damage(`${tables} tables`);
    const selectors = readSelectors(bits, tables);
    const codes = Array.from({ length: tables }, () => readTable(bits, alphabet.length + 2));
    const groups = Array.from(selectors, table => codes[table] as Table);
    const counts = this.#readBytes(bits, { alphabet, groups, size });
    if (first >= this.#length) throw new Bzip2Damage('a beginning beyond its end');
    this.#unsort(counts);
    this.#link = (this.#links[first] as number) >>> 8;
  }

  /** Reads the bytes in their sorted order, and answers how often each is there. */
  #readBytes(
    bits: BitWindow,
    { alphabet, groups, size }: { alphabet: Uint8Array; groups: readonly Table[]; size: number },
  ): Uint32Array {
    const links = this.#links;
    const counts = new Uint32Array(256);
    let [length, run, weight] = [0, 0, 1];
    for (const table of groups) {
      for (let at = 0; at < groupSize; at++) {
        const symbol = readSymbol(bits, table);
        if (symbol <= 1) {
          run += weight << symbol;
          weight *= 2;
          if (run > size - length) throw new Bzip2Damage('more than a block has room for');
          continue;
        }
        if (run > 0) {
          const front = alphabet[0] as number;
          links.fill(front, length, length + run);
          counts[front] = (counts[front] as number) + run;
          [length, run, weight] = [length + run, 0, 1];
        }
        if (symbol === alphabet.length + 1) {
          this.#length = length;
          return counts;
        }
        if (length === size) throw new Bzip2Damage('more than a block has room for');
        const byte = alphabet[symbol - 1] as number;
        if (symbol > 24) alphabet.copyWithin(1, 0, symbol - 1);
        else for (let place = symbol - 1; place > 0; place--) alphabet[place] = alphabet[place - 1] as number;
        alphabet[0] = byte;
        counts[byte] = (counts[byte] as number) + 1;
        links[length++] = byte;
      }
    }
    throw new Bzip2Damage('a block without an end');
  }

  /** Undoes the Burrows-Wheeler transform: each byte comes to know where the next is. */
  #unsort(counts: Uint32Array): void {
    const links = this.#links;
    const places = new Uint32Array(256);
    for (let byte = 1; byte < 256; byte++) places[byte] = (places[byte - 1] as number) + (counts[byte - 1] as number);
    for (let at = 0; at < this.#length; at++) {
      const byte = (links[at] as number) & 0xff;
      const place = places[byte] as number;
      places[byte] = place + 1;
      links[place] = (links[place] as number) | (at << 8);
    }
  }

  /** Writes the next bytes, and answers how many: fewer than there is room for at the block's end alone. */
  take(room: Uint8Array): number {
    const links = this.#links;
    let [at, left, link, last, same] = [0, this.#length, this.#link, this.#last, this.#same];
    while (at < room.length) {
      if (this.#repeats > 0) {
        const times = Math.min(this.#repeats, room.length - at);
        room.fill(last, at, at + times);
        at += times;
        this.#repeats -= times;
        continue;
      }
      if (left === 0) break;
      const entry = links[link] as number;
      const byte = entry & 0xff;
      link = entry >>> 8;
      left--;
      if (same === 4) {
        this.#repeats = byte;
        same = 0;
        continue;
      }
      same = byte === last ? same + 1 : 1;
      last = byte;
      room[at++] = byte;
    }
    if (left === 0 && same === 4) throw new Bzip2Damage('a run without its length');
    [this.#length, this.#link, this.#last, this.#same] = [left, link, last, same];
    this.#add(room.subarray(0, at));
    return at;
  }

  #add(bytes: Uint8Array): void {
    let sum = this.#sum;
    for (let at = 0; at < bytes.length; at++) sum = (sum << 8) ^ (sums[(sum >>> 24) ^ (bytes[at] as number)] as number);
    this.#sum = sum;
  }
}
