import type { PlaceEvent } from '../domain/diagnosis/diagnosis.ts';
import type { JsonObject } from '../domain/json.ts';

/** What can be seen of a run's attempts where they run, and of what they run on: for whoever looks for a cause. */
export interface Survey {
  /** Objects with their state, as the place itself tells it: nodes, quotas, workloads, pods. */
  readonly objects: readonly SurveyedObject[];
  /** What the place said of them, oldest first. */
  readonly events: readonly PlaceEvent[];
  /** What could not be looked at and why, a sentence each. */
  readonly missing: readonly string[];
}

/** One object: no specification, which the manifests show. */
export interface SurveyedObject {
  /** `Pod/weekly-47-train-1-x7k2p`. */
  readonly name: string;
  readonly state: JsonObject;
}
