import type { Place } from '../domain/pipeline/source-file.ts';

type Path = readonly (string | number)[];

/** Where a value of an object was set by an overlay; the last of several counts. */
export interface OverlayOrigin {
  /** The index of the object. */
  readonly object: number;
  readonly path: Path;
  readonly overlay: Place;
}

/** Collects origins while overlays are applied one after the other. */
export class OverlayOrigins {
  #all: readonly OverlayOrigin[] = [];

  get all(): readonly OverlayOrigin[] {
    return this.#all;
  }

  set(origin: OverlayOrigin): void {
    this.#all = [...this.#all.filter((known) => !covers(origin, known)), origin];
  }

  /** What was below the path is gone; items of the same list after it move up. */
  removed(object: number, path: Path): void {
    const gone = { object, path };
    const kept = this.#all.filter((known) => !covers(gone, known));
    const index = path.at(-1);
    this.#all = typeof index === 'number' ? kept.map((known) => movedUp(known, { ...gone, index })) : kept;
  }
}

function covers(outer: Omit<OverlayOrigin, 'overlay'>, inner: OverlayOrigin): boolean {
  return outer.object === inner.object && outer.path.every((step, depth) => inner.path[depth] === step);
}

function movedUp(
  origin: OverlayOrigin,
  gone: { readonly object: number; readonly path: Path; readonly index: number },
) {
  const depth = gone.path.length - 1;
  const list = { object: gone.object, path: gone.path.slice(0, -1) };
  const index = origin.path[depth];
  if (!covers(list, origin) || typeof index !== 'number' || index < gone.index) return origin;
  return { ...origin, path: origin.path.with(depth, index - 1) };
}
