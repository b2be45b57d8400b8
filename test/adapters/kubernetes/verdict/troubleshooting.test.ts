import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { meaningOf, VERDICTS, type VerdictCode } from '../../../../src/adapters/kubernetes/verdict/codes.ts';
import { failedAs } from '../../../../src/adapters/kubernetes/verdict/pod-failure.ts';
import { outcomePhase, PHASE_EXIT_CODE } from '../../../../src/domain/run/run-phase.ts';

const doc = readFileSync(new URL('../../../../docs/troubleshooting.md', import.meta.url), 'utf8');
const rows = [...doc.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, code = '', rest = '']) => ({
  code: code as VerdictCode,
  cells: rest.split(' | '),
}));

describe('docs/troubleshooting.md', () => {
  test('has one row for each code, and no other', () => {
    expect(rows.map(({ code }) => code).sort()).toEqual(Object.keys(VERDICTS).sort());
  });

  test.each(rows.filter(({ code }) => meaningOf(code) !== undefined))(
    'says class and exit code of $code',
    ({ code, cells }) => {
      const exit = PHASE_EXIT_CODE[outcomePhase(failedAs(code, '')) as keyof typeof PHASE_EXIT_CODE];
      expect(cells.at(-1)).toBe(String(exit));
      expect(cells.at(-2)?.split(', ')).toContain(meaningOf(code)?.class);
    },
  );
});
