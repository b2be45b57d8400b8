import { isJsonObject, type Json } from '../json.ts';
import { maskAssigned } from './assigned.ts';
import { maskBlocks, maskKeys, maskNetrc } from './over-lines.ts';
import { maskTokens } from './token-shapes.ts';
import { maskSentences, maskTold } from './told.ts';
import { MASK, REFERENCE } from './value-shapes.ts';

/*
 * What is meant for strangers' eyes (a diagnosis in a public issue) passes through here. Two nets: what is known to be a secret
 * by its name is taken out as a value, wherever it stands; what looks like one is masked by its shape.
 */

/** Words that a name of a secret ends with: `HF_TOKEN`, `dbPassword`, `apiKey`. */
const SECRET_NAME =
  /(?:token|password|passwd|passphrase|secret|credentials?|authorization|(?:api|access|private|secret|encryption|signing|ssh)[_-]?key|[_-](?:pat|pass|pwd))$/i;

/** Whether a parameter, a variable or a key of that name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Replaces whatever looks like a secret: tokens of known services, keys, passwords in URLs, headers and assignments. */
export function redactShapes(text: string): string {
  return maskSentences(maskNetrc(maskAssigned(maskTold(maskBlocks(maskKeys(maskTokens(text)))))));
}

/** The texts of a tree that are secrets by the name they stand under: a key, or the `name` beside a `value`. */
export function secretsNamed(tree: Json): readonly string[] {
  if (Array.isArray(tree)) return tree.flatMap((item: Json) => secretsNamed(item));
  if (!isJsonObject(tree)) return [];
  const named = Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' && isSecretAt(tree, name, value) ? [value] : secretsNamed(value),
  );
  return named;
}

/** The tree with every text passed through `mask`, and without those that are secrets by name. Keys stay as they are. */
export function redactTree<T>(tree: T, mask: (text: string) => string): T {
  return redacted(tree as Json, mask) as T;
}

function redacted(tree: Json, mask: (text: string) => string): Json {
  if (typeof tree === 'string') return mask(tree);
  if (Array.isArray(tree)) return tree.map((item: Json) => redacted(item, mask));
  if (!isJsonObject(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => {
      const isSecret = typeof value === 'string' && isSecretAt(tree, name, value);
      return [name, isSecret ? MASK : redacted(value, mask)];
    }),
  );
}

/** `path` names a value in a list of them: `params.hub.token`. */
function isSecretAt(object: { readonly [key: string]: Json }, name: string, value: string): boolean {
  if (value === '' || REFERENCE.test(value)) return false;
  if (name !== 'value') return isSecretName(name);
  const label = object['name'] ?? object['path'];
  return typeof label === 'string' && isSecretName(label);
}
