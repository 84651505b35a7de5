import type { Engine, HashAlgorithm } from './engine.ts';
import { nodeEngine } from './node.ts';

/** An engine by name; the portable one is loaded on first need. */
export async function loadEngine(name: Engine['name']): Promise<Engine> {
  return name === 'zlib' ? nodeEngine : (await import('./portable.ts')).portableEngine;
}

/** The fastest engine that computes `algorithm`. */
export function engineFor(algorithm: HashAlgorithm): Promise<Engine> {
  return loadEngine(algorithm === 'blake3' ? 'portable' : 'zlib');
}
