import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/*
 * What `vllm serve` takes, as scripts/vllm-options.py read it from the published package; test/long/vllm-options.test.ts
 * reads it anew.
 */

export const VLLM = z
  .object({ vllm: z.string(), options: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'vllm-options.json'), 'utf8')));

/** What a value of each kind looks like; any other kind is the words that can be said. */
const KINDS: Readonly<Record<string, RegExp>> = {
  integer: /^-?\d+$/,
  size: /^(?:auto|-?\d+(?:\.\d+)?[kKmMgGtT]?)$/,
  number: /^-?\d+(?:\.\d+)?(?:e-?\d+)?$/,
  text: /./s,
};

/** What vllm would refuse of a command that runs `vllm serve`; options with their values in one word or in two. */
export function vllmFaults(command: readonly string[]): readonly string[] {
  const [program, verb, model, ...rest] = command;
  const start = program === 'vllm' && verb === 'serve' && model !== undefined && !model.startsWith('-');
  if (!start) return [`${command.slice(0, 3).join(' ')}: is not "vllm serve MODEL"`];
  const faults: string[] = [];
  for (let words = rest; words[0] !== undefined; ) {
    const [word, ...after] = words;
    const [, name, value] = /^(-[^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const wanted = name === undefined ? undefined : kindOf(name);
    const isBare = wanted === 'flag' || wanted === 'switch';
    const isSplit = !isBare && wanted !== undefined && value === undefined;
    const given = isSplit ? after[0] : value;
    if (wanted === undefined) faults.push(`${word}: no option of vllm ${VLLM.vllm}`);
    else if (isBare ? given !== undefined : !fits(wanted, given)) faults.push(`${word}: wants ${wanted}`);
    words = isSplit ? after.slice(1) : after;
  }
  return faults;
}

function kindOf(name: string): string | undefined {
  const known = VLLM.options[name];
  if (known !== undefined) return known;
  if (name.startsWith('--no-') && VLLM.options[`--${name.slice(5)}`] === 'switch') return 'switch';
  // A key of a JSON option.
  const [holder = ''] = name.split('.');
  return holder !== name && VLLM.options[holder] === 'json' ? 'text' : undefined;
}

function fits(kind: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (kind !== 'json') return KINDS[kind]?.test(value) ?? kind.split('|').includes(value);
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
