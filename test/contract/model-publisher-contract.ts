import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { HubCommitRequest, HubUpload, ModelPublisher } from '../../src/ports/model-hub.ts';

/** What one test is given. */
export interface PublisherRoom {
  readonly publisher: ModelPublisher;
  /** Whose token it is. */
  readonly user: string;
  /** A folder of the test's own. */
  readonly folder: string;
}

const signal = new AbortController().signal;
const ignore = () => undefined;
const README = { path: 'README.md', kind: 'text', text: '# A model\n' } as const;

/** What every hub does for the owner of a token that may write to their own repositories, and nowhere else. */
export function modelPublisherContract(open: (context: TestContext) => Promise<PublisherRoom>): void {
  test('a repository is made once, and stays as it is when it is made again', async (context) => {
    const { publisher, user } = await open(context);
    const repo = `${user}/made`;
    expect(await publisher.findRepository(repo, signal)).toBeUndefined();
    await publisher.createRepository(repo, { isPrivate: true }, signal);
    const made = await publisher.findRepository(repo, signal);
    expect(made).toEqual({ isPrivate: true, head: expect.stringMatching(/^[0-9a-f]{40}$/) });
    await publisher.createRepository(repo, { isPrivate: false }, signal);
    expect(await publisher.findRepository(repo, signal)).toEqual(made);
    expect(publisher.address(repo)).toMatch(/^https?:\/\/.*\/[^/]+\/made$/);
    expect(publisher.address(repo, 'v1')).toContain('v1');
  });

  test('the token writes to its own, and not to another', async (context) => {
    const { publisher, user } = await open(context);
    expect(await publisher.rights(`${user}/any`, signal)).toMatchObject({ user, mayWrite: true });
    const foreign = await publisher.rights('somebody-else/any', signal);
    expect(foreign).toEqual({ user, mayWrite: false, lacking: expect.stringContaining('somebody-else') });
    const made = publisher.createRepository('somebody-else/any', { isPrivate: true }, signal);
    await expect(made).rejects.toMatchObject({ name: 'UserError', code: 'bad-input' });
    expect(await publisher.findRepository('somebody-else/any', signal)).toBeUndefined();
  });

  test('a commit has all of it, and says what it was told to', async (context) => {
    const room = await open(context);
    const { publisher } = room;
    const { repo, head } = await repository(room, 'all');
    const weights = randomBytes(3_000_000);
    const uploads: readonly HubUpload[] = [
      README,
      await written(room, 'model.safetensors', weights),
      await written(room, 'deep/er/config.json', Buffer.from('{}')),
    ];
    const sent: number[] = [];
    const done = await publisher.commit(
      { ...request(repo, head), title: 'Publish run one', message: 'Run: one\nKey: 4711', uploads },
      (bytes) => sent.push(bytes),
      signal,
    );
    expect(done).toEqual({ kind: 'committed', oid: (await publisher.findRepository(repo, signal))?.head });
    expect(sent.at(-1)).toBe(weights.length);
    expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    const files = new Map((await all(publisher.files(repo, 'main', signal))).map((file) => [file.path, file]));
    expect(files.get('model.safetensors')).toEqual({
      path: 'model.safetensors',
      size: weights.length,
      sha256: sha256(weights),
    });
    expect(files.get('deep/er/config.json')).toMatchObject({ size: 2 });
    expect(await publisher.readText(repo, 'main', 'README.md', signal)).toBe(README.text);
    expect(await publisher.readText(repo, 'main', 'deep/er/config.json', signal)).toBe('{}');
    expect(await publisher.readText(repo, head, 'README.md', signal), 'before').toBeUndefined();
    const commits = await all(publisher.commits(repo, 'main', signal));
    expect(commits[0]).toMatchObject({ title: 'Publish run one', message: 'Run: one\nKey: 4711' });
    expect(commits.map(({ oid }) => oid).slice(1)).toEqual([head]);
  });

  test('a commit on what is no longer the head is a conflict and changes nothing', async (context) => {
    const room = await open(context);
    const { repo, head } = await repository(room, 'late');
    await commit(room, request(repo, head));
    const now = await room.publisher.findRepository(repo, signal);
    const late = { ...request(repo, head), uploads: [{ ...README, text: 'late' }] };
    expect(await room.publisher.commit(late, ignore, signal)).toEqual({ kind: 'conflict' });
    expect(await room.publisher.findRepository(repo, signal)).toEqual(now);
    expect(await room.publisher.readText(repo, 'main', 'README.md', signal)).toBe(README.text);
  });

  test('what is deleted is gone from then on, and there before', async (context) => {
    const room = await open(context);
    const { repo, head } = await repository(room, 'less');
    const first = await commit(room, request(repo, head));
    await commit(room, { ...request(repo, first), uploads: [], deletions: ['README.md'] });
    expect(await room.publisher.readText(repo, 'main', 'README.md', signal)).toBeUndefined();
    expect(await room.publisher.readText(repo, first, 'README.md', signal)).toBe(README.text);
  });

  test('the same bytes at two paths are sent once', async (context) => {
    const room = await open(context);
    const { repo, head } = await repository(room, 'double');
    const one = await written(room, 'one.safetensors', randomBytes(300_000));
    const uploads = [one, { ...one, path: 'two.safetensors' }];
    const sent: number[] = [];
    await room.publisher.commit({ ...request(repo, head), uploads }, (bytes) => sent.push(bytes), signal);
    expect(sent.at(-1)).toBe(300_000);
    const files = await all(room.publisher.files(repo, 'main', signal));
    expect(files.filter(({ sha256: digest }) => digest === one.sha256).map(({ path }) => path)).toEqual([
      'one.safetensors',
      'two.safetensors',
    ]);
  });

  test('bytes that the hub has are not sent again', async (context) => {
    const room = await open(context);
    const { repo, head } = await repository(room, 'twice');
    const one = await written(room, 'one.safetensors', randomBytes(2_000_000));
    const first = await commit(room, { ...request(repo, head), uploads: [one] });
    const other = await written(room, 'other.safetensors', randomBytes(1_000_000));
    const sent: number[] = [];
    const again = { ...request(repo, first), uploads: [{ ...one, path: 'moved.safetensors' }, other] };
    await room.publisher.commit(again, (bytes) => sent.push(bytes), signal);
    expect(sent.at(-1)).toBe(1_000_000);
  });

  test('a file that is not the one whose digest was taken is refused before anything is committed', async (context) => {
    const room = await open(context);
    const { repo, head } = await repository(room, 'changed');
    const good = await written(room, 'model.safetensors', randomBytes(2_000_000));
    for (const bytes of [randomBytes(2_000_000), randomBytes(1_999_999), randomBytes(5)]) {
      await writeFile(good.file, bytes);
      const refused = room.publisher.commit({ ...request(repo, head), uploads: [README, good] }, ignore, signal);
      await expect(refused).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(good.file) });
      expect((await room.publisher.findRepository(repo, signal))?.head).toBe(head);
    }
  });

  test('a tag is made once and stays where it is', async (context) => {
    const room = await open(context);
    const { publisher } = room;
    const { repo, head } = await repository(room, 'tagged');
    expect(await publisher.findTag(repo, 'run-one', signal)).toBeUndefined();
    const oid = await commit(room, request(repo, head));
    await publisher.createTag(repo, { name: 'run-one', oid, message: 'Run one' }, signal);
    expect(await publisher.findTag(repo, 'run-one', signal)).toBe(oid);
    await publisher.createTag(repo, { name: 'run-one', oid, message: 'Run one' }, signal);
    const moved = publisher.createTag(repo, { name: 'run-one', oid: head, message: 'Run one' }, signal);
    await expect(moved).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('run-one') });
    expect(await publisher.findTag(repo, 'run-one', signal)).toBe(oid);
    await commit(room, { ...request(repo, oid), uploads: [{ ...README, text: 'later' }] });
    expect(await publisher.readText(repo, 'run-one', 'README.md', signal)).toBe(README.text);
  });

  test('what is not there is said so', async (context) => {
    const room = await open(context);
    const { publisher, user } = room;
    const { repo, head } = await repository(room, 'there');
    const badInput = { name: 'UserError', code: 'bad-input' };
    await expect(all(publisher.commits(`${user}/absent`, 'main', signal))).rejects.toMatchObject(badInput);
    await expect(all(publisher.files(repo, 'nowhere', signal))).rejects.toMatchObject(badInput);
    const missing = { ...request(repo, head), uploads: [], deletions: ['no/such.json'] };
    await expect(publisher.commit(missing, ignore, signal)).rejects.toMatchObject({
      ...badInput,
      message: expect.stringContaining('no/such.json'),
    });
    await expect(publisher.commit(request(`${user}/absent`, '0'.repeat(40)), ignore, signal)).rejects.toMatchObject(
      badInput,
    );
  });

  test('a text that is too long to be one is refused', async (context) => {
    const room = await open(context);
    const { repo, head } = await repository(room, 'long');
    const big = await written(room, 'big.safetensors', Buffer.alloc(4 * 1024 * 1024 + 1));
    await commit(room, { ...request(repo, head), uploads: [big] });
    await expect(room.publisher.readText(repo, 'main', big.path, signal)).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('nothing is done for a signal that has been given', async (context) => {
    const room = await open(context);
    const { publisher } = room;
    const { repo, head } = await repository(room, 'stopped');
    const reason = new Error('enough');
    const stopped = AbortSignal.abort(reason);
    await expect(publisher.commit(request(repo, head), ignore, stopped)).rejects.toBe(reason);
    await expect(publisher.findRepository(repo, stopped)).rejects.toBe(reason);
    await expect(all(publisher.commits(repo, 'main', stopped))).rejects.toBe(reason);
    await expect(publisher.createTag(repo, { name: 'no', oid: head, message: '' }, stopped)).rejects.toBe(reason);
    expect((await publisher.findRepository(repo, signal))?.head).toBe(head);
    expect(await publisher.findTag(repo, 'no', signal)).toBeUndefined();
  });
}

async function repository({ publisher, user }: PublisherRoom, name: string) {
  const repo = `${user}/${name}`;
  await publisher.createRepository(repo, { isPrivate: true }, signal);
  return { repo, head: (await publisher.findRepository(repo, signal))?.head ?? '' };
}

function request(repo: string, parent: string): HubCommitRequest {
  return { repo, branch: 'main', parent, title: 'Add a card', message: '', uploads: [README], deletions: [] };
}

async function commit({ publisher }: PublisherRoom, what: HubCommitRequest): Promise<string> {
  const done = await publisher.commit(what, ignore, signal);
  return done.kind === 'committed' ? done.oid : expect.fail(done.kind);
}

/** A file of the room as it is to be published. */
export async function written({ folder }: Pick<PublisherRoom, 'folder'>, path: string, bytes: Buffer) {
  const file = join(folder, path.replaceAll('/', '-'));
  await writeFile(file, bytes);
  return { path, kind: 'file', file, size: bytes.length, sha256: sha256(bytes) } as const;
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  return Array.fromAsync(items);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
