import { OciError } from '../errors.ts';
import type { Descriptor } from '../spec/objects.ts';
import { readManifest } from './image-reader.ts';
import type { ImageSource } from './source.ts';
import { type GraphNode, isMissing, walk } from './walk.ts';

/** What refers to some documents, and a sentence for each document that could not be read and so may refer to them. */
interface Referrers {
  readonly manifests: readonly Descriptor[];
  readonly warnings: readonly string[];
}

/** The digest that a document is about. Throws what is wrong with the document, unless it is not there. */
async function subjectOf(source: ImageSource, node: GraphNode): Promise<string | undefined> {
  if (node.fault !== undefined && !isMissing(node)) throw node.fault;
  if (node.kind === 'index') return node.document?.value.subject?.digest;
  if (node.kind !== 'manifest' || !(await source.has(node.descriptor))) return undefined;
  return (await readManifest(source, node.descriptor)).value.subject?.digest;
}

/** A document and what it is about. */
interface About {
  readonly descriptor: Descriptor;
  readonly subject: string;
}

async function documentsAbout(source: ImageSource): Promise<{ about: readonly About[]; warnings: readonly string[] }> {
  const about: About[] = [];
  const warnings: string[] = [];
  for (const node of (await walk(source, (await source.index()).value.manifests, { listOnly: true })).nodes) {
    try {
      const subject = await subjectOf(source, node);
      if (subject !== undefined) about.push({ descriptor: node.descriptor, subject });
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      warnings.push(error.message);
    }
  }
  return { about, warnings };
}

/**
 * The manifests of a place whose `subject` is one of these digests, and those about them in turn: signatures, SBOMs
 * (image-spec manifest.md, "subject"). In the order listed.
 */
export async function referrersOf(source: ImageSource, digests: Iterable<string>): Promise<Referrers> {
  const { about, warnings } = await documentsAbout(source);
  const bySubject = new Map<string, Descriptor[]>(about.map(({ subject }) => [subject, []]));
  for (const { descriptor, subject } of about) bySubject.get(subject)?.push(descriptor);
  const wanted = new Set(digests);
  // What is found is looked at in turn: a set is gone through to its end, whatever is added on the way.
  for (const digest of wanted) for (const { digest: found } of bySubject.get(digest) ?? []) wanted.add(found);
  return {
    manifests: about.filter(({ subject }) => wanted.has(subject)).map(({ descriptor }) => descriptor),
    warnings,
  };
}
