import { KubeFault, type KubeFaultKind } from '../../../src/adapters/kubernetes/api/kube-api.ts';

/** The answer a real API server gives for each class of fault. */
const ANSWERS: Readonly<Record<KubeFaultKind, { readonly status?: number; readonly reason?: string }>> = {
  unreachable: {},
  ambiguous: {},
  unauthorized: { status: 401, reason: 'Unauthorized' },
  forbidden: { status: 403, reason: 'Forbidden' },
  quota: { status: 403, reason: 'Forbidden' },
  denied: { status: 403, reason: 'Forbidden' },
  'not-found': { status: 404, reason: 'NotFound' },
  exists: { status: 409, reason: 'AlreadyExists' },
  conflict: { status: 409, reason: 'Conflict' },
  expired: { status: 410, reason: 'Expired' },
  invalid: { status: 422, reason: 'Invalid' },
  'too-large': { status: 413, reason: 'RequestEntityTooLarge' },
  server: { status: 500, reason: 'InternalError' },
};

/** A fault as the transport makes it from a server's answer. */
export function faultOf(
  kind: KubeFaultKind,
  request: string,
  message: string,
  causes: readonly string[] = [],
): KubeFault {
  return new KubeFault(kind, message, { request, causes, ...ANSWERS[kind] });
}
