import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reportPage } from '../../src/ui/report/page.ts';
import { barelyBegun, reportOf } from '../ui/report/reports.ts';
import { browserOfFile, leavePicture, NO_BROWSER } from './browser.ts';

/*
 * The page as people meet it, in a real browser: light and dark, narrow, on paper, by keyboard, for a screen reader. What it looks
 * like is seen in the pictures (`ILAB_TEST_PICTURES=folder`).
 */

const PAGES = {
  one: () => reportOf('weekly-47'),
  two: () => reportOf('weekly-46', 'weekly-47'),
  six: () => reportOf('a1', 'b2', 'c3', 'd4', 'e5', 'f6'),
  begun: barelyBegun,
} as const;
type PageName = keyof typeof PAGES;
const NAMES = Object.keys(PAGES) as readonly PageName[];

const open = browserOfFile();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-page-'));
  for (const name of NAMES) writeFileSync(fileOf(name), reportPage(PAGES[name]()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: PageName): string {
  return join(folder, `${name}.html`);
}

beforeEach(({ skip }) => {
  if (NO_BROWSER !== undefined) skip(NO_BROWSER);
});

describe('the page of a report', () => {
  test.each(NAMES)('%s: loads without a request, an error or a script, and fits into 320 pixels', async (name) => {
    const { page, requests, complaints } = await open(fileOf(name), {
      viewport: { width: 320, height: 640 },
      javaScriptEnabled: true,
    });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(await page.evaluate('document.scripts.length')).toBe(0);
    await leavePicture(page, `${name}-narrow`);
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
  });

  test.each([
    ['one', ['light', 'dark']],
    ['begun', ['light']],
  ] as const)('%s, %s: nothing that axe finds keeps anybody from reading it', async (name, schemes) => {
    const { page } = await open(fileOf(name));
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await page.evaluate(axe.source);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page, colorScheme), colorScheme).toEqual([]);
      await leavePicture(page, `${name}-${colorScheme}`);
    }
  });

  test('its charts are seen, in both schemes in other colours', async () => {
    const colors: string[] = [];
    const { page } = await open(fileOf('two'));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const charts = await chartsOf(page);
      expect(charts.length).toBe(2 + 2 + 3);
      for (const { width, height } of charts) expect(Math.min(width, height)).toBeGreaterThan(100);
      colors.push(await page.evaluate("getComputedStyle(document.querySelector('svg rect')).fill"));
    }
    expect(new Set(colors).size).toBe(2);
  });

  test('on a telephone shows as many charts, each as wide as the window at most', async () => {
    const { page } = await open(fileOf('two'), { viewport: { width: 400, height: 700 } });
    const charts = await chartsOf(page);
    expect(charts.length).toBe(2 + 2 + 3);
    for (const { width } of charts) expect(width).toBeLessThanOrEqual(400);
    await leavePicture(page, 'two-narrow');
  });

  test('is read from the keyboard: past the contents, along what is wider than the window, into the figures', async () => {
    const { page } = await open(fileOf('one'), { viewport: { width: 400, height: 700 } });
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('A Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    const seen: string[] = [];
    // Until it leaves the page, or begins anew.
    for (let now = ''; !/^(?:A|BODY|HTML) /.test(now); now = await focused(page)) {
      if (now !== '') seen.push(now);
      await page.keyboard.press('Tab');
    }
    expect(seen.some((one) => one.startsWith('DIV Timeline of weekly-47'))).toBe(true);
    expect(seen.some((one) => one.startsWith('SUMMARY The figures of loss'))).toBe(true);
    await page.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details').first().getAttribute('open')).toBe('');
    await page.evaluate(
      "[...document.querySelectorAll('.scroll')].find((one) => one.scrollWidth > one.clientWidth).focus()",
    );
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.evaluate('document.activeElement.scrollLeft')).toBeGreaterThan(0);
  });

  test('on paper is light whatever the screen was, cuts no table off and splits no chart', async () => {
    const { page } = await open(fileOf('six'), { colorScheme: 'dark', viewport: { width: 690, height: 1000 } });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(690);
    const breaks = "[...document.querySelectorAll('figure')].map((one) => getComputedStyle(one).breakInside)";
    expect(new Set(await page.evaluate<readonly string[]>(breaks))).toEqual(new Set(['avoid']));
    await leavePicture(page, 'six-print');
    const pdf = await page.pdf({ format: 'A4', printBackground: true });
    expect(pdf.subarray(0, 4).toString()).toBe('%PDF');
  });
});

/** The sizes of the charts that are seen, in pixels. */
function chartsOf(page: Page): Promise<readonly { readonly width: number; readonly height: number }[]> {
  const sizes =
    "[...document.querySelectorAll('svg[role=img]')].filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => { const { width, height } = one.getBoundingClientRect(); return { width, height } })";
  return page.evaluate(sizes);
}

/** What has the focus: its element and what a screen reader calls it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(
    "(() => { const one = document.activeElement; return one.tagName + ' ' + (one.getAttribute('aria-label') ?? one.textContent).trim() })()",
  );
}

/** Of a page that axe was put into; it forbids scripts, but a debugger's evaluation is none of the page's. */
function violationsOf(page: Page, scheme: 'light' | 'dark'): Promise<readonly string[]> {
  // A scheme changes colours only.
  const rules = scheme === 'dark' ? "{ runOnly: ['color-contrast'] }" : '{}';
  return page.evaluate(
    `axe.run(document, ${rules}).then(({ violations }) => violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes.map(({ html }) => html.slice(0, 120)).join(' | ')))`,
  );
}
