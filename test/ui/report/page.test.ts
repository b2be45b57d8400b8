import { describe, expect, test } from 'vitest';
import { reportMarkdown } from '../../../src/ui/report/markdown.ts';
import { html } from '../../../src/ui/report/markup.ts';
import { reportPage } from '../../../src/ui/report/page.ts';
import { poisoned } from '../hostile.ts';
import { barelyBegun, reportOf } from './reports.ts';

/** What decides the shape of a report and is chosen by the program. */
const OURS = new Set([
  ...[
    'kind',
    'phase',
    'from',
    'to',
    'at',
    'createdAt',
    'endedAt',
    'madeAt',
    'apiVersion',
    'verdict',
    'better',
    'class',
  ],
  ...['name', 'run', 'program', 'title'],
]);
const ATTACK = `</title></style></svg>"'><script>alert(1)</script><img src=x onerror=alert(1)> @everyone |\u202e\u001b[31m`;

describe('markup', () => {
  test('escapes every value, also within an attribute and a list, and leaves markup alone', () => {
    expect(html`<p title="${'"><b>'}">${['<', html`<i>${'&'}</i>`]}${undefined}${false}${3}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;b&gt;">&lt;<i>&amp;</i>3</p>',
    );
  });

  test('spells out what would reorder text or draw on a terminal', () => {
    expect(html`${'a\u202eb\u001b'}`.text).toBe('a\\u202eb\\x1b');
  });
});

describe('the page', () => {
  const page = reportPage(reportOf('weekly-47'));

  test('is one file: it asks for nothing, runs nothing, and forbids both', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+=/i);
    expect(page.match(/(?:src|href)="(?!#)[^"]*"/g)).toBeNull();
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;`);
  });

  test('names a chart as one picture, and no part of it', () => {
    expect(reportPage(reportOf('weekly-47'))).not.toMatch(/<g[^>]* aria-label=/);
  });

  test('has every section, every name of it once, and each link of the contents leads to one', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...page.matchAll(/<li><a href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links).toEqual([
      ...[
        'facts',
        'scores',
        'time',
        'gpu-hours',
        'curves',
        'data',
        'failures',
        'warnings',
        'gates',
        'values',
        'lineage',
      ],
    ]);
    expect(ids).toEqual(expect.arrayContaining(links));
    for (const [, names] of page.matchAll(/aria-labelledby="([^"]+)"/g)) {
      expect(ids).toEqual(expect.arrayContaining((names ?? '').split(' ')));
    }
  });

  test('shows the figures with their errors, the causes and what followed', () => {
    expect(page).toContain('2.4500 ± 0.1100');
    expect(page).toContain('−3.3070 ± 0.1100');
    expect(page).toContain('because memory ran out');
    expect(page).toContain('a later attempt ended well');
    expect(page).toContain('tuned_heldout_loss = 2.45');
    expect(page).toContain('--set train.epochs=3');
  });

  test('says at its head what the run gained, and where the time before its stages went', () => {
    const head = page.slice(0, page.indexOf('<nav'));
    expect(head).toContain('<li>Held-out loss 5.7570 → 2.4500: <span class="good">better</span></li>');
    expect(head).toContain('<li>MMLU 0.4100 → 0.4500: within noise</li>');
    expect(page).toMatch(/Installing packages<\/th>[\s\S]{0,40}2m 51s/);
  });

  test('points with the arrow of a chart to where its figures are better', () => {
    expect(page).toContain('← Held-out loss, lower is better<');
    expect(page).toContain('MMLU, higher is better →<');
  });

  test('shows what the logs warned of with what to change, and times with their zone', () => {
    expect(page).toMatch(/GPU 3&#39;s memory ran out<br><code class="code">torch.OutOfMemoryError/);
    expect(page).toContain('lower train.maxBatchLength (now 60000)');
    expect(page).toContain('2026-01-05 06:00:00 UTC');
  });

  test('has each wide chart once more for a telephone, with the names of its rows and no axis beside them', () => {
    const charts = (kind: string) =>
      [...page.matchAll(new RegExp(`<div class="if-${kind}">(<svg[\\s\\S]*?</svg>)</div>`, 'g'))].map(
        ([, svg]) => svg ?? '',
      );
    const [wide, narrow] = [charts('wide'), charts('narrow')];
    expect(narrow.length).toBeGreaterThan(2);
    expect(wide).toHaveLength(narrow.length);
    for (const svg of narrow) expect(Number(/ width="(\d+)"/.exec(svg)?.[1])).toBeLessThanOrEqual(340);
    const scores = narrow.find((svg) => svg.includes('base against tuned')) ?? '';
    expect(scores).toContain('order_of_work');
    expect(scores).not.toContain('y-axis');
  });

  test('tells attempts of one run apart, in the chart and in its legend', () => {
    const [run] = reportOf('weekly-47').runs;
    const tried = (run?.series ?? []).filter(({ metric }) => metric === 'loss');
    const both = [...tried.map((one) => ({ ...one, attempt: 1 })), ...tried];
    const report = { ...reportOf('weekly-47'), runs: run === undefined ? [] : [{ ...run, series: both }] };
    const figure = /<figcaption>loss<\/figcaption>([\s\S]*?)<\/figure>/.exec(reportPage(report))?.[1] ?? '';
    const legend = [...figure.matchAll(/<li><svg[^>]*><line[^>]*stroke="([^"]+)"[^>]*stroke-dasharray="([^"]+)"/g)];
    expect(legend.map(([, stroke, dashes]) => [stroke, dashes])).toEqual([
      ['var(--run-1)', 'none'],
      ['var(--run-2)', '6 3'],
    ]);
    const chart = figure.slice(figure.indexOf('</ul>'));
    const drawn = ['var(--run-1)', 'var(--run-2)'].map((colour) => chart.includes(`stroke="${colour}"`));
    expect(drawn).toEqual([true, true]);
  });

  test('draws curves over the steps, where each value has one and none comes twice; else over time', () => {
    const [run] = reportOf('weekly-47').runs;
    const axis = (change: (step: number | undefined, index: number) => number | undefined): boolean => {
      const series = (run?.series ?? [])
        .filter(({ metric }) => metric === 'loss')
        .map((one) => ({
          ...one,
          points: one.points.map(({ step, ...point }, index) => {
            const changed = change(step, index);
            return { ...point, ...(changed === undefined ? {} : { step: changed }) };
          }),
        }));
      const text = reportPage({ ...reportOf('weekly-47'), runs: run === undefined ? [] : [{ ...run, series }] });
      expect(/loss over (the steps|time)/.exec(text)).not.toBeNull();
      return text.includes('loss over the steps');
    };
    expect(axis((_step, index) => index * 10)).toBe(true);
    expect(axis((_step, index) => index % 20)).toBe(false);
    expect(axis(() => undefined)).toBe(false);
  });

  test('puts runs side by side, each with a column, and says in what they differ', () => {
    const both = reportPage(reportOf('weekly-46', 'weekly-47'));
    expect(both).toContain('<th scope="col">weekly-46</th><th scope="col">weekly-47</th>');
    expect(both).toContain('They differ in 1 of 3.');
    // One axis for both: the longest timeline decides.
    expect(both.match(/hours since the run began/g)?.length, 'text and description, wide and narrow').toBe(2 * (2 + 2));
  });

  test('of a run that has just begun says what it does not know', () => {
    const fresh = reportPage(barelyBegun());
    expect(fresh).toContain('not yet');
    expect(fresh).toContain('could not be read: the pod is gone');
    expect(fresh).toContain('16h 40m so far');
    expect(fresh).not.toContain('NaN');
  });

  test.each([1, 2])('lets no text of strangers become markup (%i runs)', (count) => {
    const names = ['weekly-46', 'weekly-47'].slice(0, count);
    const hostile = reportPage(poisoned(reportOf(...names), OURS, ATTACK));
    expect(tagsOf(hostile)).toEqual(tagsOf(reportPage(reportOf(...names))));
    expect(hostile).not.toContain('\u202e');
    expect(hostile).not.toContain('\u001b');
  });
});

describe('Markdown', () => {
  test('has the same figures', async () => {
    await expect(reportMarkdown(reportOf('weekly-47'))).toMatchFileSnapshot('../../golden/report/report.md');
  });

  test('keeps the text of strangers in code spans', () => {
    const text = reportMarkdown(poisoned(reportOf('weekly-47'), OURS, ATTACK));
    const outside = text.replaceAll(/`[^`\n]*`/g, '');
    expect(outside.split('\n').filter((line) => /<script|@everyone/.test(line))).toEqual([]);
  });
});

/** The tags of a page in their order, without those that draw: the room that names take decides how many marks an axis has. */
function tagsOf(page: string): readonly string[] {
  return (page.match(/<\/?[a-zA-Z!][\w-]*/g) ?? []).filter((tag) => !/^<\/?(?:g|line|path|text)$/.test(tag));
}
