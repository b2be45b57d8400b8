import type { Overhead } from '../src/domain/event.ts';
import { summary, time } from './measure.ts';
import { chain, writePipeline } from './pipelines.ts';
import type { Findings } from './report.ts';
import { Workplace } from './workplace.ts';

const ROUNDS = 3;
const STAGES = 4;
const LIMIT_SECONDS = 1;

/** What the program itself adds to stages that do next to nothing. */
export function ownTime(root: string): Findings {
  const place = new Workplace(root);
  try {
    writePipeline(place, 'naps', chain(STAGES, ['sleep', '1']));
    const loop = place.other('sh: sleep 1, four times', 'sh', '-c', 'for i in 1 2 3 4; do sleep 1; done');
    const run = place.command('run of four stages of sleep 1', 'run', 'naps', '-o', 'json');
    const bare: number[] = [];
    const whole: number[] = [];
    const own: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(time(loop).milliseconds);
      const { milliseconds, stdout } = time(run, 'pipe');
      whole.push(milliseconds);
      own.push(endOf(stdout).ownSeconds / STAGES);
    }
    const rows = [
      { name: loop.name, ...summary(bare) },
      { name: run.name, ...summary(whole) },
    ];
    const added = (summary(whole).median - summary(bare).median) / 1000 / STAGES;
    return {
      tables: [{ unit: 'ms', rows }],
      budgets: [
        {
          what: 'own time a stage, as the run reports it',
          unit: 's',
          value: summary(own).median,
          limit: LIMIT_SECONDS,
        },
        { what: 'added wall time a stage, start and end included', unit: 's', value: added, limit: LIMIT_SECONDS },
      ],
      notes: [],
    };
  } finally {
    place.remove();
  }
}

/** `overhead` of the last event. */
export function endOf(events: string): Overhead {
  const last = JSON.parse(events.trimEnd().split('\n').at(-1) ?? '{}') as { overhead?: Overhead };
  if (last.overhead === undefined) throw new Error('the run did not end with its overhead');
  return last.overhead;
}
