const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Seconds for people: `0.4s`, `12s`, `1m 12s`, `3h 4m`, `2d 3h`. */
export function formatDuration(seconds: number): string {
  const tenths = Math.max(0, Math.round(seconds * 10) / 10);
  if (tenths < 10) return `${tenths}s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${whole % MINUTE}s`;
  const minutes = Math.round(whole / MINUTE);
  if (minutes * MINUTE < DAY) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
  const hours = Math.round(whole / HOUR);
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `0.02`, `1.5`, `262`: two digits that count, and no more than a tenth. */
export function formatHours(hours: number): string {
  return hours < 0.995 ? String(Number(hours.toPrecision(2))) : String(Math.round(hours * 10) / 10);
}

/** `11h 7m (10h 2m to 12h 5m)`; where all were the same, that alone. */
export function formatSpread(
  { median, min, max }: { readonly median: number; readonly min: number; readonly max: number },
  format: (value: number) => string,
): string {
  const [middle, low, high] = [format(median), format(min), format(max)];
  return low === high ? middle : `${middle} (${low} to ${high})`;
}

/** How long ago `time` (RFC 3339) was, in the manner of kubectl's AGE: `90s`, `3m12s`, `5h`, `12d`. A time to come is `0s`. */
export function formatAge(time: string, now: Date): string {
  const elapsed = (now.getTime() - Date.parse(time)) / 1000;
  if (Number.isNaN(elapsed)) return '<unknown>';
  const seconds = Math.max(0, Math.floor(elapsed));
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  if (seconds < 10 * MINUTE) return pair(seconds, MINUTE, 'm', 1, 's');
  if (seconds < 3 * HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 8 * HOUR) return pair(seconds, HOUR, 'h', MINUTE, 'm');
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 8 * DAY) return pair(seconds, DAY, 'd', HOUR, 'h');
  if (seconds < 2 * YEAR) return `${Math.floor(seconds / DAY)}d`;
  return pair(seconds, YEAR, 'y', DAY, 'd');
}

/** `512 B`, `1.5 KiB`, `218 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    if (Math.round(value * 10) / 10 < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value < 100 && unit !== 'B' ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}

/** A metric in at most five characters' worth of precision: `9`, `0.8125`, `1.235e-7`. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : String(Number(value.toPrecision(4)));
}

function pair(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
}
