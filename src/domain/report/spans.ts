import { preparingOf } from '../run/overhead.ts';
import type { ApprovalRecord, AttemptRecord, RunRecord, StageRecord } from '../run/run-record.ts';

/** What an attempt's seconds went to. */
export const SPAN_KINDS = ['approval', 'install', 'ours', 'queue', 'schedule', 'wait', 'pull', 'init', 'user'] as const;
/**
 * `approval`: a person was asked. `install`: packages were installed before it, for this and later stages. `ours`: this program submitted, or had not noticed the end yet. `queue`: its object was there
 * and no pod. `schedule`: a pod without a node. `wait`: queue and schedule where the record does not tell them apart, also of
 * what never started. `pull`: images and volumes. `init`: init containers and model servers. `user`: the main container.
 */
export type SpanKind = (typeof SPAN_KINDS)[number];

/** A part of an attempt's time. */
export interface Span {
  readonly kind: SpanKind;
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  /** It had not ended when the report was made. */
  readonly isOpen?: true;
}

/** The parts of an attempt's time that are known, in order; `now` (RFC 3339) ends what is under way. */
export function spansOf(attempt: AttemptRecord, target: RunRecord['target'], now: string): readonly Span[] {
  const { at } = attempt;
  const over = at.ended ?? at.outcome;
  const end = over ?? now;
  const isOpen = over === undefined;
  const begun = at.started;
  const parts: readonly (readonly [SpanKind, string | undefined])[] =
    target === 'local' ? [['ours', begun ?? end]] : beforeStart(at, end);
  const spans: Span[] = [];
  let from = at.intent;
  const add = (kind: SpanKind, to: string, open = false): void => {
    // Clocks of two machines: what would end before it begins is left out.
    if (Date.parse(to) <= Date.parse(from)) return;
    spans.push(spanOf(kind, from, to, open));
    from = to;
  };
  for (const [kind, to] of parts) {
    if (to !== undefined) add(kind, to, isOpen && begun === undefined && to === end);
  }
  if (begun !== undefined) add('user', end, isOpen);
  if (at.ended !== undefined && at.outcome !== undefined) add('ours', at.outcome);
  return joined(spans);
}

/** On a cluster; one that has not begun to run waits for it still knows not what. */
function beforeStart(at: AttemptRecord['at'], end: string): readonly (readonly [SpanKind, string | undefined])[] {
  if (at.started === undefined) {
    return [
      ['ours', at.bound],
      ['wait', end],
    ];
  }
  const placing: readonly (readonly [SpanKind, string | undefined])[] =
    at.podCreated === undefined
      ? [['wait', at.placed]]
      : [
          ['queue', at.podCreated],
          ['schedule', at.placed],
        ];
  return [
    ['ours', at.bound],
    ...placing,
    // Where nodes are not told of, all before the start is one wait.
    [at.placed === undefined ? 'wait' : 'pull', at.initStarted ?? at.started],
    ['init', at.initEnded],
    ['pull', at.started],
  ];
}

/** The time in which a person was asked, before the first attempt. */
export function approvalSpan(approval: ApprovalRecord | undefined, now: string): Span | undefined {
  if (approval === undefined) return undefined;
  const { asked, given } = approval;
  const to = given?.at ?? now;
  return Date.parse(to) <= Date.parse(asked) ? undefined : spanOf('approval', asked, to, given === undefined);
}

/** The times in which what a stage runs in was made, before its first attempt. */
export function installSpans(record: RunRecord, stage: StageRecord): readonly Span[] {
  return preparingOf(record, stage).map(([from, to]) => spanOf('install', from, to, false));
}

/** Neighbours of one kind are one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const done: Span[] = [];
  for (const span of spans) {
    const last = done.at(-1);
    if (last?.kind === span.kind) done[done.length - 1] = spanOf(span.kind, last.from, span.to, span.isOpen === true);
    else done.push(span);
  }
  return done;
}

function spanOf(kind: SpanKind, from: string, to: string, isOpen: boolean): Span {
  const seconds = Math.round(Date.parse(to) - Date.parse(from)) / 1000;
  return { kind, from, to, seconds, ...(isOpen ? { isOpen: true as const } : {}) };
}
