import { flagText, parseFlags } from './flags.ts';
import type { RunOptions } from './instruction.ts';
import type { Given } from './instructions.ts';
import { parseMount } from './run-mount.ts';

const networks = ['default', 'none', 'host'] as const;
const securities = ['sandbox', 'insecure'] as const;

/** The flags of RUN. Mounts are read for what can be wrong in them before variables have values. */
export function parseRunOptions({ flags: written, fail }: Given): RunOptions {
  const kinds = { mount: 'texts', network: 'text', security: 'text', device: 'texts' } as const;
  const flags = parseFlags(written, kinds, fail);
  const mounts = flags.get('mount') ?? [];
  for (const mount of mounts) parseMount(mount, { fail });
  const [mode, safety] = [flagText(flags, 'network') ?? 'default', flagText(flags, 'security') ?? 'sandbox'];
  const network = networks.find(known => known === mode);
  if (network === undefined) throw fail(`invalid network mode "${mode}"`, mode);
  const security = securities.find(known => known === safety);
  if (security === undefined) throw fail(`security "${safety}" is not valid`, safety);
  return { mounts, network, security, devices: flags.get('device') ?? [], flags: [...flags.keys()] };
}
