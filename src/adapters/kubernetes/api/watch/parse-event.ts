import * as z from 'zod';
import { parseObject } from '../answers.ts';
import { classify, type Verdict } from '../http/classify.ts';
import type { KubeObject, Resource } from '../kube-api.ts';

/** One line of a watch. */
export type WatchLine =
  | { readonly kind: 'change'; readonly object: KubeObject; readonly gone: boolean }
  /** Nothing changed up to this version. */
  | { readonly kind: 'bookmark'; readonly version: string }
  | { readonly kind: 'error'; readonly verdict: Verdict }
  /** Half a line, or nothing an API server says. */
  | { readonly kind: 'broken' };

const schema = z.looseObject({ type: z.string(), object: z.unknown() });
const bookmark = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });
const error = z.looseObject({ code: z.number().default(500) });

/** Throws nothing: a line that cannot be read is `broken`, and the watch begins anew. */
export function parseWatchLine(line: string, resource: Resource): WatchLine {
  const { success, data } = schema.safeParse(parseJson(line));
  if (!success) return { kind: 'broken' };
  switch (data.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      const object = parseObject(data.object, resource);
      return object === undefined ? { kind: 'broken' } : { kind: 'change', object, gone: data.type === 'DELETED' };
    }
    case 'BOOKMARK': {
      const mark = bookmark.safeParse(data.object);
      return mark.success ? { kind: 'bookmark', version: mark.data.metadata.resourceVersion } : { kind: 'broken' };
    }
    case 'ERROR': {
      const { code } = error.catch({ code: 500 }).parse(data.object);
      const body = JSON.stringify(data.object);
      return { kind: 'error', verdict: classify({ kind: 'answer', status: code, body }, 'reads') };
    }
    default:
      return { kind: 'broken' };
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
