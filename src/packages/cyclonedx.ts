import { encodedOf } from '../spec/digest.ts';
import { product } from '../spec/product.ts';
import { textOf } from '../tree/path.ts';
import { spdxExpressionOf, spdxIdOf } from './licences.ts';
import type { Package } from './package.ts';
import { DistinctKeys, imagePurl, type SbomPackage, type SbomSubject, systemOf, uuidOf } from './sbom.ts';

type Json = Readonly<Record<string, unknown>>;

/** Either one expression or a list of licences, never both; what is no identifier of the list is a name. */
function licencesOf({ licence, licences }: Package): readonly Json[] {
  const whole = licence === undefined && licences.length === 1 ? licences[0] : licence;
  const expression = whole === undefined || spdxIdOf(whole) !== undefined ? undefined : spdxExpressionOf(whole);
  if (expression !== undefined) return [{ expression }];
  return [...new Set(licences)].map(name => {
    const id = spdxIdOf(name);
    return { license: id === undefined ? { name } : { id } };
  });
}

/** Maven's and npm's names have a group before them. */
function nameFields({ type, name }: Package): Json {
  const separator = type === 'maven' ? ':' : type === 'npm' || type === 'composer' ? '/' : undefined;
  const at = separator === undefined ? -1 : name.lastIndexOf(separator);
  return at < 0 ? { name } : { group: name.slice(0, at), name: name.slice(at + 1) };
}

function component({ found, purl, layer }: SbomPackage, ref: string): Json {
  const { version, epoch, supplier, path } = found;
  const licences = licencesOf(found);
  const shown = epoch === undefined ? version : `${epoch}:${version}`;
  const location = `/${textOf(path)}`;
  return {
    type: 'library',
    'bom-ref': ref,
    ...(supplier === undefined ? {} : { supplier: { name: supplier } }),
    ...nameFields(found),
    ...(shown === '' ? {} : { version: shown }),
    ...(licences.length === 0 ? {} : { licenses: licences }),
    purl,
    ...(layer === undefined
      ? {}
      : {
          properties: [
            { name: 'ocikit:layer:diffID', value: layer.diffID },
            { name: 'ocikit:layer:digest', value: layer.digest },
          ],
        }),
    evidence: { occurrences: [{ location }] },
  };
}

function subjectFields(subject: SbomSubject): Json {
  const { name, digest } = subject;
  const purl = imagePurl(subject);
  return {
    type: digest === undefined ? 'file' : 'container',
    'bom-ref': 'image',
    name,
    ...(digest === undefined ? {} : { version: digest }),
    ...(digest?.startsWith('sha256:') === true ? { hashes: [{ alg: 'SHA-256', content: encodedOf(digest) }] } : {}),
    ...(purl === undefined ? {} : { purl }),
  };
}

/** A bill of materials as CycloneDX 1.6 has it in JSON: the same for the same contents. */
export function cyclonedxDocument(subject: SbomSubject): object {
  const keys = new DistinctKeys();
  keys.take('image');
  const system = systemOf(subject.system);
  const systems =
    system === undefined
      ? []
      : [
          {
            type: 'operating-system',
            'bom-ref': keys.take(`os:${system.name}@${system.version}`),
            name: system.name,
            ...(system.version === '' ? {} : { version: system.version }),
          },
        ];
  const components = [...systems, ...subject.packages.map(one => component(one, keys.take(one.purl)))];
  const body = {
    version: 1,
    metadata: {
      timestamp: subject.created,
      tools: { components: [{ type: 'application', ...product }] },
      component: subjectFields(subject),
    },
    components,
    dependencies: [{ ref: 'image', dependsOn: components.map(part => part['bom-ref']) }],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(body)}`,
    ...body,
  };
}
