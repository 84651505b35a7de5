/** What the kernel learns from a program's first bytes (execve(2), ELF of System V's ABI). */
interface ProgramFormat {
  /** What is started with it or in its stead; undefined for none. */
  readonly interpreter: string | undefined;
  /** The processor that it is for, as ELF's e_machine has it; undefined for any. */
  readonly machine: number | undefined;
}

/** Bytes that are enough: the kernel reads 256 of a script, and linkers put an interpreter's name into the first page. */
export const formatLength = 4096;

const scriptLength = 256;
const isElf64 = 2;
const isLittle = 1;
const namesInterpreter = 3;

const textUpTo = (bytes: Uint8Array, end: RegExp): string =>
  Buffer.from(bytes).toString('latin1').split(end)[0] as string;

export function formatOf(head: Uint8Array): ProgramFormat {
  if (head[0] === 0x23 && head[1] === 0x21) {
    const line = textUpTo(head.subarray(2, scriptLength), /\n/);
    return { interpreter: /[^ \t\0]+/.exec(line)?.[0], machine: undefined };
  }
  const isElf = head.length >= 64 && textUpTo(head.subarray(0, 4), /\n/) === '\x7fELF';
  return isElf ? elfFormatOf(head) : { interpreter: undefined, machine: undefined };
}

function elfFormatOf(head: Uint8Array): ProgramFormat {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const [is64, little] = [head[4] === isElf64, head[5] === isLittle];
  const word = (at: number): number => (is64 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const machine = view.getUint16(18, little);
  const [start, size, count] = is64
    ? [word(32), view.getUint16(54, little), view.getUint16(56, little)]
    : [word(28), view.getUint16(42, little), view.getUint16(44, little)];
  const longest = is64 ? 56 : 32;
  for (
    let at = start, index = 0;
    index < count && size >= longest && at + longest <= head.length;
    at += size, index++
  ) {
    if (view.getUint32(at, little) !== namesInterpreter) continue;
    const [offset, length] = is64 ? [word(at + 8), word(at + 32)] : [word(at + 4), word(at + 16)];
    if (offset + length > head.length) break;
    return { interpreter: textUpTo(head.subarray(offset, offset + length), /\0/) || undefined, machine };
  }
  return { interpreter: undefined, machine };
}
