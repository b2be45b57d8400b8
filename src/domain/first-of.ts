type Settle = (promise: Promise<unknown>) => void;

/** Who waits for a promise that has not settled; undefined once it has. */
const waiting = new WeakMap<Promise<unknown>, { by: Set<Settle> | undefined }>();

/**
 * What the first of the promises gives, as `Promise.race`. That one keeps what each race gave in every promise that goes on
 * waiting: beside one that outlives many races, all the lines of a log. Here a race that is over leaves nothing behind.
 */
export async function firstOf<T extends readonly Promise<unknown>[]>(promises: T): Promise<Awaited<T[number]>> {
  const { promise: first, resolve } = Promise.withResolvers<Promise<unknown>>();
  const settle: Settle = (promise) => resolve(promise);
  for (const promise of promises) addTo(promise, settle);
  // What was resolved with a promise waits for it, and that one has settled.
  try {
    return (await first) as Awaited<T[number]>;
  } finally {
    for (const promise of promises) waiting.get(promise)?.by?.delete(settle);
  }
}

function addTo(promise: Promise<unknown>, settle: Settle): void {
  const known = waiting.get(promise);
  if (known !== undefined) {
    if (known.by === undefined) settle(promise);
    else known.by.add(settle);
    return;
  }
  const record: { by: Set<Settle> | undefined } = { by: new Set([settle]) };
  waiting.set(promise, record);
  const tell = (): void => {
    const by = record.by ?? [];
    record.by = undefined;
    for (const each of by) each(promise);
  };
  promise.then(tell, tell);
}
