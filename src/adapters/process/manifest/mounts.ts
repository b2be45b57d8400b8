import { join, posix } from 'node:path';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { CONTENT_ROOT } from '../../../domain/pipeline/bindings.ts';
import type { ContentItem } from '../attempt-spec.ts';
import type { ConfigMaps } from './config-maps.ts';
import { type FieldJudge, integer, text } from './field-judge.ts';
import { MOUNT_FIELDS } from './field-rules.ts';

/** Where temporary files and shared memory are: every machine has them, so these mounts stay as they are. */
const SYSTEM_MOUNTS = ['/tmp', '/dev/shm'];
const DEFAULT_MODE = 0o644;

type Volume =
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, Buffer>; readonly mode: number }
  | { readonly kind: 'workspace' }
  | { readonly kind: 'empty' };
/** By the name that a mount refers to. */
export type Volumes = ReadonlyMap<string, Volume>;

/** Reads `volumes`. A kind that exists on a cluster only is refused. */
export function readVolumes(judge: FieldJudge, json: Json | undefined, path: string, maps: ConfigMaps): Volumes {
  const volumes = new Map<string, Volume>();
  for (const { item, path: at } of judge.list(json, path)) {
    const { name, configMap, persistentVolumeClaim, emptyDir, ...others } = item;
    judge.fields(others, at, {});
    const key = text(name) ?? '';
    if (configMap !== undefined) {
      const volume = readConfigVolume(judge, judge.object(configMap, `${at}.configMap`), `${at}.configMap`, maps);
      if (volume !== undefined) volumes.set(key, volume);
    } else if (persistentVolumeClaim !== undefined) {
      volumes.set(key, { kind: 'workspace' });
    } else if (emptyDir !== undefined) {
      judge.fields(judge.object(emptyDir, `${at}.emptyDir`), `${at}.emptyDir`, { medium: 'moot', sizeLimit: 'limit' });
      volumes.set(key, { kind: 'empty' });
    }
  }
  return volumes;
}

/** Undefined for a map that is not among the objects: it is refused when something mounts it below the content root. */
function readConfigVolume(judge: FieldJudge, source: JsonObject, path: string, maps: ConfigMaps): Volume | undefined {
  judge.fields(source, path, { name: 'honoured', items: 'honoured', defaultMode: 'honoured', optional: 'moot' });
  const map = maps.get(text(source['name']) ?? '');
  if (map === undefined) return undefined;
  const mode = integer(source['defaultMode']) ?? DEFAULT_MODE;
  if (source['items'] === undefined) return { kind: 'files', files: map, mode };
  const files = new Map<string, Buffer>();
  for (const { item, path: at } of judge.list(source['items'], `${path}.items`)) {
    judge.fields(item, at, { key: 'honoured', path: 'honoured', mode: 'limit' });
    const [bytes, name] = [map.get(text(item['key']) ?? ''), text(item['path']) ?? ''];
    if (bytes === undefined) judge.refuse(`${at}.key`, 'is no key of the ConfigMap');
    else if (!isInside(name)) judge.refuse(`${at}.path`, 'must lead into the volume');
    else files.set(name, bytes);
  }
  return { kind: 'files', files, mode };
}

/** What a mount may lead to. */
export interface MountPlace {
  /** The folder that plays the workspace claim. */
  readonly workspace: string;
  readonly volumes: Volumes;
}

/** Reads `volumeMounts` of one container: what has to lie below the content root. */
export function readMounts(
  judge: FieldJudge,
  json: Json | undefined,
  path: string,
  place: MountPlace,
): readonly ContentItem[] {
  return judge.list(json, path).flatMap(({ item, path: at }) => {
    judge.fields(item, at, MOUNT_FIELDS);
    const mountPath = posix.normalize(text(item['mountPath']) ?? '').replace(/(?<=.)\/$/, '');
    if (SYSTEM_MOUNTS.includes(mountPath)) return [];
    if (mountPath !== CONTENT_ROOT && !mountPath.startsWith(`${CONTENT_ROOT}/`)) {
      judge.refuse(
        `${at}.mountPath`,
        `${mountPath} is not below ${CONTENT_ROOT}; the local target mounts nothing elsewhere`,
      );
      return [];
    }
    return mount(judge, item, at, { ...place, path: posix.relative(CONTENT_ROOT, mountPath) });
  });
}

function mount(
  judge: FieldJudge,
  item: JsonObject,
  at: string,
  place: MountPlace & { readonly path: string },
): readonly ContentItem[] {
  const { path, workspace } = place;
  const volume = place.volumes.get(text(item['name']) ?? '');
  const subPath = text(item['subPath']) ?? '';
  if (volume === undefined) {
    judge.refuse(at, `there is no volume ${text(item['name'])} that the local target could mount`);
    return [];
  }
  if (subPath !== '' && !isInside(subPath)) {
    judge.refuse(`${at}.subPath`, 'must lead into the volume');
    return [];
  }
  switch (volume.kind) {
    case 'empty':
      return [{ kind: 'folder', path }];
    case 'workspace':
      return [{ kind: 'link', path, target: join(workspace, subPath), create: item['readOnly'] !== true }];
    case 'files':
      return configFiles(judge, volume, { at, path, subPath });
  }
}

function configFiles(
  judge: FieldJudge,
  { files, mode }: Extract<Volume, { kind: 'files' }>,
  { at, path, subPath }: { readonly at: string; readonly path: string; readonly subPath: string },
): readonly ContentItem[] {
  const file = (name: string, bytes: Buffer): ContentItem => ({
    kind: 'file',
    path: name,
    base64: bytes.toString('base64'),
    mode,
  });
  if (subPath === '') {
    const all = [...files].map(([name, bytes]) => file(posix.join(path, name), bytes));
    return [{ kind: 'folder', path }, ...all];
  }
  const bytes = files.get(subPath);
  if (bytes !== undefined) return [file(path, bytes)];
  judge.refuse(`${at}.subPath`, `the ConfigMap has no key ${subPath}`);
  return [];
}

/**
 * The content of all containers together: they share one content root here. What two containers mount differently, or
 * inside of what is mounted from the workspace, cannot be laid out.
 */
export function joinContent(judge: FieldJudge, items: readonly ContentItem[]): readonly ContentItem[] {
  const byPath = new Map<string, ContentItem>();
  for (const item of items) {
    const before = byPath.get(item.path);
    // One may only read what another writes.
    const both = before?.kind === 'link' && item.kind === 'link' && before.target === item.target;
    const joint = both ? { ...item, create: item.create || before.create } : item;
    if (before !== undefined && !both && JSON.stringify(before) !== JSON.stringify(item)) {
      judge.refuse(`volumeMounts at ${shown(item.path)}`, 'the containers mount different things there');
    }
    byPath.set(item.path, joint);
  }
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path } of sorted) {
    const around = sorted.find((other) => other.kind !== 'folder' && path !== other.path && isBelow(path, other.path));
    if (around !== undefined)
      judge.refuse(`volumeMounts at ${shown(path)}`, `lies inside the mount at ${shown(around.path)}`);
  }
  return sorted.filter((item) => item.path !== '' || item.kind !== 'folder');
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function shown(path: string): string {
  return posix.join(CONTENT_ROOT, path);
}

/** A relative path that stays inside. */
function isInside(path: string): boolean {
  return (
    !posix.isAbsolute(path) && !path.includes('\0') && path.split('/').every((part) => part !== '..' && part !== '')
  );
}
