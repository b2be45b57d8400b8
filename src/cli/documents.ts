import { Option } from 'commander';
import { printableJson } from '../ui/text/printable-json.ts';
import type { CliContext, Output } from './context.ts';

/** `text` is for people, and what comes without `-o`; `name` is one name a line. */
export type DocumentForm = 'text' | 'json' | 'yaml' | 'name';

/** `-o` of a command that reads. */
export function outputOption(forms: readonly DocumentForm[] = ['json', 'yaml', 'name']): Option {
  return new Option('-o, --output <form>', 'print it for programs').choices(forms.filter((form) => form !== 'text'));
}

/** Writes one document to stdout in the form asked for; `text` is called for people only. What writes YAML is loaded for YAML only. */
export async function writeDocument(
  context: CliContext,
  form: DocumentForm | undefined,
  document: unknown,
  text: () => string,
  name: () => string,
): Promise<void> {
  switch (form) {
    case 'json':
      context.stdout.write(`${printableJson(document, 2)}\n`);
      return;
    case 'yaml':
      context.stdout.write((await import('./yaml-text.ts')).yamlText(JSON.parse(printableJson(document))));
      return;
    case 'name':
      context.stdout.write(withNewline(name()));
      return;
    case 'text':
    case undefined:
      context.stdout.write(withNewline(text()));
  }
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** How a document for people is laid out: as wide as the terminal, as wide as it needs for a pipe. */
export function layoutOf(
  context: CliContext,
  output: Output = context.stdout,
): { readonly color: boolean; readonly unicode: boolean; readonly width?: number } {
  const { color, unicode, isTTY, columns } = output;
  return { color, unicode, ...(isTTY ? { width: columns } : {}) };
}
