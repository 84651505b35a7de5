import { OciError } from '../errors.ts';

/** What a function takes any number of: one, or a list. */
export type Several<T> = T | readonly T[];

const isList = <T>(several: Several<T>): several is readonly T[] => Array.isArray(several);

/** All of them. */
export const allOf = <T>(several: Several<T>): readonly T[] => (isList(several) ? several : [several]);

/** Whom the errors of single operands go to. */
export interface Reporting {
  /** An array of the caller's, to which the error of each operand that cannot be read is added, so that the others are answered for; the first is thrown when absent. */
  readonly errors?: OciError[] | undefined;
}

/** What is answered for each operand, without those whose error goes to the caller. */
export async function answers<T, Answer>(
  operands: readonly T[],
  { errors }: Reporting,
  answer: (operand: T) => Answer | Promise<Answer>,
): Promise<readonly Answer[]> {
  const found: Answer[] = [];
  for (const operand of operands) {
    try {
      found.push(await answer(operand));
    } catch (error) {
      if (errors === undefined || !(error instanceof OciError)) throw error;
      errors.push(error);
    }
  }
  return found;
}
