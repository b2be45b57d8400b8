import { UserError, unreachable } from '../../domain/errors.ts';
import { lastAttempt } from '../../domain/run/run-phase.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import type { Sight, Sights } from '../../domain/run/sight.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';

/**
 * Looks at the attempts of a run whose ends nobody has recorded. While a driver lives (`driven`) it records what it sees,
 * but for what keeps an attempt waiting: that alone is looked at. A target that does not answer hides nothing of what is
 * recorded.
 */
export async function seeAttempts(
  { target }: Pick<Deps, 'target'>,
  record: RunRecord,
  driven: boolean,
): Promise<Sights> {
  const seen = record.stages.flatMap((stage): readonly Promise<[string, Sight]>[] => {
    const open = lastAttempt(stage);
    if (open === undefined || open.outcome !== undefined) return [];
    const ref = { run: record.name, stage: stage.name, attempt: open.attempt };
    // What a driver is about to submit is not gone.
    if (driven && open.uid === undefined) return [];
    return [see(target, ref, open.uid).then((sight) => [stage.name, sight])];
  });
  return new Map((await Promise.all(seen)).filter(([, sight]) => !driven || isHeldUp(sight)));
}

function isHeldUp(sight: Sight): boolean {
  return sight.kind === 'troubled' || (sight.kind === 'waiting' && sight.reason !== '');
}

async function see(target: Deps['target'], ref: AttemptRef, uid: string | undefined): Promise<Sight> {
  try {
    const seen = await target.peek(ref, uid);
    switch (seen.kind) {
      case 'waiting':
      case 'troubled':
        return { kind: seen.kind, reason: seen.reason };
      case 'started':
        return { kind: 'running', at: seen.at };
      case 'ended':
        return { kind: 'ended', at: seen.at, outcome: seen.outcome };
      case 'gone':
        return { kind: uid === undefined ? 'not-submitted' : 'gone' };
      default:
        return unreachable(seen);
    }
  } catch (error) {
    if (error instanceof UserError) return { kind: 'unknown', reason: error.message };
    throw error;
  }
}
