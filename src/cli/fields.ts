/** Fields of docker's options by their names: `type=local,dest=PATH`. A word without `=` is its own name and value. */
export const fieldsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split(',').map(field => [field.split('=', 1)[0] ?? '', field.slice(field.indexOf('=') + 1)]));
