import { systemClock } from './adapters/clock/system-clock.ts';
import { valueOfSecret } from './adapters/process/secret-values.ts';
import { signingKey } from './adapters/webhook/sign.ts';
import { createWebhookNotifier } from './adapters/webhook/webhook-notifier.ts';
import { NOTIFY_VARIABLES } from './domain/driver-arguments.ts';
import type { NotifySettings } from './domain/notification.ts';
import { addressFault } from './domain/webhook-address.ts';
import type { OpenedNotifier } from './ports/notifier.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Put together here, like the places of runs in places.ts. What a reference means is read here and now: a variable or a file of
 * this machine, or, where it names a Secret, the variable that a driver on the cluster gets it by.
 */
export function openNotifier(
  settings: NotifySettings,
  { env, version }: { readonly env: Variables; readonly version: string },
): OpenedNotifier {
  const secret = read(settings.secret, NOTIFY_VARIABLES.secret, env);
  if (secret.kind === 'absent') return { kind: 'absent', reason: `notify.secret: ${secret.reason}` };
  const key = signingKey(secret.value);
  if (key === undefined) {
    const reason = 'notify.secret is not of the form `whsec_` and 24 to 64 bytes in base64';
    return { kind: 'absent', reason };
  }
  const { url, urlFrom } = settings;
  const address =
    urlFrom === undefined ? ({ kind: 'value', value: url ?? '' } as const) : read(urlFrom, NOTIFY_VARIABLES.url, env);
  if (address.kind === 'absent') return { kind: 'absent', reason: `notify.urlFrom: ${address.reason}` };
  const fault = addressFault(address.value.trim());
  if (fault !== undefined) return { kind: 'absent', reason: `the address of notify ${fault}` };
  const userAgent = `ilab-backend/${version}`;
  return {
    kind: 'ready',
    notifier: createWebhookNotifier({ url: new URL(address.value.trim()), key, env, clock: systemClock, userAgent }),
  };
}

function read(
  { name, key }: NotifySettings['secret'],
  variable: string,
  env: Variables,
): { readonly kind: 'value'; readonly value: string } | { readonly kind: 'absent'; readonly reason: string } {
  const given = env[variable];
  if (given !== undefined && given !== '') return { kind: 'value', value: given };
  if (name !== 'env' && name !== 'file') {
    const reason = `it is in the Secret ${name}, which is not read here; a driver on the cluster (\`--detach\`) has it, or set ${variable}`;
    return { kind: 'absent', reason };
  }
  const value = valueOfSecret(name === 'env' ? { kind: 'env', name: key } : { kind: 'file', path: key }, env);
  if (value !== undefined && value !== '') return { kind: 'value', value };
  return {
    kind: 'absent',
    reason: name === 'env' ? `the variable ${key} is not set` : `there is nothing to read in ${key}`,
  };
}
