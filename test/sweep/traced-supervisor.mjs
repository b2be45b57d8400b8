/* Stands in for the supervisor of a package copy: see package-copy.ts. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { traceSelf } from './trace-self.mjs';

const itself = fileURLToPath(new URL('./supervisor-itself.js', import.meta.url));
const plan = fileURLToPath(new URL('./tracing.json', import.meta.url));
const stages = JSON.parse(readFileSync(plan, 'utf8'));
const folder = process.argv.slice(2).join('/').split('/');
const stage = Object.keys(stages).find((name) => folder.includes(name));

if (stage === undefined) {
  await import(itself);
} else {
  const strace = stages[stage];
  // The next supervisor of this stage, if this one dies, is left in peace.
  delete stages[stage];
  writeFileSync(`${plan}.${process.pid}`, JSON.stringify(stages));
  renameSync(`${plan}.${process.pid}`, plan);
  traceSelf(strace, itself, process.argv.slice(2));
}
