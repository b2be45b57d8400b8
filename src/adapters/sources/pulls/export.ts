import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ListingEntry } from '../../../domain/data/digest.ts';
import type { MergedPull } from '../../../domain/data/source-facts.ts';
import { UserError } from '../../../domain/errors.ts';
import { nameFault } from '../folder.ts';
import { entries } from '../git.ts';
import { shown } from './merge.ts';
import { pullsText } from './origin.ts';
import type { Scratch } from './scratch.ts';

/** Bytes. No file of a taxonomy is larger, and all of it is held in memory. */
const MOST_FILE = 16 * 1024 * 1024;
const MOST_TOTAL = 256 * 1024 * 1024;
const MOST_FAULTS = 20;
const RECORD = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.*)$/s;
const FILES = new Set(['100644', '100755']);

interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly object: string;
  readonly size: number;
}

/**
 * Lays the files of a merge as git stores them, without filters and line ends of anybody's. Throws `bad-input` that names
 * the pull request whose file is a link, a submodule or too large.
 */
export async function exportMerge(
  scratch: Scratch,
  {
    input,
    commit,
    prefix,
    pulls,
  }: {
    readonly input: string;
    readonly commit: string;
    readonly prefix: string;
    readonly pulls: readonly MergedPull[];
  },
): Promise<readonly ListingEntry[]> {
  const all = await entriesOf(scratch, commit, prefix);
  const faults = all.flatMap((entry) => {
    const wrong = faultOf(entry);
    return wrong === undefined ? [] : [`${changer(`${prefix}${entry.path}`, pulls)}: ${shown(entry.path)} ${wrong}`];
  });
  if (faults.length > 0) throw refusal(input, faults);
  if (all.length === 0)
    throw new UserError('bad-input', `${input}: ${prefix || 'the repository'} is empty once merged`);
  if (all.reduce((sum, { size }) => sum + size, 0) > MOST_TOTAL) {
    throw new UserError('bad-input', `${input}: the merged files have more than ${MOST_TOTAL / 1024 / 1024} MiB`);
  }
  const listed: ListingEntry[] = [];
  for (const entry of all) {
    const bytes = await scratch.bytes(entry.object);
    const to = join(scratch.files, entry.path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, bytes, { flag: 'wx' });
    listed.push({ path: entry.path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return listed;
}

async function entriesOf(scratch: Scratch, commit: string, prefix: string): Promise<readonly TreeEntry[]> {
  const place = prefix === '' ? [] : ['--', prefix];
  const records = entries(await scratch.text(['ls-tree', '-r', '-z', '-l', '--full-tree', commit, ...place]));
  return records.map((record) => {
    const [, mode = '', object = '', size = '', path = ''] = RECORD.exec(record) ?? [];
    return { path: path.slice(prefix.length), mode, object, size: size === '-' ? 0 : Number(size) };
  });
}

function faultOf({ path, mode, size }: TreeEntry): string | undefined {
  if (mode === '120000') return 'is a link; data is taken from files only';
  if (!FILES.has(mode)) return 'is a submodule; data is taken from files only';
  if (size > MOST_FILE) return `has ${size} bytes; at most ${MOST_FILE} are taken`;
  return nameFault('it', path);
}

/** Whose file it is: the last pull request that changes it. */
function changer(path: string, pulls: readonly MergedPull[]): string {
  const last = pulls.findLast((pull) => pull.changed.includes(path));
  return last === undefined ? 'what is merged onto' : pullsText([last.number]);
}

function refusal(input: string, faults: readonly string[]): UserError {
  const more = faults.length > MOST_FAULTS ? `\n${faults.length - MOST_FAULTS} more` : '';
  return new UserError('bad-input', `${input}: ${faults.slice(0, MOST_FAULTS).join('\n')}${more}`, {
    hint: 'leave the pull request out of this batch, or have it mended',
  });
}
