import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readAttemptLogs } from '../../src/adapters/kubernetes/logs/read-attempt-logs.ts';
import { locateCluster, type RigFacts } from '../cluster/support/locate.ts';
import { diskLines, type Figures, figures, numbersOf, type Read, stamped } from '../cluster/support/log-figures.ts';
import { linesOf } from '../fakes/lines-of.ts';

/*
 * The follower of ours beside `kubectl logs -f`, on a kubelet that rotates at 64 Ki every 3 s. Both are compared with what the runtime wrote to the
 * node's disk: the rig's nodes keep their files on this machine.
 */

const SUPPORT = join(import.meta.dirname, '../cluster/support');
const FOLLOW = join(SUPPORT, 'follow-logs.ts');
/** A node of its own: the others' logs are not to be rotated so. */
const NODE = 3;
const namespace = `logs-${crypto.randomUUID().slice(0, 8)}`;
const folders: string[] = [];

const place = locateCluster();
/** Of somebody else's cluster the nodes' disks are not here. */
const facts = place?.rig;
const KUBECONFIG = place?.kubeconfig ?? '';

function rigFacts(): RigFacts {
  if (facts === undefined) throw new Error('npm run cluster:up');
  return facts;
}
const rig = (script: string, ...args: readonly string[]): string =>
  execFileSync(join(rigFacts().scripts, script), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const kubectl = (...args: readonly string[]): string => rig('kubectl.sh', ...args);

/** Every stretch of lines that were on the node's disk and are not stored has a mark; nothing is stored twice, and nothing that was not there. */
const NOTHING_HIDDEN = { doubled: 0, foreign: 0, unmarked: 0 };

interface Found {
  readonly files: number;
  readonly onDisk: number;
  /** Numbers that the program printed and the runtime did not write. */
  readonly notOnDisk: number;
  readonly ours: Figures;
  readonly theirs: Figures;
}

beforeAll(() => {
  if (facts === undefined) return;
  rig('pki.sh', String(NODE));
  rig('node-up.sh', String(NODE), 'LOG_MAX_SIZE=64Ki', 'LOG_MONITOR_INTERVAL=3s');
  kubectl('taint', 'node', `n${NODE}`, 'rig.local/logs=only:NoSchedule', '--overwrite');
  kubectl('create', 'namespace', namespace);
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  if (facts === undefined) return;
  rmSync(join(rigFacts().root, `n${NODE}/kept`, namespace), { recursive: true, force: true });
  kubectl('delete', 'namespace', namespace, '--wait=true');
  rig('node-down.sh', String(NODE));
  kubectl('delete', 'node', `n${NODE}`);
});

/** A pod that runs a script, all of whose files are kept. */
async function startPod(name: string, script: string): Promise<Kept> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      restartPolicy: 'Never',
      nodeSelector: { 'rig.local/node': `n${NODE}` },
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: 'main', image: 'rig.local/busybox:1', imagePullPolicy: 'Never', command: ['sh', '-c', script] },
      ],
    },
  };
  execFileSync(join(rigFacts().scripts, 'kubectl.sh'), ['create', '-f', '-'], { input: JSON.stringify(pod) });
  const uid = kubectl('-n', namespace, 'get', 'pod', name, '-o', 'jsonpath={.metadata.uid}');
  return await Kept.begin(name, uid);
}

/** What the runtime really wrote to the node's disk, whatever was rotated away since. */
class Kept {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  static async begin(pod: string, uid: string): Promise<Kept> {
    const { root } = rigFacts();
    const from = join(root, `n${NODE}/log/pods/${namespace}_${pod}_${uid}/main`);
    const folder = join(root, `n${NODE}/kept`, namespace, pod);
    const child = fork(join(SUPPORT, 'keep-logs.ts'), [from, folder]);
    await once(child, 'message');
    return new Kept(child, folder);
  }

  /** The lines of all files in their order, and how many files there were. */
  end(): { readonly disk: readonly Read[]; readonly files: number } {
    this.#child.disconnect();
    const files = readdirSync(this.#folder).sort();
    const texts = files.map((file) => readFileSync(join(this.#folder, file), 'latin1'));
    return { disk: diskLines(texts.join('')), files: files.length };
  }
}

/** Ours and kubectl's, as processes. */
class Readers {
  readonly folder: string;
  readonly ours: ChildProcess;
  readonly theirs: ChildProcess;
  readonly #kept: Kept;
  readonly #ends: readonly Promise<unknown>[];

  private constructor(folder: string, ours: ChildProcess, kept: Kept, pod: string) {
    this.folder = folder;
    this.ours = ours;
    this.#kept = kept;
    const args = ['--kubeconfig', KUBECONFIG, '-n', namespace, 'logs', '-f', '--timestamps', pod];
    this.theirs = spawn(rigFacts().kubectl, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { HOME: folder } });
    const file = createWriteStream(join(folder, 'theirs'));
    this.theirs.stdout?.pipe(file);
    this.#ends = [new Promise((resolve) => ours.once('exit', resolve)), finished(file)];
  }

  /** A pod that runs a script, and those who read what it says: ours from before it is there, as in a run. */
  static async begin(pod: string, script: string): Promise<Readers> {
    const folder = mkdtempSync(join(tmpdir(), 'ilab-logs-'));
    folders.push(folder);
    const ours = fork(FOLLOW, [KUBECONFIG, namespace, pod, join(folder, 'ours')]);
    await once(ours, 'message');
    const kept = await startPod(pod, script);
    // Of a container that does not run kubectl says so, and ends.
    kubectl('-n', namespace, 'wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=180s');
    return new Readers(folder, ours, kept, pod);
  }

  async ended(printed: number): Promise<Found> {
    await Promise.all(this.#ends);
    const { disk, files } = this.#kept.end();
    const ours: Read[] = [];
    const folder = join(this.folder, 'ours');
    for await (const line of linesOf(readAttemptLogs(folder, { follow: false }, AbortSignal.timeout(60_000))))
      ours.push(line);
    const theirs = readFileSync(join(this.folder, 'theirs'), 'latin1').split('\n').slice(0, -1).map(stamped);
    return {
      ...{ files, onDisk: disk.length, notOnDisk: printed - numbersOf(disk).size },
      ours: figures(disk, ours),
      theirs: figures(disk, theirs),
    };
  }
}

function show(name: string, found: Found): void {
  const { files, onDisk, notOnDisk, ours, theirs } = found;
  const row = (who: string, one: Figures): string =>
    `${who}: lost ${one.lost}, doubled ${one.doubled}, not of the disk ${one.foreign}, losses without a mark ${one.unmarked}, marks ${one.marks} (${one.empty} where nothing is missing)`;
  console.log(
    `${name}: ${onDisk} lines in ${files} files, ${notOnDisk} never written by the runtime\n  ${row('ilab-backend', ours)}\n  ${row('kubectl logs -f', theirs)}`,
  );
}

const numbers = (from: number, to: number): string => `seq ${from} ${to} | sed 's/^.*$/n & ${'.'.repeat(80)}/'`;

describe('on a real kubelet', () => {
  beforeEach(({ skip }) => {
    if (facts === undefined) skip('needs the rig of cluster:up, not another cluster');
  });

  test('a burst of 100 000 lines is stored whole', async () => {
    const readers = await Readers.begin('burst', `sleep 8; ${numbers(1, 100_000)}; sleep 1`);
    const found = await readers.ended(100_000);
    show('100 000 lines at once', found);
    expect(found).toMatchObject({ notOnDisk: 0, ours: NOTHING_HIDDEN });
  });

  test('a kubelet that dies and returns costs no line', async () => {
    const script = 'i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo "n $i"; usleep 20000; done';
    const readers = await Readers.begin('killed', script);
    await delay(12_000);
    rig('kill.sh', `kubelet@n${NODE}`);
    rig('start.sh', `kubelet@n${NODE}`);
    const found = await readers.ended(1500);
    show('the kubelet was killed and started', found);
    expect(found).toMatchObject({ notOnDisk: 0, ours: NOTHING_HIDDEN });
  });

  test('a reader that is stopped while files are rotated marks what it has lost', async () => {
    const burst = (nth: number): string => `${numbers(nth * 50_000 + 1, (nth + 1) * 50_000)}; sleep 3`;
    const script = `sleep 8; ${Array.from({ length: 8 }, (_, nth) => burst(nth)).join('; ')}; sleep 4`;
    const readers = await Readers.begin('stopped', script);
    await delay(10_000);
    for (const child of [readers.ours, readers.theirs]) child.kill('SIGSTOP');
    await delay(12_000);
    for (const child of [readers.ours, readers.theirs]) child.kill('SIGCONT');
    const found = await readers.ended(400_000);
    show('400 000 lines, rotated, the reader stopped for 12 s', found);
    expect(found).toMatchObject({ notOnDisk: 0, ours: NOTHING_HIDDEN });
    expect(found.ours.marks).toBeGreaterThan(0);
  });

  test('a reader that is killed and started again loses and doubles nothing', async () => {
    const script = `sleep 5; i=0; while [ $i -lt 800 ]; do i=$((i+1)); echo "n $i"; usleep 20000; done`;
    const first = await Readers.begin('resumed', script);
    await delay(9000);
    first.ours.kill('SIGKILL');
    execFileSync(process.execPath, [FOLLOW, KUBECONFIG, namespace, 'resumed', join(first.folder, 'ours')]);
    const found = await first.ended(800);
    show('the reader was killed and started again', found);
    expect(found).toMatchObject({ notOnDisk: 0, ours: { ...NOTHING_HIDDEN, lost: 0, marks: 0 } });
  });
});
