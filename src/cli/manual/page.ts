/** A part of a page, whatever it is written in. In texts, `like this` is what is typed. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'code'; readonly lines: readonly string[]; readonly language?: string }
  | { readonly kind: 'terms'; readonly terms: readonly (readonly [term: string, text: string])[] };

/** A page of the manual: `ocikit-diff`, one line of what it is, and its parts. */
export interface Page {
  readonly name: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}
