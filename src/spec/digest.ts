import type { HashAlgorithm } from '../engine/engine.ts';

declare const brand: unique symbol;
/** A nominal mark, so that a string of one meaning is not passed for another. */
export type Brand<Name extends string> = { readonly [brand]: Name };

/** `algorithm:encoded` of bytes as stored (image-spec descriptor.md, "Digests"). */
export type Digest = `${string}:${string}`;
/** Digest of a layer's uncompressed tar (image-spec config.md). */
export type DiffID = Digest & Brand<'DiffID'>;
/** Digest of a stack of layers (image-spec config.md, "Layer ChainID"). */
export type ChainID = Digest & Brand<'ChainID'>;
export type { HashAlgorithm };
