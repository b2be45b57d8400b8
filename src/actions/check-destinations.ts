import { destinationsOf } from '../config/destinations.ts';
import type { Destination, DestinationRights } from '../domain/destination.ts';
import type { Finding } from '../domain/diagnosis/finding.ts';
import { UserError } from '../domain/errors.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { Plan } from '../domain/plan/plan.ts';
import type { DestinationDoctor } from '../ports/destination-doctor.ts';

export type { DestinationDoctor } from '../ports/destination-doctor.ts';

/** Loaded when there is a place to ask. */
type OpenDestinations = () => Promise<DestinationDoctor>;

/** The places that a run of the pipeline writes to at its end. */
export function destinationsIn({ pipeline, params, target }: RenderablePipeline): readonly Destination[] {
  return destinationsOf(pipeline.params, params, target);
}

/** What is known before a run of the places it writes to at its end. Writes nothing. */
export async function* lookAtDestinations(
  destinations: readonly Destination[],
  open: OpenDestinations,
  signal: AbortSignal,
): AsyncGenerator<Finding, void> {
  if (destinations.length === 0) return;
  const doctor = await open();
  for (const destination of destinations) {
    yield findingOf(destination, await doctor.look(destination, signal));
  }
}

/**
 * Refuses a run whose end would be refused: twelve hours of GPUs are too much to learn of a missing right. What nobody can
 * tell lets it start. Asks nothing where the stage that the parameter belongs to (`publish.repo`) does not run.
 */
export async function refuseDestinations(
  pipeline: RenderablePipeline,
  plan: Plan,
  open: OpenDestinations,
  signal: AbortSignal,
): Promise<void> {
  const idle = new Set<string>(plan.stages.filter(({ verdict }) => !mayRun(verdict.kind)).map(({ name }) => name));
  const asked = destinationsIn(pipeline).filter(({ name }) => !idle.has(name.split('.')[0] ?? ''));
  if (asked.length === 0) return;
  const doctor = await open();
  for (const destination of asked) {
    const rights = await doctor.look(destination, signal);
    if (rights.kind !== 'lacking') continue;
    const hint = rights.fix ?? `to look again: \`ilab-backend doctor\` with the same flags`;
    if (rights.isMissing) throw new UserError('cannot-start', `${destination.name}: ${rights.message}`, { hint });
    throw new UserError('bad-input', `${destination.name} would be refused: ${rights.message}`, { hint });
  }
}

function mayRun(kind: Plan['stages'][number]['verdict']['kind']): boolean {
  return kind === 'run' || kind === 'later';
}

const STATES = {
  granted: 'ok',
  lacking: 'problem',
  untold: 'warning',
} as const satisfies Record<DestinationRights['kind'], Finding['state']>;

function findingOf({ name }: Destination, { kind, message, fix }: DestinationRights): Finding {
  const found = { name: 'Destination', state: STATES[kind], message: `${name}: ${message}` };
  return fix === undefined ? found : { ...found, fix };
}
