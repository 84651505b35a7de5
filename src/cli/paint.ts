const codes = { red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Wraps a text in a colour. Whether to is the caller's decision: colour is for terminals only. */
export function paint(text: string, color: keyof typeof codes): string {
  return `\x1b[${codes[color]}m${text}\x1b[39m`;
}

/** Wraps a text in bold letters. */
export const paintBold = (text: string): string => `\x1b[1m${text}\x1b[22m`;

/** Wraps a text in a red ground. */
export const paintGround = (text: string): string => `\x1b[41m${text}\x1b[49m`;
