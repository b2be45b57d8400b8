import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Limits, Timing } from '../../../../src/adapters/kubernetes/api/http/timing.ts';
import type { KubeApi, KubeFault } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { type OpenClusterOptions, openCluster } from '../../../../src/adapters/kubernetes/api/open-cluster.ts';
import { type FakeApiServer, type Script, startApiServer } from '../../../fakes/api-server/fake-api-server.ts';
import type { Wire } from '../../../fakes/api-server/wire.ts';

/** A clock that stands still but for the waits, which are over at once. */
export class QuickTiming implements Timing {
  readonly waits: number[] = [];
  #now = 0;
  /** What is asked for after each wait; a test may change the world there. */
  onWait: (ms: number) => void = () => undefined;

  now(): number {
    return this.#now;
  }

  wall(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  random(): number {
    return 0.5;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#now += ms;
    if (ms > 0) this.waits.push(Math.round(ms));
    this.onWait(ms);
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}

/** What a test sees of one client of the fake server. */
export interface Bench {
  readonly api: KubeApi;
  readonly server: FakeApiServer;
  readonly timing: QuickTiming;
  readonly troubles: string[];
  readonly notices: string[];
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-kube-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface BenchOptions {
  readonly user?: object;
  readonly cluster?: object;
  readonly limits?: Partial<Limits>;
  readonly more?: Partial<OpenClusterOptions>;
}

/** A fake server that plays a script, and a client of it. */
export async function bench(script: Script['onRequest'] | Script, options: BenchOptions = {}): Promise<Bench> {
  const server = await startApiServer(script);
  onTestFinished(() => server.stop().catch(() => undefined));
  const folder = temporaryFolder();
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, server.kubeconfig(options.user, options.cluster));
  const timing = new QuickTiming();
  const troubles: string[] = [];
  const notices: string[] = [];
  const api = await openCluster({
    env: { PATH: process.env['PATH'] },
    home: folder,
    kubeconfig,
    userAgent: 'ilab-backend/test',
    limits: { rate: 1e6, burst: 1e6, ...options.limits },
    timing,
    onTrouble: (message) => troubles.push(message),
    onRecovered: () => troubles.push('recovered'),
    onNotice: (message) => notices.push(message),
    ...options.more,
  });
  return { api, server, timing, troubles, notices };
}

/** An object as a server gives it. */
export function configMap(name: string, version = '1', uid = `uid-${name}`): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid, resourceVersion: version, namespace: 'ns' } };
}

/** A refusal as a server words it. */
export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message, details };
}

/** Plays one after the other, the last for ever. */
export function inTurn(...plays: readonly ((wire: Wire) => void)[]): (heard: unknown, wire: Wire) => void {
  let at = 0;
  return (_heard, wire) => {
    plays[Math.min(at, plays.length - 1)]?.(wire);
    at += 1;
  };
}

/** An answer that is well. */
export const found = (wire: Wire): void => wire.json(200, configMap('a'));

/** What a call threw. */
export async function faultOf(work: Promise<unknown>): Promise<KubeFault> {
  try {
    await work;
  } catch (error) {
    return error as KubeFault;
  }
  throw new Error('it went well');
}
