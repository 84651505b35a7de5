import type { Option } from './command.ts';

/** What there is to say of an option, in help and in the manual: what it is, how often, its range and its default. */
export function optionText({ describe, kind, on, range, default: fallback }: Option): string {
  const more = [
    ...(kind === 'texts' && !describe.includes('repeated') ? ['may be repeated'] : []),
    ...(range === undefined ? [] : [range]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
    ...(on === true ? ['on unless turned off'] : []),
  ];
  return [describe, ...more].join('; ');
}
