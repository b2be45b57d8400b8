import type { Finding } from '../../domain/diagnosis/finding.ts';
import type { Doctor, Endpoint } from '../../ports/doctor.ts';

const name = 'Endpoint';
const ASK_MS = 10_000;

/** Whether what stages will ask answers this machine; any answer will do, also one that wants credentials. */
export function createEndpointDoctor(endpoints: readonly Endpoint[]): Doctor {
  return {
    async *examine(signal) {
      for (const endpoint of endpoints) yield await endpointFinding(endpoint, signal);
    },
  };
}

async function endpointFinding(endpoint: Endpoint, signal: AbortSignal): Promise<Finding> {
  const what = `${endpoint.name}: ${shown(endpoint.url)}`;
  try {
    const answer = await fetch(shown(endpoint.url), {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
    });
    await answer.body?.cancel();
    const { status } = answer;
    if (status < 500) return { name, state: 'ok', message: `${what} answers (HTTP ${status})` };
    return {
      name,
      state: 'warning',
      message: `${what} answers with HTTP ${status}`,
      fix: 'is it up behind its gateway?',
    };
  } catch (error) {
    signal.throwIfAborted();
    const { reason, fix } = whyNot(error);
    return { name, state: 'problem', message: `${what} ${reason}`, fix };
  }
}

/** Without what may be a credential: that somebody answers is all that is asked. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === '/' ? '' : pathname}`;
}

function whyNot(error: unknown): { readonly reason: string; readonly fix: string } {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code = '', message = String(cause) } = cause as { readonly code?: string; readonly message?: string };
  if ((error as Error).name === 'TimeoutError' || code.includes('TIMEOUT'))
    return {
      reason: 'does not answer in time',
      fix: 'does a network policy or a firewall stop it? is a proxy needed: `pod.proxy`?',
    };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      reason: 'has a name that is not known here',
      fix: 'correct the name; of a Service it is NAME.NAMESPACE.svc',
    };
  if (code === 'ECONNREFUSED') return { reason: 'refuses the connection', fix: 'is it up, and is the port right?' };
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code))
    return {
      reason: `has a certificate that is not trusted here (${code})`,
      fix: 'name its authority: `pod.caBundle`',
    };
  return { reason: `cannot be reached: ${message}`, fix: 'is it up, and is a proxy needed: `pod.proxy`?' };
}
