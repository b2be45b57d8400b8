import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const CLONE = resolve(import.meta.dirname, '../../..');
/** The project with the engines of upstream; see its ilab-backend.yaml. */
export const PROJECT = import.meta.dirname;
export const KEY = 'the-key-of-the-test';
/** What stands in for a GPU and for vllm; files of one folder. */
export const SHIM = join(CLONE, 'stages/train/instructlab-training/tests/cpu_shim/sitecustomize.py');
export const SERVER = join(PROJECT, 'serve_model.py');

/** Teacher and judge, scripted, at an address of this machine. */
export class ScriptedEndpoint {
  readonly #process: ChildProcess;
  readonly url: string;

  private constructor(started: ChildProcess, url: string) {
    this.#process = started;
    this.url = url;
  }

  static async start(host = '127.0.0.1'): Promise<ScriptedEndpoint> {
    const started = spawn('python3', ['-B', join(PROJECT, 'endpoint.py'), host, '0'], {
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: join(CLONE, 'stages/datagen/instructlab-sdg/tests'),
        API_KEY: KEY,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(createInterface({ input: started.stdout }), 'line')) as [string];
    return new ScriptedEndpoint(started, `http://${host}:${port}/v1`);
  }

  /** What the project leaves open. `key`: a reference to it. */
  settings(key: string): readonly string[] {
    const values = [`teacher.url=${this.url}`, `judge.url=${this.url}`, `teacher.apiKey=${key}`, `judge.apiKey=${key}`];
    return values.flatMap((value) => ['--set', value]);
  }

  stop(): void {
    this.#process.kill();
  }
}
