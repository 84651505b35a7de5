import type { Digest } from '../spec/digest.ts';

/** What `attach` made. */
export interface AttachResult {
  /** Of the artifact's manifest. */
  readonly manifest: Digest;
  /** What it is about. */
  readonly subject: Digest;
  readonly artifactType: string;
  readonly files: readonly {
    readonly title: string;
    readonly mediaType: string;
    readonly digest: Digest;
    /** Bytes. */
    readonly size: number;
  }[];
  /** The tag that lists it for registries, or null. */
  readonly fallbackTag: string | null;
  readonly warnings: readonly string[];
}

/** An artifact that is about an image. */
export interface ReferrerRow {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of its manifest, in bytes. */
  readonly size: number;
  readonly artifactType: string | null;
  readonly annotations: Readonly<Record<string, string>>;
  /** What it is about: the image, or with `recursive` another artifact. */
  readonly subject: Digest;
  /** How it was found: its own `subject`, an annotation of containerd's, a fallback tag, cosign's tags, or BuildKit's attestations; `scan` where its `subject` alone says so, and nothing leads to it. */
  readonly via: readonly ('subject' | 'annotation' | 'fallback-tag' | 'cosign' | 'attestation' | 'scan')[];
  /** Whether an entry of the layout's own index names it. */
  readonly isListed: boolean;
}

export interface ReferrersResult {
  readonly subject: Digest;
  readonly referrers: readonly ReferrerRow[];
  readonly warnings: readonly string[];
}
