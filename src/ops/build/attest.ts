import { badOption } from '../../errors.ts';
import { storeDocument } from '../../graph/store-document.ts';
import { attestationOf, type Predicate } from '../../image/attestation.ts';
import type { Descriptor, Image } from '../../spec/objects.ts';
import { once } from '../../stream/once.ts';
import type { BuildOptions } from './options.ts';
import type { Workshop } from './platform.ts';
import { buildPlatformOf, type Prepared } from './prepare.ts';
import { provenanceOf } from './provenance.ts';
import type { Done } from './steps.ts';

/** What is said of an image beside it: as an index lists it. */
interface Attested {
  readonly entry: Descriptor | undefined;
  readonly warnings: readonly string[];
}

/** Whether something is said of each image. */
export const isAttested = ({ sbom, provenance }: BuildOptions): boolean => sbom === true || provenance !== undefined;

/** Throws for what a dry run cannot look into. */
export function checkAttestations({ sbom, dryRun }: BuildOptions): void {
  if (sbom === true && dryRun === true)
    throw badOption('sbom', 'expected none in a dry run, got one', { hint: 'nothing is there to look into' });
}

/** Stores what is asked to be said of an image that is in the store. */
export async function attest(
  image: Image,
  {
    prepared,
    done,
    workshop,
  }: { readonly prepared: Prepared; readonly done: readonly Done[]; readonly workshop: Workshop },
): Promise<Attested> {
  const { store, options, log } = workshop;
  if (!isAttested(options)) return { entry: undefined, warnings: [] };
  const { predicates, warnings } = await log.during('[internal] making attestations', async () => {
    const bill = options.sbom === true ? await bomOf(image, workshop) : undefined;
    const { provenance: mode } = options;
    const made = { prepared, done, image, builder: buildPlatformOf(options), options };
    return {
      predicates: [
        ...(bill === undefined ? [] : [bill.predicate]),
        ...(mode === undefined ? [] : [provenanceOf(mode, made)]),
      ],
      warnings: bill?.warnings ?? [],
    };
  });
  const { image: made, statements, entry } = attestationOf(image.manifest.descriptor, predicates);
  for (const { bytes } of statements) await store.put(once(bytes));
  await storeDocument(store, made.config);
  await storeDocument(store, made.manifest);
  return { entry, warnings };
}

/** What is in an image, as SPDX says it: what knows packages is loaded for this alone. */
async function bomOf(
  image: Image,
  { store, options: { signal, progress } }: Workshop,
): Promise<{ readonly predicate: Predicate; readonly warnings: readonly string[] }> {
  const work = { signal, progress };
  const [{ lookAtImage }, { keepingPackages }, { billOf }] = await Promise.all([
    import('../look.ts'),
    import('../package-scan.ts'),
    import('../sbom.ts'),
  ]);
  const look = await lookAtImage(
    { source: store, image, subject: store.subject, name: 'image' },
    work,
    keepingPackages,
  );
  const { document, warnings } = await billOf(look, work);
  return {
    predicate: { type: 'https://spdx.dev/Document', predicate: document },
    warnings: [...look.warnings, ...warnings],
  };
}
