import type { PeerCertificate } from 'node:tls';
import { NetworkError } from './network-error.ts';

const PROBLEMS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by nobody this kubeconfig trusts',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority this kubeconfig does not trust',
  UNABLE_TO_GET_ISSUER_CERT: 'is signed by an authority this kubeconfig does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an authority this kubeconfig does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an authority this kubeconfig does not trust',
  CERT_SIGNATURE_FAILURE: 'is signed with another key than that of the trusted authority',
  CERT_UNTRUSTED: 'is not trusted',
  CERT_REJECTED: 'is not trusted',
  INVALID_CA: 'is signed by what is no authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
};

/** True for a server that cannot show who it is: no waiting mends that. */
export function isCertificateFault(code: string): boolean {
  return PROBLEMS[code] !== undefined;
}

/** Says whose certificate was refused and when it is valid; other faults stay as they are. */
export function describeCertificate(error: NetworkError, shown: PeerCertificate | undefined): NetworkError {
  const problem = PROBLEMS[error.code];
  if (problem === undefined) return error;
  return new NetworkError(error.code, `the server's certificate${whose(shown)} ${problem}`, error.phase, error);
}

function whose(shown: PeerCertificate | undefined): string {
  if (shown?.subject === undefined) return '';
  const names = shown.subjectaltname?.replaceAll('IP Address:', '').replaceAll('DNS:', '') ?? shown.subject.CN;
  return ` (for ${names}, issued by ${shown.issuer.CN ?? 'an authority without a name'}, valid from ${shown.valid_from} to ${shown.valid_to})`;
}
