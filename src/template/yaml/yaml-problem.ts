// biome-ignore-all lint/suspicious/noTemplateCurlyInString: hints show templates as they are written.

import type { Document, YAMLParseError, YAMLWarning } from 'yaml';
import type { Problem, SourceFile } from '../../domain/pipeline/source-file.ts';
import { placeAt, problemAt } from './source-position.ts';

/** A fault of the YAML parser in our words. */
function yamlProblem(file: SourceFile, fault: YAMLParseError | YAMLWarning): Problem {
  const [start, end] = fault.pos;
  const span = { start, end: Math.max(end, start + 1) };
  switch (fault.code) {
    case 'DUPLICATE_KEY':
      return duplicateKey(file, start);
    case 'TAG_RESOLVE_FAILED':
      return problemAt(file, span, `the tag \`${file.text.slice(start, end)}\` is not known`, 'leave the tag out');
    case 'RESOURCE_EXHAUSTION':
      return problemAt(file, span, 'not valid YAML: it is nested too deeply');
    default:
      return problemAt(file, span, `not valid YAML: ${reworded(fault.message)}`, quotingHint(file, start));
  }
}

/** Faults of one document: of several on one line the first, since the others follow from it. */
export function yamlProblems(file: SourceFile, document: Document): readonly Problem[] {
  const found = [...document.errors, ...document.warnings].map((fault) => yamlProblem(file, fault));
  const lines = new Set<number>();
  const first = found.filter(({ line }) => !lines.has(line) && lines.add(line) !== undefined);
  const { version, explicit } = document.directives?.yaml ?? {};
  if (explicit !== true || version !== '1.1') return first;
  const start = Math.max(0, file.text.indexOf('%YAML'));
  return [problemAt(file, { start, end: start + 9 }, 'templates are YAML 1.2', 'leave the directive out'), ...first];
}

function duplicateKey(file: SourceFile, start: number): Problem {
  const key = /^("[^"]*"|'[^']*'|[^\s:,{}[\]]+)/.exec(file.text.slice(start))?.[0] ?? '';
  const span = { start, end: start + Math.max(1, key.length) };
  return problemAt(file, span, `the key \`${key}\` is written twice in one mapping`, 'keep one of the two');
}

/** An unquoted expression breaks YAML at `: `, ` #`, and inside `[ ]` and `{ }`: the usual cause when one is near. */
function quotingHint(file: SourceFile, start: number): string | undefined {
  const { line } = placeAt(file, start);
  const text = file.text.split('\n')[line - 1] ?? '';
  return /\$\{/.test(text) ? 'put the expression in quotes: "${...}"' : undefined;
}

function reworded(message: string): string {
  const text = message.replace(/(["'])quote/, '$1 quote').replace('in YAML stream', 'here');
  return text.charAt(0).toLowerCase() + text.slice(1);
}
