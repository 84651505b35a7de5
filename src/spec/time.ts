const pattern =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Whether text is a time that the spec's documents may hold: RFC 3339, section 5.6, on a day that there is. */
export function isTime(text: string): boolean {
  const [, year, month, day] = pattern.exec(text) ?? [];
  return day !== undefined && Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
}

/** An instant as RFC 3339, in whole seconds where it is one. */
export function timeText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}
