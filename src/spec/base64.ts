/** The bytes of standard base64 (RFC 4648, section 4), undefined for any other spelling: Node alone decodes leniently. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
