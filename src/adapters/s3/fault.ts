import { ObjectFault } from '../../domain/data/object-fault.ts';

const TOO_BUSY =
  /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|Throttling.*|TooManyRequests.*|OperationAborted)$/;
const CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|AccountProblem|Unauthorized)$/;
const CERTIFICATE = /^(CERT_|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;
const GONE = /^(NoSuchKey|NotFound|NoSuchUpload|NoSuchVersion)$/;

/**
 * What the client says, as one of ours. Nothing of the server's text is passed on: it may hold what was signed and by
 * which key.
 */
export function asObjectFault(error: unknown, where: { readonly host: string; readonly bucket: string }): ObjectFault {
  if (error instanceof ObjectFault) return error;
  const { host, bucket } = where;
  const name = textOf(error, 'name');
  const status = statusOf(error);
  if (status === undefined) return networkFault(error, host);
  // An answer to HEAD has no body that could say more.
  const word = /^[A-Za-z0-9]{1,60}$/.test(name) && !/^Unknown/.test(name) ? name : `status ${status}`;
  if (status >= 500 || status === 429 || status === 408 || TOO_BUSY.test(name))
    return new ObjectFault('away', `${host} answered ${status} (${word})`, { cause: error });
  if (name === 'NoSuchBucket')
    return new ObjectFault('refused', `${host} has no bucket ${bucket}`, {
      cause: error,
      hint: 'make it, or name another in `pod.storage.url`',
    });
  if (GONE.test(name) || status === 404)
    return new ObjectFault('absent', `${host} has no such object in ${bucket} (${word})`, { cause: error });
  if (name === 'RequestTimeTooSkewed')
    return new ObjectFault('refused', `${host} says that the clock of this machine is wrong`, {
      cause: error,
      hint: 'set the clock',
    });
  if (CREDENTIALS.test(name) || status === 401)
    return new ObjectFault('refused', `${host} refuses the credentials (${word})`, {
      cause: error,
      hint: 'see `pod.storage.accessKey` and `pod.storage.secretKey`',
    });
  if (status === 403)
    return new ObjectFault('refused', `${host} refuses access to ${bucket} (${word})`, {
      cause: error,
      hint: 'check the credentials and their rights: read, write and list, uploads in parts included',
    });
  if (status === 301 || name === 'PermanentRedirect' || name === 'AuthorizationHeaderMalformed')
    return new ObjectFault('refused', `${host} keeps ${bucket} in another region (${word})`, {
      cause: error,
      hint: 'see `pod.storage.region` and `pod.storage.endpoint`',
    });
  return new ObjectFault('refused', `${host} refuses the request (${status} ${word})`, {
    cause: error,
    hint: 'see `pod.storage`: endpoint, region, pathStyle',
  });
}

function networkFault(error: unknown, host: string): ObjectFault {
  const code = codeOf(error);
  if (CERTIFICATE.test(code))
    return new ObjectFault('refused', `the certificate of ${host} is not trusted (${code})`, {
      cause: error,
      hint: 'name its authority: `pod.caBundle` on a cluster, `pod.storage.caFile` on this machine',
    });
  return new ObjectFault('away', `${host} does not answer (${code === '' ? textOf(error, 'name') : code})`, {
    cause: error,
  });
}

function statusOf(error: unknown): number | undefined {
  const metadata = (error as { readonly $metadata?: { readonly httpStatusCode?: unknown } } | null)?.$metadata;
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

function codeOf(error: unknown): string {
  const own = textOf(error, 'code');
  const cause = (error as { readonly cause?: unknown } | null)?.cause;
  return own === '' && cause !== undefined ? textOf(cause, 'code') : own;
}

function textOf(error: unknown, key: string): string {
  const value = (error as Record<string, unknown> | null)?.[key];
  return typeof value === 'string' ? value : '';
}
