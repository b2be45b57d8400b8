import * as z from 'zod';
import type { Outcome } from '../../../domain/attempt/outcome.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { isJsonObject } from '../../../domain/json.ts';
import { outcomeSchema } from '../../../domain/run/run-record.ts';
import type { AttemptSpec } from '../../../ports/target.ts';
import { textAt } from '../api/kube-api.ts';

/*
 * What an attempt's objects carry beside what the template says, so that whoever finds them, on whatever machine, needs
 * nothing else. Annotations: a digest in hex is one character too long for a label.
 */

/** The idempotency key: same key, ours. */
const KEY = 'ilab-backend.dev/key';
/** What judging the attempt takes: `AttemptFacts`. */
const FACTS = 'ilab-backend.dev/attempt-facts';
/** An outcome that was decided from outside, before the attempt's end: a cancel, or what can never start. */
const DECIDED = 'ilab-backend.dev/outcome';

/** There until the uid of the object is recorded; it is suspended as long. */
const HELD = 'ilab-backend.dev/held-until-recorded';

const factsSchema = z.object({
  contract: z.enum(['full', 'plain']),
  outputs: z.array(z.string()).readonly(),
  queueTimeout: z.number(),
  startTimeout: z.number(),
});
/** What an observer must know of an attempt; timeouts in seconds. */
export type AttemptFacts = z.infer<typeof factsSchema>;

/** The object with the marks of its attempt. */
export function marked(object: JsonObject, spec: AttemptSpec): JsonObject {
  const { contract, outputs, queueTimeout, startTimeout } = spec;
  return annotated(withFacts(object, { contract, outputs, queueTimeout, startTimeout }), { [KEY]: spec.key });
}

/** The object with what whoever observes it must know. */
export function withFacts(object: JsonObject, facts: AttemptFacts): JsonObject {
  return annotated(object, { [FACTS]: JSON.stringify(facts) });
}

/** The object with the outcome that somebody decided. */
export function withDecided(object: JsonObject, outcome: Outcome): JsonObject {
  return annotated(object, { [DECIDED]: JSON.stringify(outcome) });
}

/** The object, marked as held back. */
export function withHold(object: JsonObject): JsonObject {
  return annotated(object, { [HELD]: 'true' });
}

/** The object without that mark. */
export function withoutHold(object: JsonObject): JsonObject {
  const metadata = objectOr(object['metadata']);
  const { [HELD]: _, ...annotations } = objectOr(metadata['annotations']);
  return { ...object, metadata: { ...metadata, annotations } };
}

export function isHeld(object: JsonObject): boolean {
  return textAt(object, 'metadata', 'annotations', HELD) !== undefined;
}

/** Undefined on an object that is not ours. */
export function keyOf(object: JsonObject): string | undefined {
  return textAt(object, 'metadata', 'annotations', KEY);
}

/** Undefined on an object that is not ours, or of a version that wrote something else. */
export function factsOf(object: JsonObject): AttemptFacts | undefined {
  return parsed(object, FACTS, factsSchema);
}

/** Undefined as long as nobody decided. */
export function decidedOf(object: JsonObject): Outcome | undefined {
  return parsed(object, DECIDED, outcomeSchema);
}

function parsed<T>(object: JsonObject, name: string, schema: z.ZodType<T>): T | undefined {
  const text = textAt(object, 'metadata', 'annotations', name);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function annotated(object: JsonObject, annotations: Readonly<Record<string, string>>): JsonObject {
  const metadata = objectOr(object['metadata']);
  const were = objectOr(metadata['annotations']);
  return { ...object, metadata: { ...metadata, annotations: { ...were, ...annotations } } };
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
