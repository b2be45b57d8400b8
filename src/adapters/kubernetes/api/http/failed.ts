import { KubeFault } from '../kube-api.ts';
import type { Verdict } from './classify.ts';

/** One try of a request that failed, and what may follow. */
export class Failed extends Error {
  override readonly name = 'Failed';
  readonly verdict: Verdict;
  /** What the server asks for, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(verdict: Verdict, retryAfter?: number, cause?: unknown) {
    super(verdict.message, cause === undefined ? undefined : { cause });
    this.verdict = verdict;
    this.retryAfter = retryAfter;
  }
}

/** The fault that leaves the transport. */
export function faultOf({ verdict, cause }: Failed, request: string): KubeFault {
  const { kind, message, status, reason, causes } = verdict;
  return new KubeFault(kind, message, {
    request,
    ...(status === undefined ? {} : { status }),
    ...(reason === undefined ? {} : { reason }),
    ...(causes === undefined ? {} : { causes }),
    ...(cause === undefined ? {} : { cause }),
  });
}
