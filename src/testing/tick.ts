/** Waits longer than a clock tick of a file system: what is changed afterwards has another time. */
export const tick = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 25));
