import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { observeAll, runToEnd, TestPlace } from './support/local-place.ts';

let here: TestPlace;
beforeEach(() => {
  here = new TestPlace();
});
afterEach(() => here.remove());

describe('an attempt', () => {
  test('runs with the environment, the content and the outputs its manifest says', async () => {
    const script =
      'echo "$GREETING"; cat "$ILAB_CONTENT/params.json"; echo; echo made >"$ILAB_CONTENT/artifacts/text"; pwd; env | sort';
    const spec = await here.spec({ script, env: [{ name: 'GREETING', value: 'hello' }] });

    const { outcome, texts } = await runToEnd(here.place, spec);

    const content = here.target.contentRoot(spec);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { artifacts: [{ name: 'artifacts', size: 5 }] } });
    expect(texts.slice(0, 3)).toEqual(['hello', '{"a":1}', content]);
    expect(texts.slice(3).map((line) => line.split('=')[0])).toEqual([
      'GREETING',
      'HOME',
      'ILAB_CONTENT',
      'ILAB_TERMINATION_LOG',
      'LANG',
      'PATH',
      'PWD',
      'TMPDIR',
    ]);
    expect(readFileSync(here.path('state/workspace/runs/r/s/1/text'), 'utf8')).toBe('made\n');
  });

  test('is told as started and ended', async () => {
    const spec = await here.spec({});
    const { uid, kind } = await here.target.submit(spec);
    const seen = await observeAll(here.place, spec, uid);
    expect(kind).toBe('created');
    expect(seen.map((observation) => observation.kind)).toEqual(['started', 'ended']);
  });
});
