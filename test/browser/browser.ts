import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const PICTURES = process.env['ILAB_TEST_PICTURES'];

/** Why there is no browser here; undefined where there is one. Where one is required (`ILAB_TEST_BROWSER`), that is a failure. */
export const NO_BROWSER = findBrowser() === undefined ? 'needs chromium' : undefined;

function findBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found === undefined && process.env['ILAB_TEST_BROWSER'] === 'required') {
    throw new Error(`ILAB_TEST_BROWSER=required, and there is none of ${NAMES.join(', ')} on PATH`);
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A page that is open, with all that it asked for and complained of. */
export interface OpenPage {
  readonly page: Page;
  /** Addresses beside its own. */
  readonly requests: readonly string[];
  /** What a console would show, and errors that nobody caught. */
  readonly complaints: readonly string[];
}

/** One headless browser for a file of tests; each page has a window of its own. */
export function browserOfFile(): (file: string, options?: BrowserContextOptions) => Promise<OpenPage> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const executablePath = findBrowser();
    if (executablePath === undefined) return;
    // A browser that runs as root has no sandbox to go to.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
  });
  return async (file, options = {}) => {
    if (browser === undefined) throw new Error('there is no browser');
    const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, bypassCSP: false, ...options });
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (request.url() !== `file://${file}`) requests.push(request.url());
    });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`file://${file}`);
    return { page, requests, complaints };
  };
}

/** Leaves a picture of the whole page in `ILAB_TEST_PICTURES`, where that names a folder; else none is taken: it takes a second. */
export async function leavePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ fullPage: true, path: join(PICTURES, `${name}.png`) });
}
