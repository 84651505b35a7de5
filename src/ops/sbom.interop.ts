import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from '../testing/fixtures.ts';
import { installed } from '../testing/witness.ts';
import { sbom } from './sbom.ts';

/** What CycloneDX's own library knows of its schemas: null of a document that they take, strictly. */
interface CycloneDx {
  readonly Spec: { readonly Version: { readonly v1dot6: string } };
  readonly Validation: {
    readonly JsonStrictValidator: new (version: string) => { validate(text: string): Promise<unknown> };
  };
}

const beside = ['ajv@8.20.0', 'ajv-formats@3.0.1', 'ajv-formats-draft2019@1.6.1'];

test("every bill of materials is one that CycloneDX's own validator takes, and names each part once", async t => {
  const folder = fixture(t, 'insight/packages/files');
  if (folder === undefined) return;
  const programs = installed('@cyclonedx/cyclonedx-library', '10.3.0', ...beside);
  const { Spec, Validation } = createRequire(join(programs, 'x.js'))('@cyclonedx/cyclonedx-library') as CycloneDx;
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  for (const name of readdirSync(folder)) {
    const { text } = await sbom({ kind: 'rootfs', path: join(folder, name) }, { format: 'cyclonedx' });
    assert.equal(await validator.validate(text), null, name);
    const { components = [], dependencies = [] } = JSON.parse(text);
    const refs = components.map((component: Record<string, unknown>) => component['bom-ref']);
    assert.equal(new Set(refs).size, refs.length, name);
    for (const { dependsOn = [] } of dependencies)
      for (const ref of dependsOn) assert.ok(refs.includes(ref), `${name} ${ref}`);
  }
});
