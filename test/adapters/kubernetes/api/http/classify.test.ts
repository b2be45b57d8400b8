import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classify } from '../../../../../src/adapters/kubernetes/api/http/classify.ts';
import type { Phase } from '../../../../../src/adapters/kubernetes/api/http/network-error.ts';
import { status } from '../harness.ts';

const answer = (code: number, body: unknown, effect: 'reads' | 'writes' = 'reads') =>
  classify({ kind: 'answer', status: code, body: typeof body === 'string' ? body : JSON.stringify(body) }, effect);

const network = (code: string, phase: Phase, effect: 'reads' | 'writes') =>
  classify({ kind: 'network', error: { code, message: `${code} it says`, phase } }, effect);

const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>';

describe('an answer', () => {
  // number, reason, message, what it is for reads, whether and when the same request may do better
  test.each([
    [400, 'BadRequest', 'strict decoding error: unknown field "spec.x"', 'invalid', 'no'],
    [400, 'BadRequest', 'container "main" in pod "x" is waiting to start: ContainerCreating', 'invalid', 'no'],
    [400, 'BadRequest', 'admission webhook "v.example.com" denied the request: no', 'denied', 'no'],
    [401, 'Unauthorized', 'Unauthorized', 'unauthorized', 'no'],
    [403, 'Forbidden', 'jobs.batch is forbidden: User "u" cannot create resource "jobs"', 'forbidden', 'no'],
    [403, 'Forbidden', 'pods "x" is forbidden: User "u" cannot get resource "pods/log"', 'forbidden', 'no'],
    [
      403,
      'Forbidden',
      'pods "x" is forbidden: exceeded quota: q, requested: cpu=2, used: cpu=0, limited: cpu=1',
      'quota',
      'no',
    ],
    [403, 'Forbidden', 'pods "x" is forbidden: failed quota: q: must specify limits.cpu', 'quota', 'no'],
    [403, 'Forbidden', 'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged', 'denied', 'no'],
    [403, 'Forbidden', 'pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2', 'denied', 'no'],
    [
      403,
      'Forbidden',
      'jobs.batch "x" is forbidden: unable to create new content in namespace n because it is being terminated',
      'denied',
      'no',
    ],
    [403, 'Forbidden', 'admission webhook "v.example.com" denied the request: no', 'denied', 'no'],
    [404, 'NotFound', 'namespaces "n" not found', 'not-found', 'no'],
    [404, 'NotFound', 'the server could not find the requested resource', 'not-found', 'no'],
    [405, 'MethodNotAllowed', 'the server does not allow this method', 'invalid', 'no'],
    [408, 'Timeout', 'timed out', 'server', 'busy'],
    [409, 'AlreadyExists', 'jobs.batch "x" already exists', 'exists', 'no'],
    [
      409,
      'Conflict',
      'Operation cannot be fulfilled on configmaps "x": the object has been modified',
      'conflict',
      'no',
    ],
    [
      409,
      'Conflict',
      'Operation cannot be fulfilled on resourcequotas "q": the object has been modified',
      'server',
      'busy',
    ],
    [410, 'Expired', 'too old resource version: 1 (2)', 'expired', 'no'],
    [413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728', 'too-large', 'no'],
    [422, 'Invalid', 'Job.batch "x" is invalid: spec.template: Required value', 'invalid', 'no'],
    [
      422,
      'Invalid',
      "jobs \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
      'denied',
      'no',
    ],
    [429, 'TooManyRequests', 'Too many requests, please try again later.', 'server', 'busy'],
    [500, 'InternalError', 'Internal error occurred: failed calling webhook "w": timeout', 'server', 'broken'],
    [500, 'Timeout', 'etcdserver: request timed out', 'server', 'broken'],
    [500, '', 'etcdserver: request is too large', 'too-large', 'no'],
    [501, 'NotImplemented', 'no', 'server', 'no'],
    [503, 'ServiceUnavailable', 'apiserver is shutting down', 'server', 'busy'],
    [504, 'Timeout', 'Timeout: request did not complete within the allotted timeout', 'server', 'busy'],
  ])('%i %s "%s" is %s, again: %s', (code, reason, message, kind, again) => {
    expect(answer(code, status(code, reason, message))).toMatchObject({ kind, again, message, status: code });
  });

  test.each([500, 502, 503, 504])('%i after a write leaves open whether it happened', (code) => {
    expect(answer(code, HTML, 'writes')).toMatchObject({ kind: 'ambiguous', undone: false });
  });

  test.each([400, 401, 403, 404, 409, 413, 422, 429])(
    '%i with a Status after a write says that nothing happened',
    (code) => {
      expect(answer(code, status(code, 'X', 'no'), 'writes')).toMatchObject({ undone: true });
      expect(answer(code, status(code, 'X', 'no'), 'writes').kind).not.toBe('ambiguous');
    },
  );

  test('names the fields that are wrong', () => {
    const causes = [
      { reason: 'FieldValueInvalid', message: 'Invalid value: -1', field: 'spec.parallelism' },
      { reason: 'UnexpectedServerResponse', message: 'no' },
    ];
    expect(answer(422, status(422, 'Invalid', 'no', { causes })).causes).toEqual([
      'spec.parallelism: Invalid value: -1',
      'no',
    ]);
  });

  test('404 speaks of the object only when it names it', () => {
    expect(answer(404, status(404, 'NotFound', 'pods "x" not found', { name: 'x' })).missing).toBe(true);
    expect(answer(404, status(404, 'NotFound', 'the server could not find the requested resource')).missing).toBe(
      false,
    );
    expect(answer(404, '404 page not found\n')).toMatchObject({ kind: 'not-found', again: 'no' });
    expect(answer(404, '404 page not found\n').missing).toBeUndefined();
  });

  test('404 of something in between proves nothing about the object', () => {
    const page = '<html>default backend - 404</html>';
    expect(answer(404, page)).toMatchObject({ kind: 'server', again: 'busy' });
    expect(answer(404, page, 'writes')).toMatchObject({ kind: 'ambiguous', undone: false });
  });

  test('row 7: whatever a page of HTML holds, it is not shown', () => {
    const html = fc
      .tuple(fc.integer({ min: 400, max: 599 }), fc.string())
      .map(([code, text]) => [code, `<p>${text}SECRET</p>`] as const);
    fc.assert(
      fc.property(html, ([code, page]) => {
        expect(answer(code, page).message).not.toMatch(/SECRET|<|>/);
      }),
    );
  });

  test('without a Status is told by its short text, or its number', () => {
    expect(answer(503, 'upstream connect error').message).toBe('upstream connect error');
    expect(answer(503, '').message).toBe('the answer was 503 without a reason');
    expect(answer(503, '\u001b[31mred').message).toBe('the answer was 503 without a reason');
  });
});

describe('a network fault', () => {
  const CODES = [
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'TIMEOUT',
  ];

  test.each(CODES)('%s before a byte left is unreachable, and nothing happened', (code) => {
    for (const effect of ['reads', 'writes'] as const) {
      expect(network(code, 'connecting', effect)).toMatchObject({ kind: 'unreachable', again: 'away', undone: true });
    }
  });

  test.each(['ECONNRESET', 'EPIPE', 'TIMEOUT', 'HPE_INVALID_CONSTANT'])('%s after that leaves a write open', (code) => {
    for (const phase of ['sent', 'answering'] as const) {
      expect(network(code, phase, 'writes')).toMatchObject({ kind: 'ambiguous', undone: false });
      expect(network(code, phase, 'reads')).toMatchObject({ kind: 'unreachable', again: 'away' });
    }
  });

  test.each([
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'EPROTO',
  ])('%s is not mended by waiting', (code) => {
    expect(network(code, 'connecting', 'reads')).toMatchObject({ kind: 'unreachable', again: 'no' });
  });
});

test('200 without JSON is no API server, and may have been a write', () => {
  expect(classify({ kind: 'nonsense', status: 200 }, 'reads')).toMatchObject({ kind: 'server', again: 'busy' });
  expect(classify({ kind: 'nonsense', status: 200 }, 'writes')).toMatchObject({ kind: 'ambiguous', undone: false });
});
