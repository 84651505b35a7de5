/** Two pieces of work at once. Where one fails, the other has ended as well before the error is thrown: nothing goes on behind a caller's back. */
export async function both<A, B>(one: () => Promise<A>, other: () => Promise<B>): Promise<[A, B]> {
  const work: [Promise<A>, Promise<B>] = [(async () => one())(), (async () => other())()];
  await allEnded(work);
  return Promise.all(work);
}

/** Waits until all of some work has ended, and throws the first error of any. */
export async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) if (end.status === 'rejected') throw end.reason;
}
