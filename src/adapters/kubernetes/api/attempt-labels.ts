import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';

/* The labels by which whoever looks at an object knows which attempt it is of; templates/_shared/labels.yaml sets them. */

export const RUN_LABEL = 'ilab-backend.dev/run';
export const STAGE_LABEL = 'ilab-backend.dev/stage';
export const ATTEMPT_LABEL = 'ilab-backend.dev/attempt';

/** Prefixes of the labels that this program sets itself. */
const OURS = /^(?:app\.kubernetes\.io|ilab-backend\.dev)\//;

/** The labels of the pod settings, as people gave them: admission policies may ask for them on every object. */
export function labelsOfPeople(labels: Json | undefined): JsonObject {
  const all = isJsonObject(labels) ? Object.entries(labels) : [];
  return Object.fromEntries(all.filter(([name]) => !OURS.test(name)));
}
