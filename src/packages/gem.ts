import { invalid } from '../errors.ts';
import { packageFileLimit } from '../limits.ts';
import type { Path } from '../tree/node.ts';
import { encodeText, joinPath } from '../tree/path.ts';
import { type PackageReader, packageOf } from './package.ts';
import { linesOf, utf8Of } from './text.ts';

const place = /(?:^|\/)specifications\/(?:default\/)?[^/]+\.gemspec$/;
/** As RubyGems writes them; before its second version it wrote `%q{x}`. */
const literal = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|%q\{((?:[^{}\\]|\\.)*)\}/g;
const beginning = /^\s*Gem::Specification\.new\b.*?\bdo\s*\|\s*(\w+)\s*\|/;
const assignment = /^\s*(\w+)\.(\w+)\s*=\s*(.*)$/;

const literalsOf = (text: string): readonly string[] =>
  Array.from(text.matchAll(literal), ([, double, single, braced]) =>
    (double ?? single ?? braced ?? '').replace(/\\(.)/g, '$1'),
  );

/** What a generated gemspec assigns to its own variable, by name. It is Ruby, and never run. */
function assigned(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let variable: string | undefined;
  for (const line of linesOf(text)) {
    variable ??= beginning.exec(line)?.[1];
    const [, of, name = '', value = ''] = assignment.exec(line) ?? [];
    if (of !== undefined && of === variable && !values.has(name)) values.set(name, value);
  }
  return values;
}

/** The directory of a gem's own files: beside that of specifications, by the specification's name. */
const homeOf = (path: Path): Path =>
  path.replace(/specifications\/(?:default\/)?([^/]+)\.gemspec$/, (_, name: string) => `gems/${name}`);

/** An installed gem's specification: the comment that begins it has its name and version, else its assignments have. */
export const gem: PackageReader = {
  kind: 'manifest',
  isPlace: path => place.test(path),
  limit: packageFileLimit,
  *read({ path, bytes }, { subject }) {
    yield bytes.length;
    const text = utf8Of(bytes);
    const values = assigned(text);
    const listOf = (name: string): readonly string[] => literalsOf(values.get(name) ?? '');
    const stub = /^# stub: (\S+) (\S+) (\S+)/m.exec(text.slice(0, 4096));
    const name = stub?.[1] ?? listOf('name')[0];
    const version = stub?.[2] ?? listOf('version')[0];
    if (name === undefined || version === undefined)
      throw invalid(subject, 'a gemspec with a name and a version', 'one without');
    const platform = stub?.[3] ?? listOf('platform')[0] ?? 'ruby';
    const licences = values.get('licenses')?.startsWith('[') === true ? listOf('licenses') : listOf('license');
    const home = homeOf(path);
    const found = packageOf(path, {
      type: 'gem',
      name,
      version,
      licences,
      supplier: listOf('authors')[0] ?? listOf('author')[0],
      files: [path, ...listOf('files').map(file => joinPath(home, encodeText(file)))],
      qualifiers: platform === 'ruby' ? {} : { platform },
    });
    return [found];
  },
};
