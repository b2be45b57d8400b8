import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLines, sourceFiles, treeFiles } from './files.ts';

const MAP = 'docs/code.md';
const PAGES = treeFiles().filter((name) => /^(?:docs\/[^/]+|[^/]+|stages\/README)\.md$/.test(name));
/** What was true when it was written. */
const HISTORY = 'CHANGELOG.md';
const ROOMS = 'src|test|scripts|bench|bin|stages|templates|images|examples|docs';
/** A path of the clone in backticks, whole: no placeholder, no pattern. */
const PATH = new RegExp(`^(?:${ROOMS})/[\\w./-]*$`);

describe('the documentation', () => {
  test('names no file of the clone that is not there', () => {
    const gone = PAGES.filter((page) => page !== HISTORY).flatMap((page) =>
      codeIn(page)
        .filter((text) => PATH.test(text) && !isThere(text))
        .map((text) => `${page}: ${text}`),
    );
    expect(gone).toEqual([]);
  });

  test('leads to no page that is not there', () => {
    const gone = PAGES.flatMap((page) =>
      linksIn(page)
        .filter((link) => !existsSync(normalize(join(dirname(page), link))))
        .map((link) => `${page}: ${link}`),
    );
    expect(gone).toEqual([]);
  });

  test('has every folder of src/ on its map', () => {
    const named = codeIn(MAP);
    const folders = new Set(sourceFiles('src').map((file) => `${dirname(file)}/`));
    const isNamed = (folder: string): boolean =>
      named.includes(folder) || (named.includes(`${dirname(folder)}/`) && named.includes(lastPart(folder)));
    expect([...folders].filter((folder) => !isNamed(folder))).toEqual([]);
  });
});

function codeIn(page: string): readonly string[] {
  return readLines(page).flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text));
}

function linksIn(page: string): readonly string[] {
  const found = readLines(page).flatMap((line) => [...line.matchAll(/\]\(([^)\s#]+)/g)].map(([, link = '']) => link));
  return found.filter((link) => !link.includes(':'));
}

/** Tables name a test by the start of its file. */
function isThere(path: string): boolean {
  return existsSync(path) || existsSync(`${path}.test.ts`);
}

function lastPart(folder: string): string {
  return folder.replace(/^.*\/(?=[^/]+\/$)/, '');
}
