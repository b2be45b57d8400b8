import type { ErrorExplanation } from '../../../domain/explain/explain-error.ts';
import { wrapTo } from '../text-width.ts';
import type { DocumentOptions } from './status-text.ts';

/** What `explain CODE` prints of an error; `page`: where the page lies that says the same. No newline at the end. */
export function errorExplanationText(of: ErrorExplanation, page: string, options: DocumentOptions = {}): string {
  const { code, exitCode, classes, meaning, causes, remedies } = of;
  const wrapped = (text: string, indent = ''): string => {
    const lines = options.width === undefined ? [text] : wrapTo(text, options.width - indent.length);
    return lines.map((line, index) => (index === 0 ? line : indent + line)).join('\n');
  };
  const list = (title: string, items: readonly string[]): string =>
    [title, ...items.map((item) => `- ${wrapped(item, '  ')}`)].join('\n');
  const kind = classes === undefined ? '' : `, class ${classes.join(' or ')}`;
  return [
    `${code}: exit code ${exitCode}${kind}`,
    wrapped(meaning),
    list('Usual causes:', causes),
    list('What to do:', remedies),
    // A path is copied: the terminal may break it, we do not.
    `Page: ${page}`,
  ].join('\n\n');
}
