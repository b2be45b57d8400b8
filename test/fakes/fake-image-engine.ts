import type { ImageRecord } from '../../src/domain/image/image-record.ts';
import type {
  BuildRequest,
  ImageBuilder,
  ImageLoader,
  ImageRecords,
  ImageSources,
} from '../../src/ports/image-builder.ts';

/** An engine that keeps its images in memory; `fail` names the step that goes wrong. */
export class FakeImageEngine implements ImageBuilder {
  readonly engine = 'buildah' as const;
  readonly store = new Map<string, string>();
  readonly builds: Omit<BuildRequest, 'context'>[] = [];
  fail: string | undefined;

  async find(reference: string) {
    const id = this.store.get(reference);
    return id === undefined ? undefined : { id, bytes: 1000 };
  }

  async build({ context: _, ...request }: BuildRequest, say: (line: string) => void) {
    say('STEP 1/1: FROM x');
    this.#maybeFail(`build ${request.reference}`);
    this.builds.push(request);
    const id = `id-${this.builds.length}`;
    this.store.set(request.reference, id);
    return { id, bytes: 1000 };
  }

  async push(reference: string, to: string) {
    this.#maybeFail(`push ${reference}`);
    return `${to.replace(/:[^/:]+$/, '')}@sha256:${'d'.repeat(64)}`;
  }

  async save(reference: string) {
    this.#maybeFail(`save ${reference}`);
  }

  #maybeFail(step: string): void {
    if (this.fail !== undefined && step.startsWith(this.fail)) throw new Error(`no luck with ${step}`);
  }
}

/** A place for images in memory. */
export class FakeImageLoader implements ImageLoader {
  readonly to = 'archive:/there';
  readonly held = new Set<string>();
  readonly loads: string[] = [];

  has(reference: string): boolean {
    return this.held.has(reference);
  }

  async load(
    reference: string,
    builder: ImageBuilder,
    say: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await builder.save(reference, '/there', say, signal);
    this.loads.push(reference);
    this.held.add(reference);
  }
}

/** Records in memory. */
export class FakeImageRecords implements ImageRecords {
  readonly all = new Map<string, ImageRecord>();

  read(reference: string): ImageRecord | undefined {
    return this.all.get(reference);
  }

  write(record: ImageRecord): void {
    this.all.set(record.reference, record);
  }
}

/** Folders by name, each with the version of its files. */
export function fakeImageSources(
  versions: Map<string, string>,
  bases: Readonly<Record<string, string>> = {},
  args: Readonly<Record<string, readonly string[]>> = {},
): ImageSources {
  return {
    read(image) {
      const version = versions.get(image);
      if (version === undefined) throw new Error(`no folder ${image}`);
      const base = bases[image];
      const reference = `ilab-backend/${image.split('/').slice(-2).join('-')}:src-${version.padStart(12, '0')}`;
      return {
        image,
        reference,
        identity: `sha256:${version.padStart(64, '0')}`,
        args: args[image] ?? [],
        ...(base === undefined ? {} : { base }),
      };
    },
    layOut: () => ({ folder: '/context', containerfile: '/context/Containerfile', remove: () => undefined }),
  };
}
