import { type Facts, numberIn, WORK } from './facts.ts';

const THROUGHPUT =
  /\bAvg prompt throughput: ([\d.]{1,20}) tokens\/s, Avg generation throughput: ([\d.]{1,20}) tokens\/s(?:, Running: (\d{1,9}) reqs)?(?:, Waiting: (\d{1,9}) reqs)?/;

/** What vLLM's engine says of itself every ten seconds. It tells of speed, not of how far anything is. */
export function vllmLine(text: string): Facts | undefined {
  if (!text.includes('Avg prompt throughput: ')) return undefined;
  const found = THROUGHPUT.exec(text);
  if (found === null) return undefined;
  const values: Readonly<Record<string, number | undefined>> = {
    prompt_tokens_per_second: numberIn(found[1]),
    tokens_per_second: numberIn(found[2]),
    requests_running: numberIn(found[3]),
    requests_waiting: numberIn(found[4]),
  };
  const metrics = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined);
  // An idle server goes on saying so: only what it generates is work.
  return { kind: (values['tokens_per_second'] ?? 0) > 0 ? 'work' : 'report', metrics: Object.fromEntries(metrics) };
}

const SAMPLES = /\bGenerated (\d{1,12}) samples$/;
const BLOCK = /\bRunning block: ([\w.-]{1,80})$/;

/** What instructlab-sdg logs: the block that runs, the samples that a leaf gave. */
export function sdgLine(text: string): Facts | undefined {
  const samples = text.includes('Generated ') ? numberIn(SAMPLES.exec(text)?.[1]) : undefined;
  if (samples !== undefined) return { kind: 'work', metrics: { samples } };
  const block = text.includes('Running block: ') ? BLOCK.exec(text)?.[1] : undefined;
  if (block !== undefined) return { kind: 'work', message: `block ${block}` };
  return text.includes('Saving checkpoint to ') || text.includes('Saving model checkpoint to ') ? WORK : undefined;
}
