/** What names end in, and what that means. */
const endings: readonly (readonly [RegExp, string])[] = [
  [/\.spdx\.json$/i, 'application/spdx+json'],
  [/\.spdx$/i, 'text/spdx'],
  [/\.(?:cdx|cyclonedx)\.json$/i, 'application/vnd.cyclonedx+json'],
  [/\.(?:cdx|cyclonedx)\.xml$/i, 'application/vnd.cyclonedx+xml'],
  [/\.sarif(?:\.json)?$/i, 'application/sarif+json'],
  [/\.vex\.json$/i, 'application/vex+json'],
  [/\.intoto\.json$/i, 'application/vnd.in-toto+json'],
];

/** What JSON of a kind begins with. */
const beginnings: readonly (readonly [RegExp, string | undefined])[] = [
  [/"mediaType"\s*:\s*"(application\/vnd\.dev\.sigstore\.bundle[^"\s]*)"/, undefined],
  [/"spdxVersion"\s*:/, 'application/spdx+json'],
  [/"bomFormat"\s*:\s*"CycloneDX"/, 'application/vnd.cyclonedx+json'],
  [/"_type"\s*:\s*"https:\/\/in-toto\.io\//, 'application/vnd.in-toto+json'],
  [/"payloadType"\s*:/, 'application/vnd.dsse.envelope.v1+json'],
  [/"@context"\s*:\s*"https:\/\/openvex\.dev/, 'application/vex+json'],
  [/sarif-schema/, 'application/sarif+json'],
];

/** How many bytes of a file are looked at. */
export const lookedAt: number = 4096;

/** The media type of a file to attach, by its name or by what it begins with; undefined where neither says. */
export function attachedType(name: string, head: string): string | undefined {
  const ending = endings.find(([pattern]) => pattern.test(name))?.[1];
  if (ending !== undefined) return ending;
  if (!head.trimStart().startsWith('{')) return undefined;
  for (const [pattern, type] of beginnings) {
    const found = pattern.exec(head);
    if (found !== null) return type ?? found[1];
  }
  return undefined;
}

const titles = new Map([
  ['application/spdx+json', 'sbom.spdx.json'],
  ['application/vnd.cyclonedx+json', 'sbom.cdx.json'],
  ['application/sarif+json', 'report.sarif'],
]);

/** What a file is called that has no name of its own. */
export const titleOf = (mediaType: string): string => titles.get(mediaType) ?? 'stdin';
