/** How long the follower waits for what, in milliseconds. */
export interface FollowTiming {
  /** Before the second try to connect; doubles from there. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** Between two reads of a log for which there is no slot. */
  readonly poll: number;
  /** A connection without a byte for that long is made anew: it may be dead, and a new one costs nothing. */
  readonly quiet: number;
  /** As `quiet`, once the container has ended. */
  readonly quietAfterEnd: number;
  /** Before the log of a container that has ended is given up, because its node does not answer. */
  readonly silentNode: number;
  /** Between two questions whether a file was rotated, at least. */
  readonly check: number;
  /** ... and at most, while lines come. */
  readonly checkAtLeast: number;
  /** Between two looks whether the other process that writes these logs has ended. */
  readonly takeOver: number;
}

export const FOLLOW_TIMING: FollowTiming = {
  firstPause: 100,
  longestPause: 10_000,
  poll: 5000,
  quiet: 300_000,
  quietAfterEnd: 10_000,
  silentNode: 300_000,
  check: 500,
  checkAtLeast: 10_000,
  takeOver: 1000,
};
