import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `30s`, `5m`, `2h`, `7d` in seconds; anything else, mixed forms too, is refused. For commander's option parsers. */
export function parseSeconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : UNITS[match[2]];
  if (match?.[1] === undefined || unit === undefined) {
    throw new InvalidArgumentError('Give a number and a unit: 30s, 5m, 2h, 7d.');
  }
  return Number(match[1]) * unit;
}

/** RFC 3339. */
export function parseTime(text: string): string {
  if (Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('Give a time such as 2026-11-30T06:00:00Z.');
  return text;
}

/** A whole number of at least 0. */
export function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
