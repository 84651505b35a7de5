import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageConfig } from '../spec/objects.ts';
import { editOf } from './image-edit.ts';

const base: ImageConfig = {
  architecture: 'arm64',
  os: 'linux',
  variant: 'v8',
  'os.version': '1',
  config: { Cmd: ['sh'], Env: ['A=1'] },
  rootfs: { type: 'layers', diff_ids: [] },
};
const hostPlatform = { architecture: 'riscv64', os: 'linux' };

test('an edit is for the platform that is asked for, else the base has, else the host', () => {
  assert.deepEqual(editOf({ platform: 'linux/arm/v6', hostPlatform }, base).platform, {
    architecture: 'arm',
    os: 'linux',
    variant: 'v6',
  });
  assert.deepEqual(editOf({ hostPlatform }, base).platform, { architecture: 'arm64', os: 'linux', variant: 'v8' });
  assert.deepEqual(editOf({ hostPlatform }), { platform: hostPlatform });
});

test("instructions change the base's config, and what is not asked for is not in an edit", () => {
  const edit = editOf({ instructions: ['ENV B=2'], annotations: ['k=v=w'], created: new Date(0) }, base);
  const { platform, ...rest } = edit;
  assert.deepEqual(rest, {
    created: '1970-01-01T00:00:00Z',
    config: { Cmd: ['sh'], Env: ['A=1', 'B=2'] },
    annotations: { k: 'v=w' },
  });
});
