/** What made a document, and which version of it; a test holds the version to package.json. */
export const product: { readonly name: string; readonly version: string } = { name: 'ocikit', version: '0.1.0' };
