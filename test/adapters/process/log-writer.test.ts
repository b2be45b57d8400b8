import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PART_BYTES, parseCriLine } from '../../../src/adapters/logs/cri-line.ts';
import { LogFileReader } from '../../../src/adapters/logs/log-file-reader.ts';
import { MASK, Masker } from '../../../src/adapters/logs/masking.ts';
import { LogWriter } from '../../../src/adapters/process/supervisor/log-writer.ts';

let folder: string;
let log: string;
let raw: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-writer-'));
  log = join(folder, 'main.log');
  raw = join(folder, 'main.0');
  writeFileSync(`${raw}.out`, '');
  writeFileSync(`${raw}.err`, '');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writer(secrets: readonly string[] = []): LogWriter {
  return new LogWriter({ path: log, raw, masker: new Masker(secrets) });
}

/** `stream tag text` a stored line, bytes as latin1. */
function stored(): readonly string[] {
  return readFileSync(log, 'latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const parsed = parseCriLine(Buffer.from(line, 'latin1'));
      if (parsed === undefined) throw new Error(`no stored line: ${line.slice(0, 80)}`);
      return `${parsed.stream} ${parsed.tag} ${line.slice(parsed.textAt)}`;
    });
}

function of(stream: string): readonly string[] {
  return stored().filter((line) => line.startsWith(stream));
}

/** What a stream's stored lines are made of. */
function joined(stream: string): string {
  return stored()
    .filter((line) => line.startsWith(stream))
    .map((line) => line.slice(stream.length + 3) + (line.at(stream.length + 1) === 'F' ? '\n' : ''))
    .join('');
}

describe('a log writer', () => {
  test('stores lines when they are complete, the last one also without a line end', async () => {
    const one = writer();
    writeFileSync(`${raw}.out`, 'one\ntw');
    writeFileSync(`${raw}.err`, 'oops\n');
    await one.pump();
    expect(stored()).toEqual(['stdout F one', 'stderr F oops']);
    appendFileSync(`${raw}.out`, 'o\n\nthree');
    await one.finish();
    expect(stored()).toEqual(['stdout F one', 'stderr F oops', 'stdout F two', 'stdout F ', 'stdout P three']);
  });

  test('keeps carriage returns, NUL, escapes and bytes that are no UTF-8', async () => {
    const bytes = Buffer.from('10%\r20%\r\n\0\x1b[31mred\xff\xfe\n', 'latin1');
    writeFileSync(`${raw}.out`, bytes);
    await writer().finish();
    expect(Buffer.from(joined('stdout'), 'latin1')).toEqual(bytes);
  });

  test('stores nothing for a container that said nothing', async () => {
    await writer().finish();
    expect(stored()).toEqual([]);
  });

  test('cuts a long line every 16 KiB, so that no reader needs it whole', async () => {
    const line = 'x'.repeat(10 * 1024 * 1024);
    writeFileSync(`${raw}.out`, `${line}\n`);
    await writer().finish();
    expect(stored()).toHaveLength(line.length / PART_BYTES);
    expect(joined('stdout') === `${line}\n`).toBe(true);
  });

  test('masks what looks like a token, whoever knows it, and leaves the bytes around it', async () => {
    writeFileSync(`${raw}.out`, Buffer.from('got hf_abcdefghijklmnop \xff\nnothing\n', 'latin1'));
    await writer().finish();
    expect(stored()).toEqual(['stdout F got hf_*** \xff', 'stdout F nothing']);
  });

  test('masks a value also where a part ends', async () => {
    const secret = 'correct-horse';
    const line = `${'x'.repeat(PART_BYTES - 5)}${secret}${'y'.repeat(10)}`;
    writeFileSync(`${raw}.out`, line);
    const one = writer([secret]);
    await one.pump();
    await one.finish();
    expect(joined('stdout')).toBe(line.replace(secret, MASK));
  });

  test('ends with a note when it is given one, once, whoever finishes', async () => {
    writeFileSync(`${raw}.err`, 'error\nhalf');
    const one = writer();
    await one.pump();
    await one.finish('[note]');
    await writer().finish('[note]');
    expect(stored()).toEqual(['stderr F error', 'stderr P half', 'stderr N [note]']);
    expect([...new LogFileReader(log, 'main').read()].flat().map(({ text }) => text)).toEqual([
      'error',
      'half',
      '[note]',
    ]);
  });

  test('stamps never run backwards', async () => {
    writeFileSync(log, '2999-01-01T00:00:00.000000000Z stdout F future\n');
    writeFileSync(`${raw}.out`, 'future\nnow\n');
    await writer().finish();
    expect(readFileSync(log, 'utf8')).toBe(
      '2999-01-01T00:00:00.000000000Z stdout F future\n2999-01-01T00:00:00.000000000Z stdout F now\n',
    );
  });
});

describe('a writer that was killed', () => {
  const SECRET = 'aabaab';
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r'), maxLength: 20 }),
        fc.constant(SECRET),
        fc.integer({ min: PART_BYTES - 3, max: 3 * PART_BYTES }).map((length) => 'ab'.repeat(length / 2)),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''));

  test('is followed by one that stores the same lines, wherever it stopped and whatever was torn', async () => {
    await fc.assert(
      fc.asyncProperty(text, text, fc.nat(), fc.nat(), fc.nat(), async (out, err, seen, tornAt, died) => {
        // Given what one writer that is never disturbed stores
        rmSync(log, { force: true });
        writeFileSync(`${raw}.out`, out);
        writeFileSync(`${raw}.err`, err);
        await writer([SECRET]).finish();
        const whole = { out: of('stdout'), err: of('stderr') };

        // When another sees only a part, dies with a torn log, and a third goes on
        rmSync(log);
        writeFileSync(`${raw}.out`, out.slice(0, seen % (out.length + 1)));
        writeFileSync(`${raw}.err`, err.slice(0, died % (err.length + 1)));
        await writer([SECRET]).pump();
        truncateSync(log, tornAt % (readFileSync(log).length + 1));
        writeFileSync(`${raw}.out`, out);
        writeFileSync(`${raw}.err`, err);
        await writer([SECRET]).finish();

        // Then nothing tells the two logs apart
        expect(of('stdout')).toEqual(whole.out);
        expect(of('stderr')).toEqual(whole.err);
      }),
      { numRuns: 60 },
    );
  });
});
