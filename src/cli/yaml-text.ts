import { stringify } from 'yaml';

/** As every reader of YAML takes it: `yes` and `0o7` are quoted. */
export function yamlText(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0 });
}
