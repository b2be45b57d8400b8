/** What happens while images are built, in order. */
export type ImageEvent =
  | { readonly kind: 'skipped'; readonly image: string; readonly reason: string }
  | { readonly kind: 'started'; readonly image: string; readonly what: 'build' | 'push' | 'load'; readonly to: string }
  /** A line of the engine. */
  | { readonly kind: 'output'; readonly image: string; readonly line: string }
  | { readonly kind: 'done'; readonly image: string; readonly result: BuiltImage };

/** What became of one image. */
export interface BuiltImage {
  readonly image: string;
  readonly stages: readonly string[];
  /** How plans name it from now on: by digest when it was pushed last, else by content tag. */
  readonly reference: string;
  /** The same whatever was done with it. */
  readonly contentTag: string;
  readonly identity: string;
  /** `present`: it was there, from the same inputs and on the same base. */
  readonly state: 'built' | 'present';
  /** 0 when the engine was not asked. */
  readonly bytes: number;
}

/** One image as `images list` shows it. */
export interface ListedImage {
  /** `stages/<stage>/<engine>`, `program`, or a foreign reference. */
  readonly image: string;
  readonly stages: readonly string[];
  /** As manifests name it. */
  readonly reference: string;
  /** `foreign`: of a registry, or named by a file; `absent`: an engine without a folder. */
  readonly state: 'built' | 'loaded' | 'pushed' | 'not-built' | 'foreign' | 'absent';
  /** The file that names it. */
  readonly origin?: string;
  readonly bytes?: number;
  /** When it was built here, RFC 3339. */
  readonly builtAt?: string;
  /** By digest. */
  readonly pushed: readonly string[];
  readonly loaded: readonly string[];
}
