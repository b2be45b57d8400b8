/** A run's name: a DNS label of at most 30 characters. */
export type RunName = string & { readonly __brand: 'RunName' };
/** A stage's name: a DNS label. */
export type StageName = string & { readonly __brand: 'StageName' };

const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Names of objects are `<run>-<stage>-<attempt>` and must stay within 52 characters, so that pods keep valid names. */
export const RUN_NAME_MAX = 30;
/** See `RUN_NAME_MAX`. */
export const STAGE_NAME_MAX = 16;

/** Undefined when `text` is no DNS label of at most 30 characters that starts with a letter. */
export function parseRunName(text: string): RunName | undefined {
  return text.length <= RUN_NAME_MAX && DNS_LABEL.test(text) ? (text as RunName) : undefined;
}

/** Undefined when `text` is no DNS label of at most 16 characters that starts with a letter. */
export function parseStageName(text: string): StageName | undefined {
  return text.length <= STAGE_NAME_MAX && DNS_LABEL.test(text) ? (text as StageName) : undefined;
}

/** The name of an attempt's objects on every target. `attempt` counts from 1. */
export function attemptName({
  run,
  stage,
  attempt,
}: {
  readonly run: RunName;
  readonly stage: StageName;
  readonly attempt: number;
}): string {
  return `${run}-${stage}-${attempt}`;
}
