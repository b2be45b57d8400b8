import { unreachable } from '../../domain/errors.ts';

/** Where a value comes from. */
export type Origin =
  /** As typed: `--set train.epochs=3`, `--profile local`. */
  | { readonly kind: 'flag'; readonly flag: string }
  | { readonly kind: 'environment'; readonly variable: string }
  /** `values`: a file given with `-f`. */
  | {
      readonly kind: 'values' | 'project' | 'user' | 'profile' | 'pipeline' | 'defaults';
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  /** Nobody said anything: the program's own rule. */
  | { readonly kind: 'built-in' };

/** The origin of a value by its dotted path, or of the nearest one around it. */
export function originAt(origins: Readonly<Record<string, Origin>>, path: string): Origin | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const origin = origins[at];
    if (origin !== undefined) return origin;
  }
  return undefined;
}

/** Short, for a column of a table: `ilab-backend.yaml:4:3`, `--set train.epochs=3`, `$ILAB_BACKEND_PROFILE`. */
export function showOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return origin.flag;
    case 'environment':
      return `$${origin.variable}`;
    case 'values':
    case 'project':
    case 'user':
    case 'profile':
    case 'pipeline':
    case 'defaults':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'built-in':
      return 'built in';
    default:
      return unreachable(origin);
  }
}
