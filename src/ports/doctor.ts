import type { Destination } from '../domain/destination.ts';
import type { Finding } from '../domain/diagnosis/finding.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Persona, RenderedKind } from '../domain/rights/rights.ts';
import type { ImageIdentity } from './target.ts';

/** Looks at what runs will need, before they need it; changes nothing that stays. */
export interface Doctor {
  examine(signal: AbortSignal): AsyncIterable<Finding>;
}

/** What runs of a pipeline ask of a cluster. */
export interface ClusterNeeds {
  /** Whose rights the caller should have. */
  readonly persona: Persona;
  /** What the templates render, in any namespace. */
  readonly kinds: readonly RenderedKind[];
  /** The objects of each stage with placeholders for what is not known yet; empty where no pipeline is looked at. */
  readonly stages: readonly { readonly stage: string; readonly objects: readonly JsonObject[] }[];
  /** The pod settings. */
  readonly pod: JsonObject;
  readonly images: readonly ImageIdentity[];
  /** What to type to build them; absent where no pipeline is looked at. */
  readonly buildCommand?: string;
  readonly endpoints: readonly Endpoint[];
  /** The places that are written to at the end. */
  readonly destinations: readonly Destination[];
}

/** What stages will ask over the network. */
export interface Endpoint {
  /** Who names it: `teacher.url`, `HF_ENDPOINT`. */
  readonly name: string;
  /** http or https. */
  readonly url: string;
}

/** The GPUs of a node that has some. */
export interface NodeGpus {
  readonly node: string;
  readonly total: number;
  /** As the cluster names them: `NVIDIA-H100-80GB-HBM3`; absent where it does not. */
  readonly product?: string;
}
