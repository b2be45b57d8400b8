import type { StageContract } from '../../domain/pipeline/pipeline.ts';

/**
 * What the supervisor is told of an attempt: `spec.json`, written once by the program, fully resolved, so that the
 * supervisor knows nothing of manifests. It holds no secret value.
 */
export interface SupervisorSpec {
  readonly version: 1;
  /** The idempotency key of the attempt. */
  readonly key: string;
  readonly contract: StageContract;
  /** Names that result.json must hold. */
  readonly outputs: readonly string[];
  /** What is laid out below the content root before the first container starts. */
  readonly content: readonly ContentItem[];
  /** Init containers and sidecars in their order, `main` last. */
  readonly containers: readonly ContainerSpec[];
  /** The references whose values come in `ILAB_SECRET_<index>`. */
  readonly secrets: readonly SecretSource[];
  /** Seconds from the start of the attempt to the start of `main`. */
  readonly startTimeout: number;
  /** Seconds from the start of the attempt to SIGTERM; absent = none. */
  readonly deadline?: number;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly grace: number;
}

/** One thing below the content root; `path` is relative to it. */
export type ContentItem =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly base64: string; readonly mode: number }
  /** A link into the workspace; `create` makes a folder there when nothing is. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly create: boolean };

/** One container as processes of this machine. */
export interface ContainerSpec {
  readonly name: string;
  readonly role: 'init' | 'sidecar' | 'main';
  readonly argv: readonly string[];
  /** The complete environment but for the secrets and what the supervisor adds. */
  readonly env: readonly EnvironmentValue[];
  /** Variables whose values are secrets: `index` into `SupervisorSpec.secrets`. */
  readonly secretEnv: readonly { readonly name: string; readonly index: number }[];
  /** Folders that come first on PATH. */
  readonly bin: readonly string[];
  /** Absolute. */
  readonly workingDir: string;
  readonly startupProbe?: StartupProbe;
}

export interface EnvironmentValue {
  readonly name: string;
  readonly value: string;
}

/** Where this machine finds what a Secret would hold; the spec holds this and no value. */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** Seconds throughout. */
export interface StartupProbe {
  readonly check: ProbeCheck;
  readonly initialDelay: number;
  readonly period: number;
  readonly timeout: number;
  readonly failureThreshold: number;
}

/** What is done to find out whether a sidecar is ready. */
export type ProbeCheck =
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | {
      readonly kind: 'http';
      readonly host: string;
      readonly port: number;
      readonly path: string;
      readonly https: boolean;
      readonly headers: readonly EnvironmentValue[];
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The variable of the supervisor's environment that carries a secret's value. */
export function secretVariable(index: number): string {
  return `ILAB_SECRET_${index}`;
}
