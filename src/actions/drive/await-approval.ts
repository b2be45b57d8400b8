import type { StageName } from '../../domain/naming.ts';
import { isAwaitingApproval } from '../../domain/run/run-phase.ts';
import { timestamp } from '../deps.ts';
import type { DriveContext } from './drive-context.ts';

/**
 * Asks whether the stage may start, and waits for the answer as long as this driver does; nothing of the stage exists
 * meanwhile. True = it may. An answer that was given before, also to an earlier driver, holds.
 */
export async function awaitApproval({ session, deps, signal, cancelling }: DriveContext, stage: StageName) {
  const { epoch } = session.record;
  if (session.stage(stage).approval?.given === undefined) {
    const asked = timestamp(deps.clock);
    await session.commitStage(stage, (was) =>
      was.approval?.epoch === epoch ? was : { ...was, approval: { asked, epoch } },
    );
  }
  await session.until(() => !isAwaitingApproval(session.stage(stage)), AbortSignal.any([signal, cancelling]));
  const { approval, decision } = session.stage(stage);
  const isDeclined = decision?.kind === 'refuse' && decision.epoch === session.record.epoch;
  return approval?.given !== undefined && !isDeclined;
}
