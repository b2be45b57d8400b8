import { WARNING_KINDS, type WarningKind } from '../../domain/attempt/progress.ts';
import { nameHint } from '../../domain/closest.ts';
import { UserError } from '../../domain/errors.ts';
import type { StageSelection } from '../run-sources.ts';
import type { Origin } from '../values/origin.ts';
import { type StageFlag, withStageFlags } from '../values/stage-flags.ts';

const STOP_ON: StageFlag = {
  name: '--stop-on',
  form: '--stop-on train=nan,stall',
  needs: 'warnings',
  field: 'stopOn',
};

/** The stages with what `--stop-on STAGE=WARNING,...` says over the files; `none` turns it off. Throws `bad-usage` for another word. */
export function withStopOn(
  stages: Readonly<Record<string, StageSelection>>,
  flags: readonly string[],
  origins: Map<string, Origin>,
): Readonly<Record<string, StageSelection>> {
  return withStageFlags(stages, flags, STOP_ON, origins, (_before, text, flag) => ({ stopOn: kindsIn(flag, text) }));
}

function kindsIn(flag: string, text: string): WarningKind[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.length === 1 && words[0] === 'none') return [];
  const kinds = words.map((word) => {
    const kind = WARNING_KINDS.find((known) => known === word);
    if (kind !== undefined) return kind;
    const hint = nameHint(word, WARNING_KINDS) ?? `there are ${WARNING_KINDS.join(', ')}; none turns it off`;
    throw new UserError('bad-usage', `--stop-on ${flag}: there is no warning ${word === '' ? "''" : word}`, { hint });
  });
  return [...new Set(kinds)];
}
