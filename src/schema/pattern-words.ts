/** What a text has to be by a pattern of the schemas, in words. A test holds that no pattern is without. */
export const patternWords: Readonly<Record<string, string>> = {
  '^\\d{1,5}(?:-\\d{1,5})?(?:/(?:tcp|udp|sctp))?$': 'a port such as 80, 80/tcp or 8000-8010/udp',
  '^[^=]+=[\\s\\S]*$': 'NAME=VALUE',
  '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$':
    'a time as RFC 3339 has it, such as 2026-01-31T12:00:00Z',
  '^1\\.\\d+\\.\\d+$': 'a version of the image layout such as 1.0.0',
  '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s]*$': 'a URI such as https://example.org/layer',
  '^[A-Za-z0-9+/]*={0,2}$': 'base64',
  '^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$':
    'a media type such as application/vnd.oci.image.config.v1+json',
  '^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$': 'a digest such as sha256: and 64 hexadecimal digits',
  '^sha256:': 'a digest that begins with sha256:',
  '^sha256:[a-f0-9]{64}$': 'sha256: and 64 hexadecimal digits, a to f small',
  '^sha512:': 'a digest that begins with sha512:',
  '^sha512:[a-f0-9]{128}$': 'sha512: and 128 hexadecimal digits, a to f small',
  '^blake3:': 'a digest that begins with blake3:',
  '^blake3:[a-f0-9]{64}$': 'blake3: and 64 hexadecimal digits, a to f small',
};
