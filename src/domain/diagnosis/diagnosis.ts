import type { RunEvent } from '../event.ts';
import type { Json } from '../json.ts';
import type { Ending } from '../run/run-ending.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { Sight } from '../run/sight.ts';
import type { Finding } from './finding.ts';
import type { Cause } from './likely-causes.ts';

/** Everything about one run that helps to find out what is wrong with it, made for the eyes of strangers: no secret is in it. */
export interface Diagnosis {
  readonly apiVersion: 'ilab-backend.dev/v1alpha1';
  readonly kind: 'Diagnosis';
  /** RFC 3339. */
  readonly madeAt: string;
  readonly run: string;
  readonly program: DiagnosisProgram;
  /** Where the run lives. */
  readonly place: string;
  readonly ending: Ending;
  /** The likeliest first; empty where nothing is wrong. Of a run that ended well: what went wrong on the way. */
  readonly causes: readonly Cause[];
  readonly sights: readonly { readonly stage: string; readonly sight: Sight }[];
  /** Of the machine or the cluster. */
  readonly findings: readonly Finding[];
  readonly events: readonly RunEvent[];
  readonly values: readonly { readonly path: string; readonly value: Json; readonly origin: string }[];
  readonly manifests: readonly DiagnosisManifest[];
  readonly logs: readonly DiagnosisLog[];
  /** Objects of the cluster with their state, and what the cluster said of them. */
  readonly objects: readonly { readonly name: string; readonly state: Json }[];
  readonly placeEvents: readonly PlaceEvent[];
  /** What could not be had and why, a sentence each. */
  readonly missing: readonly string[];
  readonly record: RunRecord;
}

/** Which program made it, and on what. */
export interface DiagnosisProgram {
  readonly version: string;
  /** `v24.21.0`. */
  readonly node: string;
  /** `linux x64 6.1.0`. */
  readonly os: string;
}

/** The objects of one attempt. */
export interface DiagnosisManifest {
  readonly stage: string;
  readonly attempt: number;
  /** SHA-256 of the objects as they were submitted. */
  readonly digest: string;
  /** False where what is shown is not what was submitted: something it was made from can no longer be had. */
  readonly isSame: boolean;
  /** YAML, document by document. */
  readonly yaml: string;
}

/** The end of one attempt's log. */
export interface DiagnosisLog {
  readonly stage: string;
  readonly attempt: number;
  /** Lines with the container that wrote them, oldest first. */
  readonly text: string;
  readonly lines: number;
}

/** One thing that a cluster's own components said of an object. */
export interface PlaceEvent {
  /** RFC 3339, when it was said last. */
  readonly time: string;
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** How often; 1 = once. */
  readonly count: number;
}
