/** What JSON.stringify lets through and a terminal would obey, or draw backwards. */
const UNSAFE = /[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON that is safe to print to a terminal: the same value, with control and invisible characters written as `\uNNNN`. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
