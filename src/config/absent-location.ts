import { basename, dirname } from 'node:path';
import { closest } from '../domain/closest.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import { isElsewhere } from './locations.ts';

/** Why data that a person named cannot be there. */
export interface AbsentLocation {
  /** `scheme`: nothing is read by it; `folder`: it is not there yet. */
  readonly what: 'scheme' | 'folder';
  /** What was typed most likely for it. */
  readonly near?: string;
}

/** By what data can be read, and how it is written. */
const SCHEMES: Readonly<Record<string, string>> = { https: 'https://', ssh: 'ssh://', hf: 'hf:', s3: 's3://' };
const SCHEME = /^([a-z][a-z0-9+.-]*):\/*(.*)$/s;
const HOST_AND_PATH = /^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev)\/./;

/** What can be told of `value` without asking anybody: a URL by its scheme, a folder by looking. `folder`: as an absolute path. */
export async function absentLocation(
  files: Pick<SourceFiles, 'folders'>,
  value: string,
  folder: string,
): Promise<AbsentLocation | undefined> {
  if (isElsewhere(value, [])) return wrongScheme(value);
  const name = basename(folder);
  // Hidden folders are not looked for, and taken to be there.
  if (name === '' || name.startsWith('.')) return undefined;
  const beside = await files.folders(dirname(folder));
  if (beside.includes(name)) return undefined;
  if (HOST_AND_PATH.test(value)) return { what: 'folder', near: `https://${value}` };
  const near = closest(name, beside);
  return { what: 'folder', ...(near === undefined ? {} : { near: value.replace(/[^/]+\/*$/, near) }) };
}

function wrongScheme(value: string): AbsentLocation | undefined {
  const [, scheme = '', rest = ''] = SCHEME.exec(value) ?? [];
  const start = SCHEMES[scheme];
  if (scheme === '' || (start !== undefined && value.startsWith(start))) return undefined;
  const meant = start ?? SCHEMES[closest(scheme, Object.keys(SCHEMES)) ?? ''];
  const near = meant === undefined || rest === '' ? {} : { near: `${meant}${rest}` };
  return { what: 'scheme', ...near };
}
