import { expect, test } from 'vitest';
import type { Report, RunReport } from '../../../src/domain/report/report.ts';
import { timelineSeconds } from '../../../src/ui/report/charts.ts';
import { reportMarkdown } from '../../../src/ui/report/markdown.ts';
import { reportPage } from '../../../src/ui/report/page.ts';
import { reportOf } from './reports.ts';

/* What a record may hold, and hardly ever does. */

function changed(change: (run: RunReport) => Partial<RunReport>): Report {
  const report = reportOf('weekly-47');
  return { ...report, runs: report.runs.map((run) => ({ ...run, ...change(run) })) };
}

test('of more runs than there are colours each is drawn in one that the page has', () => {
  const page = reportPage(reportOf(...Array.from({ length: 8 }, (_, index) => `run-${index}`)));
  const used = [...page.matchAll(/var\(--run-(\d+)\)/g)].map(([, number]) => Number(number));
  expect(Math.max(...used)).toBe(6);
});

test('figures of hundreds of digits are written short', () => {
  const report = changed(({ stages }) => ({
    stages: stages.map((stage) => ({ ...stage, metrics: { perplexity: 1e300, rows: -1e18, share: 123_456_789.5 } })),
  }));
  for (const text of [reportPage(report), reportMarkdown(report)]) {
    expect(text).toContain('1e+300');
    expect(text).toContain('−1e+18');
    expect(text).not.toMatch(/[\d\u202f]{25}/u);
  }
});

test('what another clock puts before the begin of the run is drawn from there', () => {
  const report = changed(({ stages, createdAt }) => {
    const before = (seconds: number): string => new Date(Date.parse(createdAt) + seconds * 1000).toISOString();
    const spans = [{ kind: 'user' as const, from: before(-90_000), to: before(3600), seconds: 93_600 }];
    return { stages: stages.map((stage) => ({ ...stage, attempts: [{ attempt: 1, phase: 'Succeeded', spans }] })) };
  });
  const drawn = [...reportPage(report).matchAll(/<rect x="(-?[\d.]+)"/g)].map(([, x]) => Number(x));
  expect(drawn.length).toBeGreaterThan(0);
  expect(Math.min(...drawn)).toBeGreaterThan(0);
});

test('any number of attempts has a timeline', () => {
  const { runs } = changed(({ stages, createdAt }) => {
    const span = { kind: 'user' as const, from: createdAt, to: createdAt, seconds: 0 };
    const attempt = { attempt: 1, phase: 'Succeeded' as const, spans: Array.from({ length: 150_000 }, () => span) };
    return { stages: stages.slice(0, 1).map((stage) => ({ ...stage, attempts: [attempt] })) };
  });
  expect(timelineSeconds(runs)).toBe(1);
});
