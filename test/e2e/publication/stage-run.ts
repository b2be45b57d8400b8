import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { manifestJson, scoresJson } from '../../domain/publication/example.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../dist/publication.js');

export interface StageEnded {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The content root of one attempt of the stage, as a target lays it out; what a test is about is changed in it. */
export class StageRun {
  readonly folder = mkdtempSync(join(tmpdir(), 'ilab-publication-'));
  readonly registry = join(this.folder, 'registry');
  readonly model = join(this.folder, 'inputs', 'model');
  params: Record<string, unknown> = {
    ...{ modelName: 'workshop-tiny', run: 'weekly-47', runId: 'id-47', baseModel: 'tiny', registry: this.registry },
    parameters: { train: { epochs: 2, lora: null } },
  };
  manifest: Record<string, unknown> = manifestJson();
  scores: Record<string, unknown> = scoresJson();
  env: Record<string, string> = {};

  constructor() {
    mkdirSync(this.registry);
    mkdirSync(join(this.model, 'original'), { recursive: true });
    this.write('model/config.json', '{}');
    this.write('model/model.safetensors', 'weights'.repeat(100));
    this.write('model/original/extra.txt', 'x');
  }

  write(input: string, text: string): void {
    writeFileSync(join(this.folder, 'inputs', input), text);
  }

  /** Starts the program; the caller awaits or kills it. */
  start() {
    writeFileSync(join(this.folder, 'params.json'), JSON.stringify(this.params));
    this.write('manifest', JSON.stringify(this.manifest));
    this.write('scores', JSON.stringify(this.scores));
    const content = { ILAB_CONTENT: this.folder, ILAB_TERMINATION_LOG: join(this.folder, 'termination-log') };
    const env = { PATH: process.env['PATH'] ?? '', ...content, ...this.env };
    return execa(process.execPath, [PROGRAM], { env, extendEnv: false, stdin: 'ignore', reject: false });
  }

  async run(): Promise<StageEnded> {
    const { exitCode, signal, stdout, stderr } = await this.start();
    return { exitCode, signal, stdout, stderr };
  }

  /** Of the content root. */
  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** `result.json`. */
  result(): { metrics: Record<string, number>; artifacts: { name: string; path: string }[]; chosen?: string } {
    return JSON.parse(this.read('artifacts/result.json'));
  }

  leave(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
