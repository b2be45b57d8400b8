import type { KubeApi } from '../api/kube-api.ts';
import type { FollowSlots } from './follow-slots.ts';
import type { FollowTiming } from './follow-timing.ts';
import type { InstanceLog } from './instance-log.ts';
import type { InstanceView } from './instance-view.ts';

/** What following one run of a container works with. */
export interface FollowerOptions {
  readonly api: Pick<KubeApi, 'log' | 'heardAt'>;
  readonly log: InstanceLog;
  readonly view: InstanceView;
  readonly slots: FollowSlots;
  readonly timing: FollowTiming;
  /** True: it had begun when we first heard of it, so its beginning may be rotated away. */
  readonly isLate: boolean;
  /** Told once when the kubelet answers with words of its own instead of lines. */
  readonly onNotice: (text: string) => void;
}
