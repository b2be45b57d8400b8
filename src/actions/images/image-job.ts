import type { BuiltImage, ImageEvent } from '../../domain/image/image-event.ts';
import { pushReference } from '../../domain/image/image-name.ts';
import {
  currentReference,
  type ImageDelivery,
  type ImageEngine,
  type ImageRecord,
  withDelivery,
} from '../../domain/image/image-record.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ImageBuilder, ImageLoader, ImageRecords, ImageSource, ImageSources } from '../../ports/image-builder.ts';
import { timestamp } from '../deps.ts';
import type { ChosenImage } from './choose-images.ts';

/** What every command about images needs. */
export interface ImageDeps {
  readonly sources: ImageSources;
  readonly records: ImageRecords;
  readonly clock: Clock;
}

/** What building needs; without a loader nothing is loaded. */
export interface BuildDeps extends ImageDeps {
  readonly builder: ImageBuilder;
  readonly loader?: ImageLoader;
}

/** What the commands about images work with. */
export interface OpenImages extends ImageDeps {
  /** The one named, else the first that is on the PATH. Throws `cannot-start` when there is none. */
  engine(name: ImageEngine | undefined): Promise<ImageBuilder>;
  /** `kind`, `kind:NAME`, `archive:DIR`. Throws `bad-usage`. */
  loader(to: string): Promise<ImageLoader>;
}

/** What a Containerfile is given instead of what it says; `base` absent = its own. */
export interface Given {
  readonly base?: string;
  readonly args: Readonly<Record<string, string>>;
}

/** One image from its sources to where it is wanted. */
export class ImageJob {
  readonly #deps: BuildDeps;
  readonly #chosen: ChosenImage;
  readonly #source: ImageSource;
  readonly #given: Given;
  readonly #signal: AbortSignal;
  #record: ImageRecord;

  constructor(
    deps: BuildDeps,
    chosen: ChosenImage,
    wanted: { readonly source: ImageSource; readonly given: Given },
    signal: AbortSignal,
  ) {
    this.#deps = deps;
    this.#chosen = chosen;
    this.#source = wanted.source;
    this.#given = wanted.given;
    this.#signal = signal;
    const { image, reference, identity } = wanted.source;
    this.#record = deps.records.read(reference) ?? { image, reference, identity, deliveries: [] };
  }

  async *run(registry: string | undefined): AsyncGenerator<ImageEvent, void> {
    const { loader } = this.#deps;
    const { reference } = this.#source;
    // An archive of that name is the image, whoever wrote it; nothing else is needed then.
    const isLoaded = loader?.has(reference) === true && this.#isAsWanted();
    const isEnough = isLoaded && registry === undefined;
    const isBuilt = isEnough ? false : yield* this.#build();
    if (registry !== undefined) yield* this.#push(registry);
    if (loader !== undefined) yield* this.#load(loader, isLoaded && !isBuilt);
    const result: BuiltImage = {
      image: this.#source.image,
      stages: this.#chosen.stages,
      reference: currentReference(this.#record),
      contentTag: reference,
      identity: this.#source.identity,
      state: isBuilt ? 'built' : 'present',
      bytes: this.#record.built?.bytes ?? 0,
    };
    yield { kind: 'done', image: this.#source.image, result };
  }

  /** True unless what is remembered was built on another base, or given something else. */
  #isAsWanted(): boolean {
    const { built } = this.#record;
    if (built === undefined) return true;
    return built.base === this.#given.base && canonicalJson(built.args ?? {}) === canonicalJson(this.#given.args);
  }

  async *#build(): AsyncGenerator<ImageEvent, boolean> {
    const { builder, sources, records, clock } = this.#deps;
    const { reference, identity, image } = this.#source;
    const { built } = this.#record;
    if (built?.engine === builder.engine && this.#isAsWanted()) {
      if ((await builder.find(reference, this.#signal)) !== undefined) return false;
    }
    yield { kind: 'started', image, what: 'build', to: builder.engine };
    const context = sources.layOut(this.#source);
    try {
      const labels = { 'ilab-backend.dev/inputs': identity };
      const stored = yield* this.#tell((say) =>
        builder.build({ reference, context, labels, ...this.#given }, say, this.#signal),
      );
      const at = timestamp(clock);
      // Built anew: what was delivered before was another build of the same inputs.
      this.#record = {
        image,
        reference,
        identity,
        built: { engine: builder.engine, ...stored, at, ...this.#given },
        deliveries: [],
      };
      records.write(this.#record);
      return true;
    } finally {
      context.remove();
    }
  }

  async *#push(registry: string): AsyncGenerator<ImageEvent, void> {
    const { builder, clock } = this.#deps;
    const { reference, image } = this.#source;
    const to = pushReference(registry, reference);
    yield { kind: 'started', image, what: 'push', to };
    const byDigest = yield* this.#tell((say) => builder.push(reference, to, say, this.#signal));
    this.#deliver({ kind: 'push', reference: byDigest, at: timestamp(clock) });
  }

  async *#load(loader: ImageLoader, isThere: boolean): AsyncGenerator<ImageEvent, void> {
    const { builder, clock } = this.#deps;
    const { reference, image } = this.#source;
    if (!isThere) {
      yield { kind: 'started', image, what: 'load', to: loader.to };
      yield* this.#tell((say) => loader.load(reference, builder, say, this.#signal));
    }
    this.#deliver({ kind: 'load', to: loader.to, at: timestamp(clock) });
  }

  #deliver(delivery: ImageDelivery): void {
    this.#record = withDelivery(this.#record, delivery);
    this.#deps.records.write(this.#record);
  }

  /** Hands each line on as it comes. */
  async *#tell<T>(work: (say: (line: string) => void) => Promise<T>): AsyncGenerator<ImageEvent, T> {
    const lines: string[] = [];
    let wake: () => void = () => undefined;
    const say = (line: string): void => {
      lines.push(line);
      wake();
    };
    let isDone = false;
    const end = (): void => {
      isDone = true;
      wake();
    };
    const result = work(say);
    result.then(end, end);
    for (;;) {
      for (const line of lines.splice(0)) yield { kind: 'output', image: this.#source.image, line };
      if (isDone) return result;
      await new Promise<void>((done) => {
        wake = done;
        if (isDone || lines.length > 0) done();
      });
    }
  }
}
