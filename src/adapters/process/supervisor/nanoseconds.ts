/** The present moment as RFC 3339 with nine digits; `performance` gives microseconds, the wall clock milliseconds. */
export function preciseTime(): string {
  const micros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  const millis = Math.floor(micros / 1000);
  const rest = String(micros - millis * 1000).padStart(3, '0');
  return `${new Date(millis).toISOString().slice(0, -1)}${rest}000Z`;
}
