import type { StageView } from '../../run-view.ts';

/** The command to type about a stage as it stands; undefined when there is nothing to do or to see. */
export function nextCommand(run: string, { name, phase }: Pick<StageView, 'name' | 'phase'>): string | undefined {
  switch (phase) {
    case 'AwaitingApproval':
      return `ilab-backend approve ${run} ${name}`;
    case 'Running':
      return `ilab-backend logs ${run} ${name} -f`;
    case 'Failed':
    case 'Lost':
    case 'Cancelled':
    case 'Retrying':
      return `ilab-backend logs ${run} ${name}`;
    case 'Succeeded':
      return `ilab-backend artifacts ${run} ${name}`;
    case 'Submitted':
    case 'Waiting':
    case 'CannotStart':
    case 'Refused':
    case 'Interrupted':
      return `ilab-backend status ${run}`;
    case 'Pending':
    case 'Preparing':
    case 'Reused':
    case 'Skipped':
      return undefined;
  }
}
