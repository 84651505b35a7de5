import { encodedOf } from '../spec/digest.ts';
import { product } from '../spec/product.ts';
import { textOf } from '../tree/path.ts';
import { spdxExpressionOf } from './licences.ts';
import type { Package } from './package.ts';
import { DistinctKeys, imagePurl, type SbomPackage, type SbomSubject, systemOf, uuidOf } from './sbom.ts';

type Json = Readonly<Record<string, unknown>>;

const tool = `Tool: ${product.name}-${product.version}`;
const unknown = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  copyrightText: 'NOASSERTION',
  licenseConcluded: 'NOASSERTION',
};

/** An identifier's characters: letters, digits, `.` and `-`. */
const slug = (text: string): string => text.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^-+|-+$/g, '') || 'x';

const purlRef = (purl: string): Json => ({
  referenceCategory: 'PACKAGE-MANAGER',
  referenceType: 'purl',
  referenceLocator: purl,
});

/** Licences that the SPDX list does not have, each with an identifier of this document. State: those met so far. */
class OwnLicences {
  readonly #keys = new DistinctKeys();
  readonly #ids = new Map<string, string>();

  idOf(name: string): string {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = `LicenseRef-${slug(this.#keys.take(slug(name.slice(0, 64))))}`;
    this.#ids.set(name, id);
    return id;
  }

  get infos(): readonly Json[] {
    return Array.from(this.#ids, ([name, licenseId]) => ({ licenseId, extractedText: name, name }));
  }
}

function declared({ licence, licences }: Package, own: OwnLicences): string {
  const whole = licence === undefined ? undefined : spdxExpressionOf(licence);
  if (whole !== undefined) return whole;
  const all = licences.map(name => {
    const expression = spdxExpressionOf(name) ?? own.idOf(name);
    return / /.test(expression) ? `(${expression})` : expression;
  });
  return all.length === 0 ? 'NOASSERTION' : [...new Set(all)].join(' AND ').replace(/^\(([^()]*)\)$/, '$1');
}

function packageFields(
  { found, purl, layer }: SbomPackage,
  id: string,
  { created, own }: { created: string; own: OwnLicences },
): Json {
  const { name, version, epoch, supplier, path } = found;
  const shown = epoch === undefined ? version : `${epoch}:${version}`;
  return {
    SPDXID: id,
    name,
    ...(shown === '' ? {} : { versionInfo: shown }),
    ...unknown,
    ...(supplier === undefined ? {} : { supplier: `Organization: ${supplier.replaceAll('\n', ' ')}` }),
    licenseDeclared: declared(found, own),
    sourceInfo: `from /${textOf(path)}`,
    externalRefs: [purlRef(purl)],
    ...(layer === undefined
      ? {}
      : {
          annotations: [
            {
              annotator: tool,
              annotationDate: created,
              annotationType: 'OTHER',
              comment: `layer ${layer.digest} diffID ${layer.diffID}`,
            },
          ],
        }),
  };
}

function subjectFields(subject: SbomSubject): Json {
  const { name, digest } = subject;
  const purl = imagePurl(subject);
  return {
    SPDXID: 'SPDXRef-Image',
    name,
    ...(digest === undefined ? {} : { versionInfo: digest }),
    ...unknown,
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: digest === undefined ? 'ARCHIVE' : 'CONTAINER',
    ...(digest?.startsWith('sha256:') === true
      ? { checksums: [{ algorithm: 'SHA256', checksumValue: encodedOf(digest) }] }
      : {}),
    ...(purl === undefined ? {} : { externalRefs: [purlRef(purl)] }),
  };
}

function systemFields({ system }: SbomSubject): readonly Json[] {
  const found = systemOf(system);
  if (found === undefined) return [];
  const version = found.version === '' ? {} : { versionInfo: found.version };
  return [
    {
      ...{
        SPDXID: 'SPDXRef-OperatingSystem',
        name: found.name,
        ...version,
        ...unknown,
        licenseDeclared: 'NOASSERTION',
      },
      primaryPackagePurpose: 'OPERATING_SYSTEM',
    },
  ];
}

/** A bill of materials as SPDX 2.3 has it in JSON: the same for the same contents. */
export function spdxDocument(subject: SbomSubject): object {
  const { created, name, digest } = subject;
  const own = new OwnLicences();
  const keys = new DistinctKeys();
  const packages = subject.packages.map(one => {
    const { type, name: called, version } = one.found;
    const id = keys.take(`SPDXRef-Package-${type}-${slug(called)}-${slug(version)}`);
    return packageFields(one, id.replaceAll('#', '-'), { created, own });
  });
  const parts = [...systemFields(subject), ...packages];
  const body = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: digest === undefined ? name : `${name}@${digest}`,
    creationInfo: { created, creators: [tool] },
    packages: [subjectFields(subject), ...parts],
    ...(own.infos.length === 0 ? {} : { hasExtractedLicensingInfos: own.infos }),
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-Image' },
      ...parts.map(part => ({
        spdxElementId: 'SPDXRef-Image',
        relationshipType: 'CONTAINS',
        relatedSpdxElement: part['SPDXID'],
      })),
    ],
  };
  const { spdxVersion, dataLicense, SPDXID, name: called, ...rest } = body;
  return {
    ...{ spdxVersion, dataLicense, SPDXID, name: called },
    documentNamespace: `https://ocikit.invalid/spdx/${uuidOf(body)}`,
    ...rest,
  };
}
