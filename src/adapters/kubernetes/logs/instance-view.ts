import type { Changes } from './changes.ts';

/** What becomes of one run of a container, as the cluster says now. */
export type InstanceState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'ended' }
  /** It runs again; `isNext`: what came directly after this run, so this one can still be read. */
  | { readonly kind: 'replaced'; readonly isNext: boolean }
  /** Nothing can be read any more, and why. */
  | { readonly kind: 'gone'; readonly why: string };

/** One run of one container, as the follower sees it. */
export interface InstanceView {
  readonly pod: string;
  readonly container: string;
  readonly restart: number;
  /** Empty before it is known. */
  readonly node: string;
  readonly changes: Changes;
  state(): InstanceState;
  /** RFC 3339, of the node's clock; undefined when it is not known. */
  startedAt(): string | undefined;
}
