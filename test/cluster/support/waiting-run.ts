import { expect } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { type ClusterActOptions, DONE, MEET } from './act-on-cluster.ts';
import { type HereAndThere, week } from './here-and-there.ts';
import { hear, type Program, type Told } from './machine.ts';

type Waits = Extract<RunEvent, { readonly type: 'attempt-waits' }>;

/** A run that is expected to wait for something. */
export interface WaitingRun {
  readonly ended: Promise<Told>;
  /** Resolves when it tells that it waits for such a reason; fails when it ends first. */
  waits(reason: RegExp): Promise<Waits>;
}

/** Starts the run `week` on a machine of its own; `name`: where there is more than one. */
export function beginWaiting(place: HereAndThere, options: ClusterActOptions, act: string, name?: string): WaitingRun {
  const told: RunEvent[] = [];
  let heard = Promise.withResolvers<void>();
  const ended = hear(place.machine(options).begin(...week(act, DONE, name)), (event) => {
    told.push(event);
    heard.resolve();
    heard = Promise.withResolvers<void>();
  });
  const waits = async (reason: RegExp): Promise<Waits> => {
    for (;;) {
      const found = told.find((event): event is Waits => event.type === 'attempt-waits' && reason.test(event.reason));
      if (found !== undefined) return found;
      const over = await Promise.race([heard.promise, ended]);
      expect(over, `it ended before it waited for ${reason}`).toBeUndefined();
    }
  };
  return { ended, waits };
}

/** Starts the run `week`, and has its first stage wait to be let go. */
export async function beginAndMeet(
  place: HereAndThere,
  options: ClusterActOptions = {},
  act = MEET,
): Promise<{ readonly driver: Program; readonly told: Promise<Told> }> {
  const driver = place.machine(options).begin(...week(act));
  const told = hear(driver);
  await place.workspace.arrived('week', 'act');
  return { driver, told };
}

/** How the attempts of the stage `act` ended, in order. */
export function endsOf({ events }: Told): readonly unknown[] {
  return events.flatMap((event) => (event.type === 'attempt-ended' && event.stage === 'act' ? [event.outcome] : []));
}
