const names =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN ' +
  'TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX';
const largestSignal = 64;

const range = (prefix: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${prefix}${index + 1}`);
const signals: ReadonlySet<string> = new Set([...names.split(' '), ...range('RTMIN+', 15), ...range('RTMAX-', 14)]);

/** Whether a text names a signal of Linux: a number from 1 to 64, or a name with or without `SIG`, in any case. */
export function isStopSignal(text: string): boolean {
  if (/^\d{1,3}$/.test(text)) return Number(text) >= 1 && Number(text) <= largestSignal;
  return signals.has(text.toUpperCase().replace(/^SIG/, ''));
}
