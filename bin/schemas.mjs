// Writes src/schema/schemas.ts from schemas/*.json, so that the schemas are part of every build. `npm run schemas`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const names = readdirSync('schemas')
  .filter(name => name.endsWith('.json'))
  .sort();
const lines = names.map(name => `  '${name}': ${JSON.stringify(JSON.parse(readFileSync(`schemas/${name}`, 'utf8')))},`);
writeFileSync(
  'src/schema/schemas.ts',
  `/* Made from schemas/*.json by bin/schemas.mjs: not edited by hand. */\n\n/** Our JSON Schemas (draft 2020-12) by file name. */\nexport const schemas: Readonly<Record<string, object>> = {\n${lines.join('\n')}\n};\n`,
);
