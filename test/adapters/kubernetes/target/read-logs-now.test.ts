import { expect, test } from 'vitest';
import type { KubeApi, LogQuery } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { PodState } from '../../../../src/adapters/kubernetes/logs/pod-state.ts';
import { readLogsNow } from '../../../../src/adapters/kubernetes/target/read-logs-now.ts';

/* The last lines of a log that may be long: only they are fetched, and they are the ones that reading all would give. */

const never = new AbortController().signal;
const POD = { name: 'p', containers: [{ name: 'main', kind: 'running' }] } as unknown as PodState;
const SPLIT_AT = 5000;

/** A kubelet: its runtime writes long lines in pieces, it counts pieces, and the rest of a line that began before has no stamp. */
function kubelet(texts: readonly string[]): { readonly api: Pick<KubeApi, 'log'>; readonly asked: (number | 'all')[] } {
  const pieces = texts.flatMap((text, index) => {
    const time = `2026-01-01T00:00:${String(index).padStart(2, '0')}.000000000Z `;
    const count = Math.max(1, Math.ceil(text.length / SPLIT_AT));
    return Array.from({ length: count }, (_, piece) => {
      const part = text.slice(piece * SPLIT_AT, (piece + 1) * SPLIT_AT);
      return `${piece === 0 ? time : ''}${part}${piece === count - 1 ? '\n' : ''}`;
    });
  });
  const asked: (number | 'all')[] = [];
  const log = async (_pod: string, { tailLines }: LogQuery) => {
    asked.push(tailLines ?? 'all');
    const body = (async function* () {
      for (const piece of tailLines === undefined ? pieces : pieces.slice(-tailLines)) yield Buffer.from(piece);
    })();
    return { status: 200, headers: {}, body };
  };
  return { api: { log }, asked };
}

const LONG = 'x'.repeat(SPLIT_AT * 2 + 1);

test.each<[string, readonly string[], readonly (number | 'all')[]]>([
  ['more lines than are wanted', ['a', 'b', 'c', 'd', 'e'], [4]],
  ['as many', ['a', 'b', 'c'], [4]],
  ['fewer', ['a', 'b'], [4]],
  ['none', [], [4]],
  ['a long line among the last', ['a', 'b', LONG, 'd', 'e'], [4, 'all']],
  ['a long line that ends where the answer begins', ['a', LONG, 'c', 'd', 'e'], [4, 'all']],
])('of a log with %s', async (_name, texts, requests) => {
  const { api, asked } = kubelet(texts);
  const lines = await readLogsNow(api, [POD], { tail: 3 }, never);
  expect(lines.map(({ text }) => text)).toEqual(texts.slice(-3));
  expect(asked).toEqual(requests);
});

test('no line is asked for where none is wanted', async () => {
  const { api, asked } = kubelet(['a']);
  expect(await readLogsNow(api, [POD], { tail: 0 }, never)).toEqual([]);
  expect(asked).toEqual([]);
});
