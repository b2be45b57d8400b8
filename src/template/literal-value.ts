import type { Scalar } from 'yaml';
import type { Json } from '../domain/json.ts';

/** The value of a scalar, or why it may not be written so. */
export type Literal =
  | { readonly kind: 'ok'; readonly value: Json }
  | { readonly kind: 'fault'; readonly message: string; readonly hint?: string };

/**
 * The value of a scalar without expressions. In a manifest, what kubectl's YAML 1.1 reads as something else than we do
 * must be in quotes, so that nobody has to know which of the two read it.
 */
export function literalValue(node: Scalar, manifest: boolean): Literal {
  const { value } = node;
  const plain = (node.type ?? 'PLAIN') === 'PLAIN' ? (node.source ?? '') : '';
  if (typeof value === 'number') return numberValue(value, plain);
  if (typeof value === 'boolean' || value === null) return { kind: 'ok', value };
  // Dates, bytes and the like come from tags, which are refused where they stand.
  if (typeof value !== 'string') return { kind: 'ok', value: null };
  if (manifest && /^(y|n|yes|no|on|off)$/i.test(plain)) {
    const truth = /^(y|yes|on)$/i.test(plain);
    const message = `\`${plain}\` is a boolean to kubectl and a text here`;
    return { kind: 'fault', message, hint: `write \`${truth}\`, or \`"${plain}"\` for the text` };
  }
  if (manifest && /^[-+]?[0-9][0-9_]*_[0-9_]*$/.test(plain)) {
    const digits = plain.replaceAll('_', '');
    return {
      kind: 'fault',
      message: `\`${plain}\` is a number to kubectl and a text here`,
      hint: `write \`${digits}\``,
    };
  }
  return { kind: 'ok', value };
}

function numberValue(value: number, plain: string): Literal {
  if (/^[-+]?0[0-9]+$/.test(plain)) {
    const octal = Number.parseInt(plain, 8);
    const hint = Number.isNaN(octal) ? `write it in quotes: "${plain}"` : `write ${octal}, or "${plain}" for the text`;
    return { kind: 'fault', message: `\`${plain}\` is octal to kubectl and decimal here`, hint };
  }
  if (!Number.isFinite(value)) return { kind: 'fault', message: `\`${plain}\` is a number that JSON does not have` };
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { kind: 'fault', message: `\`${plain}\` is beyond 2^53 and would lose digits`, hint: 'write it in quotes' };
  }
  return { kind: 'ok', value: value + 0 };
}
