import { describe, expect, test } from 'vitest';
import { VERDICTS } from '../../../src/adapters/kubernetes/verdict/codes.ts';
import { COMMAND_NAMES } from '../../../src/cli/command-names.ts';
import { ERRORS, UserError } from '../../../src/domain/errors.ts';
import { ERROR_TEXTS } from '../../../src/domain/explain/error-texts.ts';
import { FAILURE_TEXTS } from '../../../src/domain/explain/failure-texts.ts';
import { treeFiles } from '../../house/files.ts';
import { errorsPage } from './errors-page.ts';

const page = errorsPage();
const texts = [...Object.values(ERROR_TEXTS), ...Object.values(FAILURE_TEXTS)];
const sentences = [
  ...texts.flatMap(({ meaning, causes, remedies }) => [meaning, ...causes, ...remedies]),
  ...Object.values(ERRORS).map(({ hint }) => hint),
];

test('docs/errors.md is what the catalogue says', async () => {
  await expect(page).toMatchFileSnapshot('../../../docs/errors.md');
});

describe('the catalogue', () => {
  test.each(Object.keys(ERRORS))('%s has the section that its message points to, once', (code) => {
    const [file, anchor] = new UserError(code as keyof typeof ERRORS, '').docs.split('#');
    expect(file).toBe('docs/errors.md');
    expect(page.match(new RegExp(`^### ${anchor}$`, 'gm'))).toHaveLength(1);
  });

  test('says causes and remedies of each', () => {
    for (const { causes, remedies } of texts) {
      expect(causes).not.toHaveLength(0);
      expect(remedies).not.toHaveLength(0);
    }
  });

  test('names only commands and files that there are', () => {
    const commands = sentences.flatMap((text) => [...text.matchAll(/`ilab-backend ([a-z]+)/g)].map(([, name]) => name));
    expect(commands.length).toBeGreaterThan(20);
    expect(commands.filter((name) => !(COMMAND_NAMES as readonly (string | undefined)[]).includes(name))).toEqual([]);
    const files = sentences.flatMap((text) => text.match(/docs\/[\w.-]+\.md/g) ?? []);
    expect(files.filter((file) => !treeFiles().includes(file))).toEqual([]);
  });

  test('knows every class that a verdict of a cluster gives a reason', () => {
    for (const meaning of Object.values(VERDICTS)) {
      if (meaning !== undefined) expect(FAILURE_TEXTS[meaning.reason].classes).toContain(meaning.class);
    }
  });
});
