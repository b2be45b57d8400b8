/* The labels by which whoever looks at an object knows which attempt it is of; templates/_shared/labels.yaml sets them. */

export const RUN_LABEL = 'ilab-backend.dev/run';
export const STAGE_LABEL = 'ilab-backend.dev/stage';
export const ATTEMPT_LABEL = 'ilab-backend.dev/attempt';
