/** What is asked for any number of times and made once. It is begun by itself, so that any number of such may ask for one another in a row: they are not upon one stack. */
export function memoized<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= Promise.resolve().then(make);
    return made;
  };
}
