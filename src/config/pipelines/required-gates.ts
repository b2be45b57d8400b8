import type { Stage } from '../../domain/pipeline/pipeline.ts';
import { type Compiled, compiled } from '../../template/compiled.ts';
import { formatProblems } from '../../template/schema/format-problems.ts';
import { ConfigFault, fileFaults } from '../faults.ts';
import type { StageSelection } from '../run-sources.ts';
import type { Origin } from '../values/origin.ts';
import { type StageFlag, withStageFlags } from '../values/stage-flags.ts';
import type { LoadedGate, LoadedPipeline, LoadedStage } from './loaded-pipeline.ts';

const REQUIRE: StageFlag = {
  name: '--require',
  form: "--require 'publish=results.eval.metrics.mmlu_branch_tuned >= 0.5'",
  needs: 'a condition',
  accepts: (text) => text !== '' && !text.startsWith('='),
  field: 'require',
};

/** The stages with the conditions of `--require STAGE=CONDITION`, which this run holds beside their gates. */
export function withRequired(
  stages: Readonly<Record<string, StageSelection>>,
  flags: readonly string[],
  origins: Map<string, Origin>,
): Readonly<Record<string, StageSelection>> {
  return withStageFlags(stages, flags, REQUIRE, origins, ({ require = [] }, condition) => ({
    require: [...require, condition],
  }));
}

/** A condition as the pipeline's own gates are shown; `index` counts from 0. */
export function requiredGate(stage: string, text: string, index: number): Stage['gates'][number] {
  const place = { file: `--require ${stage}`, line: 1, column: 1 };
  return { name: `require-${index + 1}`, condition: { text, place } };
}

/** They are named `require-1`, `require-2`: as they were typed. */
export function requiredGates(
  { stage, condition }: LoadedStage,
  require: readonly string[],
): Compiled<readonly LoadedGate[]> {
  const all = require.map((text, index) => {
    const gate = requiredGate(stage.name, text, index);
    const { place } = gate.condition;
    return { name: gate.name, text, result: condition({ text, place, file: { path: place.file, text } }) };
  });
  const problems = all.flatMap(({ result }) => (result.kind === 'problems' ? result.problems : []));
  return compiled(problems, () =>
    all.flatMap(({ name, text, result }) => (result.kind === 'ok' ? [{ name, text, condition: result.value }] : [])),
  );
}

/** Throws `bad-usage` with every condition that cannot be used. */
export function refuseRequired({ stages }: LoadedPipeline, chosen: Readonly<Record<string, StageSelection>>): void {
  const problems = [...stages.values()].flatMap((stage) => {
    const gates = requiredGates(stage, chosen[stage.stage.name]?.require ?? []);
    return gates.kind === 'problems' ? gates.problems : [];
  });
  if (problems.length === 0) return;
  const message = `a condition cannot be used\n\n${formatProblems(problems)}\n`;
  throw new ConfigFault('bad-usage', message, { faults: fileFaults(problems) }, { hint: REQUIRE.form });
}
