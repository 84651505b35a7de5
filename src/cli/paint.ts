const codes = { red: 31, green: 32, yellow: 33 } as const;

/** Wraps a text in a colour. Whether to is the caller's decision: colour is for terminals only. */
export function paint(text: string, color: keyof typeof codes): string {
  return `\x1b[${codes[color]}m${text}\x1b[39m`;
}
