import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/*
 * A real S3 server: versitygw over a folder, built from its published Go module once and kept outside the clone under its
 * version.
 */

const VERSION = readFileSync(join(import.meta.dirname, 'versitygw-version'), 'utf8').trim();

export const ACCESS_KEY = 'canary-access-key-4711';
export const SECRET_KEY = 'canary-secret-key-0815/+=';

/** The server's program; undefined where nobody has built it. */
export function versitygw(): string | undefined {
  const cache = process.env['ILAB_TEST_CACHE'] ?? join(homedir(), '.cache', 'ilab-backend-rig');
  const program = join(cache, `versitygw-${VERSION}`, 'versitygw');
  return existsSync(program) ? program : undefined;
}

export const NEEDS_SERVER = 'needs an S3 server: `npm run s3:server` builds it, with Go';

/** A server with one empty bucket, `ilab`. */
export class S3Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'ilab-s3-'));
  readonly bucket = 'ilab';
  readonly host: string;
  readonly port: number;
  readonly #program: string;
  #process: ChildProcess | undefined;

  private constructor(program: string, host: string, port: number) {
    this.#program = program;
    this.host = host;
    this.port = port;
    mkdirSync(join(this.folder, 'data', this.bucket), { recursive: true });
  }

  /** `host`: the address of this machine that it listens on. */
  static async start(host = '127.0.0.1'): Promise<S3Server> {
    const program = versitygw();
    if (program === undefined) throw new Error(NEEDS_SERVER);
    const server = new S3Server(program, host, await freePort(host));
    await server.begin();
    return server;
  }

  get endpoint(): string {
    return `http://${this.host}:${this.port}`;
  }

  /** The objects of the bucket, and what is left of uploads. */
  get bucketFolder(): string {
    return join(this.folder, 'data', this.bucket);
  }

  async begin(): Promise<void> {
    const args = ['--port', `${this.host}:${this.port}`, 'posix', join(this.folder, 'data')];
    const env = { PATH: process.env['PATH'] ?? '', ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY };
    this.#process = spawn(this.#program, args, { env, stdio: 'ignore' });
    while (!(await fetch(this.endpoint).then(Boolean, () => false))) await delay(20);
  }

  async stop(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined) return;
    const ended = new Promise((done) => server.once('exit', done));
    server.kill('SIGKILL');
    await ended;
  }

  async leave(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, host, listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
