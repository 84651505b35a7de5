/** Why the work of a command ends early: its signal's reason. Nobody is told, as whoever did it knows. */
export class Interruption extends Error {
  /** The exit status: 128 and a signal's number, or 0 where nobody reads the output any more. */
  readonly status: number;

  constructor(status: number) {
    super('interrupted');
    this.status = status;
  }
}
