import { packageDatabaseLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import { type Parts, partCost, partLength } from '../tree/parts.ts';
import { byteStringOf, joinPath } from '../tree/path.ts';
import { type Package, type PackageContext, type PackageReader, packageOf, type WholeFile } from './package.ts';
import { linesOf, utf8Of } from './text.ts';

const place = /^(?:lib|usr\/lib|var\/lib)\/apk\/db\/installed$/;

/** One block of the database as it is read: the last directory is that of the files that follow. */
interface Block {
  readonly fields: Map<string, string>;
  readonly files: Path[];
  directory: Path;
}

const emptyBlock = (): Block => ({ fields: new Map(), files: [], directory: '' });

/** Takes one line, in bytes: names of files are bytes, all else is text. */
function take(block: Block, line: string): void {
  if (line.charAt(1) !== ':') return;
  const [letter, value] = [line.charAt(0), line.slice(2)];
  if (letter === 'F') block.directory = value.replace(/^\/+|\/+$/g, '');
  else if (letter === 'R') block.files.push(joinPath(block.directory, value));
  else if (!block.fields.has(letter)) block.fields.set(letter, utf8Of(Buffer.from(value, 'latin1')).trim());
}

/** An expression's operators, which older packages write in small letters. */
const operator = /^(?:AND|OR|WITH)$/i;

/** The names in an expression, or in the words with blanks between that older packages say. */
const licencesOf = (text: string): readonly string[] =>
  text.split(/[\s()]+/).filter(word => word !== '' && !operator.test(word));

function packageIn({ fields, files }: Block, path: Path, { warn }: PackageContext): Package | undefined {
  const [name, version] = [fields.get('P'), fields.get('V')];
  if (fields.size === 0) return undefined;
  if (name === undefined || version === undefined || name === '') {
    warn(`${name ?? 'a block'} without a ${name === undefined ? 'name' : 'version'} is left out`);
    return undefined;
  }
  // What `apk add --virtual` makes is a name for other packages; apk describes it so, whatever it is called.
  const isVirtual = name.startsWith('.') || fields.get('T') === 'virtual meta package';
  if (isVirtual && files.length === 0) return undefined;
  const origin = fields.get('o');
  const licence = fields.get('L') ?? '';
  return packageOf(path, {
    type: 'apk',
    name,
    version,
    architecture: fields.get('A'),
    source: origin === undefined ? undefined : { name: origin, version },
    licence: licence.split(/\s+/).some(word => operator.test(word)) ? licence : undefined,
    licences: licencesOf(licence),
    supplier: fields.get('m'),
    files,
  });
}

function* read({ path, bytes }: WholeFile, context: PackageContext): Parts<readonly Package[]> {
  const packages: Package[] = [];
  let block = emptyBlock();
  let count = 0;
  const close = (): void => {
    const found = packageIn(block, path, context);
    if (found !== undefined) packages.push(found);
    block = emptyBlock();
  };
  for (const line of linesOf(byteStringOf(bytes))) {
    if (line === '') close();
    else take(block, line);
    if (++count % partLength === 0) yield partCost;
  }
  close();
  return packages;
}

/** apk's database of installed packages: blocks of lines of a letter, a colon and a value. */
export const apk: PackageReader = {
  kind: 'database',
  isPlace: path => place.test(path),
  limit: packageDatabaseLimit,
  read,
};
