import { type Plan, withoutImage } from './plan.ts';

/** What to type once a plan was read, and when. */
export interface AfterPlan {
  readonly when: string;
  readonly command: string;
}

/** `run`: the command that does what was planned. Where nothing would be done, the way to have it done all the same. */
export function afterPlan(plan: Plan, run: string): AfterPlan {
  const verdicts = plan.stages.map(({ verdict }) => verdict.kind);
  if (verdicts.includes('blocked')) return { when: 'Once what is blocked is mended', command: run };
  if (withoutImage(plan).length > 0) return { when: 'Once the images are built', command: run };
  if (verdicts.some((kind) => kind === 'run' || kind === 'later')) return { when: 'To start it', command: run };
  return { when: 'Nothing would run; to have it made anew', command: `${run} --no-reuse` };
}
