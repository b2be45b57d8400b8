import type { Outcome } from '../../domain/attempt/outcome.ts';

/** What our stages begin their last words with (docs/stage-contract.md). */
const LAST_WORDS = /^error: /;
/** An outcome's message may be cut. */
const COMPARED = 200;

/** The lines of a failed attempt's log but for those that only repeat what its outcome says. */
export function withoutSaid(lines: readonly string[], outcome: Outcome): readonly string[] {
  if (outcome.kind === 'succeeded') return lines;
  const { message } = outcome;
  return lines.filter((line) => {
    const said = line.replace(LAST_WORDS, '').trim().slice(0, COMPARED);
    return !LAST_WORDS.test(line) || said === '' || !message.includes(said);
  });
}
