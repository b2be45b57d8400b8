import { isJsonObject, type Json } from '../json.ts';

/** The label by which an object says in which queue of Kueue it waits for its turn. */
const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name';

/** The queue that an object waits in before it runs; undefined for one that waits in none. */
export function queueOf(object: Json | undefined): string | undefined {
  const queue = inside(inside(inside(object, 'metadata'), 'labels'), QUEUE_LABEL);
  return typeof queue === 'string' ? queue : undefined;
}

function inside(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined;
}
