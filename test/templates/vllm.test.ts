import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { RenderablePipeline } from '../../src/domain/pipeline/renderable-pipeline.ts';
import { TypedIn } from '../config/harness.ts';
import { podOf } from './manifests.ts';
import { VLLM, vllmFaults } from './vllm-options.ts';

const SERVED = ['h100x4', 'h100x8', 'a100x8', 'l40s'] as const;
const ENGINE = 'stages/eval/instructlab-eval';

const place = new TypedIn();
afterAll(() => place.remove());

const opened = new Map<string, Promise<RenderablePipeline>>();

async function open(profile: string): Promise<RenderablePipeline> {
  const set = ['taxonomy=/data/taxonomy', 'model=hf:instructlab/granite-7b-lab'];
  return (await place.configure({ pipeline: 'instructlab', profile, set })).pipeline;
}

async function serverOf(profile: string, stage: string) {
  const pipeline = opened.get(profile) ?? open(profile);
  opened.set(profile, pipeline);
  const [server] = podOf(await pipeline, stage).init;
  return server as { readonly image: string; readonly command: readonly string[] };
}

const COMMANDS = SERVED.flatMap((profile) => [[profile, 'datagen'] as const, [profile, 'eval'] as const]);

describe('vllm would take what it is started with', () => {
  test.each(COMMANDS)('by %s in %s', async (profile, stage) => {
    const { command } = await serverOf(profile, stage);
    expect(vllmFaults(command)).toEqual([]);
  });

  test.each(COMMANDS)('by %s in %s, in the version whose options are known', async (profile, stage) => {
    const { image } = await serverOf(profile, stage);
    expect(image).toBe(`vllm/vllm-openai:v${VLLM.vllm}`);
  });

  test('by the engine that serves the candidates, in its own image', () => {
    // Given the default of the parameter `serve`, filled in
    const settings = readFileSync(`${ENGINE}/ilab_eval_instructlab/settings.py`, 'utf8');
    const [, words = ''] = /^_SERVE = \(([^)]*)\)/m.exec(settings) ?? [];
    const values: Readonly<Record<string, string>> = { model: '/content/model', name: 'base', port: '8000', gpus: '2' };
    const command = [...words.matchAll(/"([^"]*)"/g)].map(([, word = '']) =>
      word.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all),
    );
    expect(command).toContain('--tensor-parallel-size=2');
    expect(vllmFaults(command)).toEqual([]);
    expect(readFileSync(`${ENGINE}/README.md`, 'utf8')).toContain(
      [...words.matchAll(/"([^"]*)"/g)].map(([, word]) => word).join(' '),
    );
    expect(readFileSync(`${ENGINE}/Containerfile`, 'utf8')).toContain(`vllm/vllm-openai:v${VLLM.vllm}\n`);
  });
});

describe('what it would refuse is found', () => {
  test.each([
    ['--tensor-paralel-size=4', 'no option'],
    ['--tensor-parallel-size=four', 'wants integer'],
    ['--tensor-parallel-size', 'wants integer'],
    ['--quantization=fb8', 'wants auto_awq|'],
    ['--enforce-eager=true', 'wants switch'],
    ['--no-dtype', 'no option'],
    ['--hf-overrides.rope=1', 'no option'],
    ['--speculative-config={', 'wants json'],
    ['--gpu-memory-utilization=90%', 'wants number'],
    ['fp8', 'no option'],
  ])('%s: %s', async (arg, fault) => {
    const { command } = await serverOf('h100x4', 'datagen');
    expect(vllmFaults([...command, arg])).toEqual([expect.stringContaining(`${arg}: ${fault}`)]);
  });

  test.each([
    '--max-model-len=8k',
    '--no-enable-prefix-caching',
    '-q=fp8',
    '--speculative-config.model=x',
    '--disable-log-stats',
    '--gpu-memory-utilization=0.9',
  ])('and %s is taken', async (arg) => {
    const { command } = await serverOf('h100x4', 'datagen');
    expect(vllmFaults([...command, arg, '--seed', '7'])).toEqual([]);
  });

  test('and another command than vllm serve', () => {
    expect(vllmFaults(['vllm', 'serve', '--port=8000'])).toHaveLength(1);
  });
});
