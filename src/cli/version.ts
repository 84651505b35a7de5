import { product } from '../spec/product.ts';

/** The package's version; a test holds it to package.json. */
export const version: string = product.version;
