import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packHead } from '../../../../src/adapters/kubernetes/data/pack.ts';
import { readPack } from '../../../../src/adapters/kubernetes/data/pack-folder.ts';
import { TransferFault } from '../../../../src/adapters/kubernetes/transfer-server/fault.ts';
import { Intake } from '../../../../src/adapters/kubernetes/transfer-server/intake.ts';
import {
  type DecidingFacts,
  digestOfSource,
  formatListing,
  isListingPath,
} from '../../../../src/domain/data/digest.ts';
import { treeOf } from '../data/data-world.ts';

type Tree = Readonly<Record<string, string>>;

let top: string;
let root: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ilab-intake-'));
  root = join(top, 'claim');
  mkdirSync(root);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function packOf(tree: Tree, facts?: string) {
  const entries = Object.entries(tree).map(([path, text]) => ({
    path,
    size: Buffer.byteLength(text),
    sha256: sha256(text),
  }));
  const listing = formatListing(entries);
  const { head, bytes } = packHead(listing, facts);
  const contents = head.files.map(({ path }) => Buffer.from(tree[path] ?? ''));
  return {
    hex: digestOfSource(listing, facts === undefined ? {} : (JSON.parse(facts) as DecidingFacts)).replace(
      'sha256:',
      '',
    ),
    bytes: Buffer.concat([bytes, ...contents]),
    listing,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The facts of a folder that a pull request was merged into. */
function mergeOf(commit: string): string {
  const merged = { onto: 'b', pulls: [{ number: 7, commit, changed: ['a'], authors: [] }] };
  return `${JSON.stringify({ kind: 'folder', dirty: false, merged })}\n`;
}

/** A pack that says what no honest program says. */
function forged(listing: string, contents: string) {
  const bytes = Buffer.from(`ilab-pack 1 ${Buffer.byteLength(listing)} 0\n${listing}${contents}`);
  return { hex: sha256(listing), bytes };
}

function line(path: string, text: string): string {
  return `${sha256(text)}  ${Buffer.byteLength(text)}  ${path}\n`;
}

/** Everything below the folder that is not the claim, so that an escape would be seen. */
function outside(): readonly string[] {
  return readdirSync(top).filter((name) => name !== 'claim');
}

async function send(pack: { readonly hex: string; readonly bytes: Buffer }): Promise<Intake> {
  const intake = await Intake.open(root, pack.hex);
  try {
    await intake.write(pack.bytes);
    return intake;
  } finally {
    await intake.close();
  }
}

const NAME = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((name) => isListingPath(name) && !name.includes('/') && name.isWellFormed() && Buffer.byteLength(name) < 200);
/** Any tree without a file where a folder must be. */
const TREE: fc.Arbitrary<Tree> = fc
  .dictionary(
    fc.array(NAME, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    fc.string({ maxLength: 300 }),
    {
      minKeys: 1,
      maxKeys: 12,
      noNullPrototype: true,
    },
  )
  .map((tree) =>
    Object.fromEntries(
      Object.entries(tree)
        .filter(([path]) => !Object.keys(tree).some((other) => path.startsWith(`${other}/`)))
        .map(([path, text]) => [path, text.toWellFormed()]),
    ),
  )
  .filter((tree) => Object.keys(tree).length > 0);

describe('a pack', () => {
  test('of any tree, cut anywhere, gone on with by whoever comes next, becomes that tree', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(TREE, fc.array(fc.nat(2000), { maxLength: 6 }), fc.boolean(), async (tree, cuts, hasFacts) => {
        count += 1;
        root = join(top, `claim-${count}`);
        mkdirSync(root);
        const facts = hasFacts ? `${JSON.stringify({ kind: 'folder', changed: Object.keys(tree) })}\n` : undefined;
        const { hex, bytes } = packOf(tree, facts);
        for (const cut of [...cuts, bytes.length]) {
          const intake = await Intake.open(root, hex);
          const { kind, offset } = intake.state;
          if (kind === 'partial')
            await intake.write(bytes.subarray(offset, Math.max(offset, cut % (bytes.length + 1))));
          await intake.close();
        }
        const place = join(root, 'inputs', hex);
        expect(treeOf(join(place, 'content'))).toEqual(tree);
        expect(existsSync(join(place, 'content.source.json'))).toBe(hasFacts);
        expect(readdirSync(join(root, 'inputs'))).toEqual([hex]);
      }),
      { numRuns: 60 },
    );
  });

  test('of any folder reads the same from any place', async () => {
    await fc.assert(
      fc.asyncProperty(TREE, fc.nat(3000), fc.nat(3000), async (tree, from, length) => {
        const folder = mkdtempSync(join(top, 'folder-'));
        for (const [path, text] of Object.entries(tree)) {
          mkdirSync(join(folder, path, '..'), { recursive: true });
          writeFileSync(join(folder, path), text);
        }
        const { bytes, listing } = packOf(tree);
        const { head, bytes: headBytes } = packHead(listing, undefined);
        const offset = from % (bytes.length + 1);
        const read = await readPack({ input: 'x', folder, head, headBytes }, offset, length);
        expect(read.equals(bytes.subarray(offset, offset + length))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('whose bytes a node lost with its power is asked for again, from the file that is wrong', async () => {
    const pack = packOf({ a: 'first', b: 'second', c: 'third' });
    const intake = await Intake.open(root, pack.hex);
    await intake.write(pack.bytes.subarray(0, pack.bytes.length - 2));
    await intake.close();
    const content = join(root, 'inputs', `.${pack.hex}.incoming`, 'content');
    truncateSync(join(content, 'b'), 0);
    truncateSync(join(content, 'b'), 6); // the size, without the bytes
    const again = await Intake.open(root, pack.hex);
    expect(again.state.offset).toBe(pack.bytes.length - 'second'.length - 'third'.length);
    await again.write(pack.bytes.subarray(again.state.offset));
    expect(again.state.kind).toBe('present');
    expect(treeOf(join(root, 'inputs', pack.hex, 'content'))).toEqual({ a: 'first', b: 'second', c: 'third' });
  });

  test('that another program has placed meanwhile is left alone', async () => {
    const pack = packOf({ a: 'first' });
    const intake = await Intake.open(root, pack.hex);
    await intake.write(pack.bytes.subarray(0, pack.bytes.length - 1));
    mkdirSync(join(root, 'inputs', pack.hex));
    writeFileSync(join(root, 'inputs', pack.hex, 'content.listing'), 'theirs');
    await intake.write(pack.bytes.subarray(pack.bytes.length - 1));
    expect(intake.state.kind).toBe('present');
    expect(treeOf(join(root, 'inputs', pack.hex))).toEqual({ 'content.listing': 'theirs' });
  });
});

describe('a hostile pack', () => {
  test.each([
    ['a path that leaves the folder', forged(line('../../../evil', 'x'), 'x')],
    ['an absolute path', forged(line('/evil', 'x'), 'x')],
    ['a path that goes up in the middle', forged(line('a/../../../../evil', 'x'), 'x')],
    ['a path with an end of line', forged(`${sha256('x')}  1  a\rb\n`, 'x')],
    ['a path twice', forged(line('a', 'x') + line('a', 'x'), 'xx')],
    ['a file where a folder must be', forged(line('a', 'x') + line('a/b', 'x'), 'xx')],
    ['other bytes than listed', forged(line('a', 'x'), 'y')],
    ['an empty file with a digest of something', forged(`${sha256('x')}  0  a\n`, '')],
    ['another digest than asked for', { ...forged(line('a', 'x'), 'x'), hex: '0'.repeat(64) }],
    ['no pack at all', { hex: '0'.repeat(64), bytes: Buffer.from('x'.repeat(100)) }],
    ['a head that is never complete', { hex: '0'.repeat(64), bytes: Buffer.from('ilab-pack 1 999999999 0\n') }],
    [
      'facts of another pull request than asked for',
      { ...packOf({ a: 'x' }, mergeOf('1')), hex: packOf({ a: 'x' }, mergeOf('2')).hex },
    ],
    [
      'facts that are none',
      {
        hex: sha256(line('a', 'x')),
        bytes: Buffer.from(`ilab-pack 1 ${line('a', 'x').length} 1\n${line('a', 'x')}{x`),
      },
    ],
  ])('with %s is refused, and writes nothing outside its folder', async (_, pack) => {
    await expect(send(pack)).rejects.toThrow();
    expect(outside()).toEqual([]);
    expect(existsSync(join(root, 'inputs', pack.hex, 'content'))).toBe(false);
  });

  test('with the facts of a merge arrives when they are those asked for', async () => {
    const pack = packOf({ a: 'x' }, mergeOf('1'));
    await send(pack);
    expect(treeOf(join(root, 'inputs', pack.hex, 'content'))).toEqual({ a: 'x' });
  });

  test('with more bytes than listed is refused, and what is placed is what was listed', async () => {
    const pack = forged(line('a', 'x'), 'xx');
    await expect(send(pack)).rejects.toMatchObject({ code: 'wrong-data' });
    expect(treeOf(join(root, 'inputs', pack.hex, 'content'))).toEqual({ a: 'x' });
  });

  test('of any bytes neither leaves its folder nor is taken for the data', async () => {
    const honest = packOf({ 'a/b': 'first', c: 'second' });
    const spoilt = fc.tuple(fc.nat(honest.bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
      const bytes = Buffer.from(honest.bytes);
      bytes[at] = ((bytes[at] ?? 0) + by) % 256;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          spoilt,
          fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
        ),
        async (bytes) => {
          await send({ hex: honest.hex, bytes }).catch((error: unknown) => expect(error).toBeInstanceOf(TransferFault));
          expect(outside()).toEqual([]);
          expect(existsSync(join(root, 'inputs', honest.hex))).toBe(false);
          rmSync(join(root, 'inputs'), { recursive: true, force: true });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('does not follow a link that lies in its way', async () => {
    const pack = packOf({ a: 'first', b: 'second' });
    const intake = await Intake.open(root, pack.hex);
    await intake.write(pack.bytes.subarray(0, pack.bytes.length - 'second'.length - 2));
    await intake.close();
    const content = join(root, 'inputs', `.${pack.hex}.incoming`, 'content');
    rmSync(join(content, 'a'));
    symlinkSync(join(top, 'evil'), join(content, 'a'));
    await expect(Intake.open(root, pack.hex)).rejects.toMatchObject({ code: 'ELOOP' });
    expect(outside()).toEqual([]);
  });
});
