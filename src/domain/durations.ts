const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** What to write instead, for messages. */
export const DURATION_FORM = 'a whole number and a unit: 30s, 15m, 24h, 7d';

/** `30s`, `15m`, `24h`, `7d` in seconds; undefined for anything else, mixed forms (`1h30m`) too. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

/** The same form, as a keyword of JSON Schema. */
export const DURATION_PATTERN = '^\\d{1,6}[smhd]$';

/** Seconds in that form, in the largest unit that is whole: `15m`, `24h`. */
export function durationText(seconds: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, one]) => seconds >= one && seconds % one === 0) ?? ['s', 1];
  return unit === 'd' && seconds === size ? '24h' : `${seconds / size}${unit}`;
}
