import type { ImageEngine, ImageRecord } from '../domain/image/image-record.ts';

/*
 * Building container images. Three things are kept apart: what an image is made from (`ImageSources`, needs no engine),
 * an engine that makes it (`ImageBuilder`), and what this machine remembers of it (`ImageRecords`).
 */

/** What an image is built from, as it is now. */
export interface ImageSource {
  /** `stages/<stage>/<engine>` or `program`. */
  readonly image: string;
  /** By content tag. */
  readonly reference: string;
  /** `sha256:...` over the Containerfile and every file it may copy. */
  readonly identity: string;
  /** What the Containerfile builds on when nobody says otherwise; undefined when it does not ask. */
  readonly base?: string;
  /** What else its Containerfile asks for (`ARG`), by name. */
  readonly args: readonly string[];
}

/** What images are made from, on this machine. */
export interface ImageSources {
  /** Throws `bad-pipeline` for a folder that is not there or has no Containerfile. */
  read(image: string): ImageSource;
  /** Lays out exactly the files that `identity` is made of. The caller removes it. */
  layOut(source: ImageSource): BuildContext;
}

/** A temporary folder to build from. */
export interface BuildContext {
  readonly folder: string;
  readonly containerfile: string;
  remove(): void;
}

/** An image in the engine's own store. */
export interface StoredImage {
  /** The engine's id of it. */
  readonly id: string;
  readonly bytes: number;
}

/** One image to build. */
export interface BuildRequest {
  readonly reference: string;
  readonly context: BuildContext;
  /** Absent = as the Containerfile says. */
  readonly base?: string;
  /** Values for what it asks for; what is not named is as it says. */
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Takes each line that an engine prints. */
export type Say = (line: string) => void;

/** One engine on this machine. Every method throws `cannot-start` with the engine's last lines when it fails. */
export interface ImageBuilder {
  readonly engine: ImageEngine;
  /** What its store has under a name; undefined when nothing. */
  find(reference: string, signal: AbortSignal): Promise<StoredImage | undefined>;
  build(request: BuildRequest, say: Say, signal: AbortSignal): Promise<StoredImage>;
  /** Pushes under the name `to` and returns `name@sha256:...` as the registry has it. */
  push(reference: string, to: string, say: Say, signal: AbortSignal): Promise<string>;
  /** Writes an archive (`docker-archive`) whole or not at all; what is there is replaced. */
  save(reference: string, file: string, say: Say, signal: AbortSignal): Promise<void>;
}

/** Where images are brought to without a registry. */
export interface ImageLoader {
  /** As the person typed it, `kind:NAME` or `archive:DIR`. */
  readonly to: string;
  /** True when it has the image already and need not be told again. */
  has(reference: string): boolean;
  load(reference: string, builder: ImageBuilder, say: Say, signal: AbortSignal): Promise<void>;
}

/** What this machine remembers of its images; on the disk when a call returns. */
export interface ImageRecords {
  /** By content tag. */
  read(reference: string): ImageRecord | undefined;
  /** Replaces what was remembered under the same name. */
  write(record: ImageRecord): void;
}
