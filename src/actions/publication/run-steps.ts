import { ERRORS, UserError } from '../../domain/errors.ts';
import type { StepReport } from '../../domain/publication/step-report.ts';
import { unifiedDiff } from '../../domain/publication/unified-diff.ts';
import type { PublicationJournal } from '../../ports/publication-journal.ts';
import type { Step } from './step.ts';

/** What running steps needs. */
export interface StepDeps {
  readonly journal: PublicationJournal;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A step that others change all the time is given up. */
const MOST_TRIES = 4;

/**
 * Does the steps in their order. Each is looked for first, also after an answer that did not come, so a second try does
 * nothing twice. What is refused or does not answer stays, and those that need it; the others are done all the same.
 */
export async function runSteps(steps: readonly Step[], deps: StepDeps): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  for (const step of steps) {
    const missing = step.needs.find((id) => reports.some((report) => report.id === id && report.state !== 'done'));
    const report =
      missing === undefined
        ? await runStep(step, deps)
        : stays(step, 'waiting', `for "${steps.find(({ id }) => id === missing)?.title ?? missing}"`);
    reports.push(report);
    deps.say(lineOf(report));
  }
  return reports;
}

async function runStep(step: Step, { journal, signal }: StepDeps): Promise<StepReport> {
  let isAsked = false;
  for (let tries = 1; ; tries += 1) {
    let isActing = false;
    try {
      const look = await step.look(signal);
      if (look.kind === 'done') {
        if (isAsked) journal.note({ step: step.id, kind: 'done' });
        return { ...done(step, look), isNew: isAsked };
      }
      if (tries > MOST_TRIES) return stays(step, 'unreachable', 'somebody else changes it all the time');
      journal.note({ step: step.id, kind: 'asked', detail: look.requests.join('; ') });
      isActing = true;
      const acted = await look.act(signal);
      isAsked = acted.kind !== 'conflict';
      if (acted.kind === 'conflict') continue;
      journal.note({ step: step.id, kind: 'done', ...(acted.address === undefined ? {} : { detail: acted.address }) });
      return { ...done(step, acted), isNew: true };
    } catch (error) {
      if (!(error instanceof UserError) || signal.aborted) throw error;
      if (error.code !== 'unreachable') return stays(step, 'refused', textOf(error));
      if (!isActing || tries >= MOST_TRIES) return stays(step, 'unreachable', error.message);
      // The answer did not come; it may have happened all the same.
      isAsked = true;
    }
  }
}

/**
 * Looks only: what each step would ask for, and its texts as a diff against what is there. Returns how many steps there
 * would be to do; what cannot be looked at is said, and counts.
 */
export async function previewSteps(
  steps: readonly Step[],
  { say, signal }: Omit<StepDeps, 'journal'>,
): Promise<number> {
  let due = 0;
  for (const step of steps) {
    try {
      const look = await step.look(signal);
      if (look.kind === 'done') {
        say(lineOf({ ...done(step, look), isNew: false }));
        continue;
      }
      say(`${step.title}: to do`);
      for (const request of look.requests) say(`  ${request}`);
      for (const { name, before, after } of look.texts) {
        for (const line of unifiedDiff(name, before, after).trimEnd().split('\n')) say(`  ${line}`);
      }
    } catch (error) {
      if (!(error instanceof UserError) || signal.aborted) throw error;
      say(`${step.title}: ${error.code === 'unreachable' ? 'cannot be told' : 'would be refused'}: ${textOf(error)}`);
    }
    due += 1;
  }
  return due;
}

/** The catalogue's hint is for other commands. */
function textOf({ code, message, hint }: UserError): string {
  return hint === ERRORS[code].hint ? message : `${message}; ${hint}`;
}

function done(
  { id, title }: Step,
  { address, note }: { readonly address?: string; readonly note?: string },
): Omit<StepReport, 'isNew'> {
  const where = address === undefined ? {} : { address };
  return { id, title, state: 'done', ...where, ...(note === undefined ? {} : { message: note }) };
}

function stays({ id, title }: Step, state: Exclude<StepReport['state'], 'done'>, message: string): StepReport {
  return { id, title, state, isNew: false, message };
}

function lineOf({ title, state, isNew, address, message }: StepReport): string {
  if (state !== 'done') return `${title}: ${state}: ${message ?? ''}`;
  const how = isNew ? 'done' : (message ?? 'there already');
  return `${title}: ${how}${address === undefined ? '' : `, ${address}`}`;
}
