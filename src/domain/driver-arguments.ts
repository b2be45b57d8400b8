/** How a driver on a cluster gets what `notify:` refers to: it reads no Secret itself. */
export const NOTIFY_VARIABLES = { secret: 'ILAB_BACKEND_NOTIFY_SECRET', url: 'ILAB_BACKEND_NOTIFY_URL' } as const;

/** What whoever hands a run to a driver of its own said of the driving. */
export interface DriverOptions {
  /** Cancels the run after so many seconds. */
  readonly timeoutSeconds?: number;
  /** Since when they count, RFC 3339: a driver may be replaced by another. Absent = since it begins. */
  readonly since?: string;
  /** How long it waits for a cluster that is away; absent = the program's default. */
  readonly maxOfflineSeconds?: number;
}

/**
 * What this program is started with to drive a recorded run by itself: it gives nothing that failed a new attempt, and
 * tells its events. `where`: the flags of the place as the driver sees it.
 */
export function driverArguments(
  run: string,
  { timeoutSeconds, since, maxOfflineSeconds }: DriverOptions,
  where: readonly string[],
): readonly string[] {
  const from = since === undefined ? [] : ['--timeout-since', since];
  const timeout = timeoutSeconds === undefined ? [] : ['--timeout', `${timeoutSeconds}s`, ...from];
  const offline = maxOfflineSeconds === undefined ? [] : ['--max-offline', `${maxOfflineSeconds}s`];
  return ['resume', run, '--as-it-is', '-o', 'json', ...where, ...timeout, ...offline];
}
