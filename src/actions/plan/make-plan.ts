import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { Plan, ReuseParts, StagePlan, Verdict } from '../../domain/plan/plan.ts';
import { outlookOf } from '../../domain/plan/plan-outlook.ts';
import { type Holding, peakGpus } from '../../domain/plan/plan-peak.ts';
import { objectsOfRun, objectsOfStage, type PlannedObject, RUN } from '../../domain/plan/planned-objects.ts';
import { changedParts, ownKey } from '../../domain/plan/reuse-key.ts';
import { mapSpread } from '../../domain/plan/spread.ts';
import { gpusOf } from '../../domain/plan/workload.ts';
import { neededRules } from '../../domain/rights/rbac.ts';
import type { ImageIdentity, PlanTarget } from '../../ports/target.ts';
import { bindInputs } from './bind-inputs.ts';
import { type DecisionContext, decideStage, isFresh, makerIn, roleOf } from './decide-stage.ts';
import { newestParts, newestWithOwnKey, type PastResult } from './past-results.ts';
import { kindsOf } from './render-stages.ts';
import { previewStage } from './stage-key.ts';
import { tookBefore } from './took-before.ts';

/** What would happen, stage by stage; nothing is created. Throws `not-supported` when the target cannot honour a manifest. */
export async function makePlan(context: DecisionContext, target: PlanTarget): Promise<Plan> {
  const { pipeline } = context;
  const made = new Map<string, PastResult>();
  const open = new Set<StageName>();
  const stages: StagePlan[] = [];
  const notEnforced = new Set<string>();
  const rendered: JsonObject[] = [];
  for (const stage of pipeline.pipeline.stages) {
    const verdict = await judge(context, stage, made, open);
    const runs = verdict.kind === 'run' || verdict.kind === 'later';
    const choice = pipeline.choice(stage.name);
    const image = context.document.images[choice.image];
    // What will not run has no data pinned for it, and nothing to show.
    const objects = verdict.kind === 'skip' ? [] : previewObjects(context, stage, made, open);
    if (runs) {
      open.add(stage.name);
      rendered.push(...objects);
      const images = [image, context.document.images[PROGRAM_IMAGE]].filter((one) => one !== undefined);
      const checked = await target.check({ objects, images, stage: stage.name });
      for (const field of checked.notEnforced) notEnforced.add(field);
    }
    if (verdict.kind === 'blocked') open.add(stage.name);
    if (verdict.kind === 'reuse') made.set(stage.name, { origin: verdict.from, result: verdict.result });
    const took = runs ? tookBefore(context.runs, pipeline, stage.name) : undefined;
    const gpus = gpusOf(objects);
    stages.push({
      name: stage.name,
      verdict,
      engine: choice.engine,
      variant: choice.variant,
      image: {
        reference: image?.reference ?? choice.image,
        identity: image?.identity ?? '',
        ...(await missing(target, image)),
      },
      creates: runs
        ? [...(await installations(target, image)), ...objectsOfStage(pipeline.target, stage.name, objects)]
        : [],
      gpus,
      ...(runs ? { timeouts: stage.timeouts } : {}),
      ...(took === undefined ? {} : { tookBefore: took }),
      ...(took === undefined || gpus === 0
        ? {}
        : { gpuHours: mapSpread(took.seconds, (seconds) => (gpus * seconds) / 3600) }),
      gates: stage.gates.map((gate) => ({ name: gate.name, condition: oneSpaced(gate.condition.text) })),
      ...approvalOf(pipeline, stage),
    });
  }
  const { name, version } = pipeline.pipeline;
  const profile = pipeline.profile === undefined ? {} : { profile: pipeline.profile };
  const expected = outlookOf(
    pipeline.pipeline.stages.flatMap(({ needs }, index) => {
      const planned = stages[index];
      return planned === undefined ? [] : [{ ...planned, needs }];
    }),
  );
  return {
    pipeline: { name, version },
    ...profile,
    target: pipeline.target,
    stages,
    peakGpus: peakGpus(pipeline.pipeline.stages.map((stage, index) => holding(stage, stages[index]))),
    ...(expected === undefined ? {} : { expected }),
    creates: rendered.length === 0 ? [] : [...objectsOfRun(pipeline.target, pipeline.pod), ...foldersOfRun(target)],
    rights: rendered.length === 0 || pipeline.target === 'local' ? [] : neededRules('owner', kindsOf(rendered)),
    notEnforced: [...notEnforced].sort(),
  };
}

/** What is not sure to run may. */
function holding({ name, needs }: Stage, planned: StagePlan | undefined): Holding {
  const runs = planned?.verdict.kind === 'run' || planned?.verdict.kind === 'later';
  return { name, needs, gpus: runs ? planned.gpus : 0 };
}

async function missing(target: PlanTarget, image: ImageIdentity | undefined): Promise<{ readonly notBuilt?: true }> {
  return image !== undefined && (await target.imageState?.(image)) === 'missing' ? { notBuilt: true } : {};
}

/** Of stages that share an environment, each has it. */
async function installations(target: PlanTarget, image: ImageIdentity | undefined): Promise<readonly PlannedObject[]> {
  const missing = image === undefined ? undefined : await target.toInstall?.(image);
  if (missing === undefined) return [];
  return [{ kind: 'Environment', name: missing.place, packages: missing.packages }];
}

const HELD = ['outputs', 'logs'] as const;

function foldersOfRun(target: PlanTarget): readonly PlannedObject[] {
  const folders = target.foldersOf?.(RUN);
  return folders === undefined ? [] : HELD.map((holds) => ({ kind: 'Folder', name: folders[holds], holds }));
}

function previewObjects(
  context: DecisionContext,
  stage: Stage,
  made: ReadonlyMap<string, PastResult>,
  open: ReadonlySet<StageName>,
): readonly JsonObject[] {
  const absent = absentInputs(context, stage, made, open);
  return previewStage(context.pipeline, context.document, stage, [], absent).objects;
}

async function judge(
  context: DecisionContext,
  stage: Stage,
  made: ReadonlyMap<string, PastResult>,
  open: ReadonlySet<StageName>,
): Promise<Verdict> {
  const on = stage.needs.filter((need) => open.has(need));
  if (on.length > 0 && context.document.selection.reuse[stage.name] === undefined)
    return judgeOpen(context, stage, made, on);
  const decision = await decideStage(context, stage, made);
  switch (decision.kind) {
    case 'skip':
      return decision;
    case 'blocked':
      return decision;
    case 'refuse':
      return { kind: 'blocked', reason: `gate ${decision.gate} refuses: ${decision.reason}` };
    case 'reuse':
      return { kind: 'reuse', from: decision.past.origin, result: decision.past.result, reason: decision.reason };
    case 'run':
      return verdictToRun(context, stage, decision.preview.parts, decision.spoilt);
  }
}

/** A stage behind others whose results are not known yet. */
function judgeOpen(
  context: DecisionContext,
  stage: Stage,
  made: ReadonlyMap<string, PastResult>,
  on: readonly StageName[],
): Verdict {
  const role = roleOf(context, stage.name);
  if (role === 'unasked') return { kind: 'skip', reason: 'it was not asked for' };
  if (role === 'needed')
    return { kind: 'blocked', reason: `it was not asked for, and builds on ${on.join(', ')}, which would run anew` };
  const inputs = bindInputs(stage, context.document, makerIn(context, made));
  const { parts } = previewStage(
    context.pipeline,
    context.document,
    stage,
    inputs,
    absentInputs(context, stage, made, new Set(on)),
  );
  const alike =
    stage.reuse === 'auto' && !isFresh(context.document, stage.name)
      ? newestWithOwnKey(context.runs, stage.name, ownKey(parts))
      : undefined;
  if (alike === undefined) return verdictToRun(context, stage, parts, undefined);
  return { kind: 'later', on, reason: `runs unless ${on.join(', ')} makes the same as in ${alike}` };
}

function verdictToRun(
  context: DecisionContext,
  stage: Stage,
  parts: ReuseParts,
  spoilt: string | undefined,
): Extract<Verdict, { kind: 'run' }> {
  const because = (reason: string): Extract<Verdict, { kind: 'run' }> => ({ kind: 'run', reasons: [reason] });
  if (spoilt !== undefined) return because(spoilt);
  if (stage.reuse === 'never') return because('the pipeline says reuse: never');
  if (isFresh(context.document, stage.name)) return because('asked for with --no-reuse');
  const newest = newestParts(context.runs, context.pipeline.pipeline.name, stage.name);
  if (newest === undefined) return because('it has not run before');
  // What another stage has yet to make is not compared; data from outside that is gone is a change.
  const isSource = (name: string): boolean =>
    stage.inputs.some((input) => input.name === name && input.kind === 'source');
  const known = Object.entries(newest.parts.inputs).filter(([name]) => name in parts.inputs || isSource(name));
  const changes = changedParts({ ...newest.parts, inputs: Object.fromEntries(known) }, parts);
  if (changes.length === 0) return because(`it made nothing to reuse in ${newest.run}`);
  return { kind: 'run', reasons: changes, since: newest.run };
}

function absentInputs(
  context: DecisionContext,
  stage: Stage,
  made: ReadonlyMap<string, PastResult>,
  open: ReadonlySet<StageName>,
): ReadonlySet<string> {
  const bound = new Set(bindInputs(stage, context.document, makerIn(context, made)).map((input) => input.name));
  // What the values name is there, though nobody looks at it for a stage that was not asked for.
  for (const { name } of context.pipeline.sourceInputs(stage.name)) bound.add(name);
  const absent = stage.inputs.filter((input) => {
    if (bound.has(input.name)) return false;
    return input.kind === 'source' || !input.from.some((ref) => open.has(ref.stage) || !made.has(ref.stage));
  });
  return new Set(absent.map((input) => input.name));
}

/** Whether a person will be asked; what only the parameters decide is decided, what results decide is their condition. */
function approvalOf(pipeline: DecisionContext['pipeline'], { name, approval }: Stage): { readonly approval?: string } {
  if (approval === undefined) return {};
  if (/\b(results|previous)\b/.test(approval.text)) return { approval: oneSpaced(approval.text) };
  return pipeline.approval(name, {}) ? { approval: 'required' } : {};
}

/** A condition that is folded over lines of a file is one line to read. */
function oneSpaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
