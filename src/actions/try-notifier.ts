import type { Finding } from '../domain/diagnosis/finding.ts';
import { type NotifySettings, testNotification } from '../domain/notification.ts';
import type { Deps } from './deps.ts';

const NAME = 'Webhook';
/** Somebody waits: what is tried again later is a finding now. */
const PATIENCE_S = 5;

/** Sends a test message by the webhook that `notify:` names, and says what became of it. */
export async function tryNotifier(
  settings: NotifySettings | undefined,
  open: NonNullable<Deps['openNotifier']>,
  signal: AbortSignal,
): Promise<Finding> {
  if (settings === undefined) {
    const fix = 'name one by `notify:` in ilab-backend.yaml: docs/notifications.md';
    return { name: NAME, state: 'warning', message: 'nobody is told of runs', fix };
  }
  const opened = await open(settings);
  if (opened.kind === 'absent') return { name: NAME, state: 'warning', message: opened.reason };
  const { notifier } = opened;
  const message = testNotification(crypto.randomUUID(), new Date().toISOString());
  const delivery = await notifier.send(message, AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_S * 1000)]));
  signal.throwIfAborted();
  if (delivery.kind === 'taken') return { name: NAME, state: 'ok', message: `${notifier.place} took a test message` };
  return { name: NAME, state: 'warning', message: `${notifier.place} did not take a test message: ${delivery.reason}` };
}
