import { join } from 'node:path';
import { type Candidate, installed, race } from './measure.ts';
import { type Budget, type Findings, medianOf } from './report.ts';

const ROUNDS = 30;
const OURS = ['ilab-backend --version', 'ilab-backend --help'];

/** How long it takes until the program has said something that needs no work. */
export function startUp(root: string): Findings {
  const program = join(root, 'bin/ilab-backend.js');
  const kubectl = { name: 'kubectl --help', program: 'kubectl', args: ['--help'] };
  const { present, notes } = installed([kubectl, { name: 'helm version', program: 'helm', args: ['version'] }]);
  const candidates: readonly Candidate[] = [
    { name: 'node -e 0', program: process.execPath, args: ['-e', '0'] },
    { name: 'ilab-backend --version', program, args: ['--version'] },
    { name: 'ilab-backend --help', program, args: ['--help'] },
    ...present,
  ];
  const rows = race(candidates, ROUNDS);
  const limit = present.includes(kubectl) ? medianOf(rows, kubectl.name) : undefined;
  const budgets = OURS.flatMap((name): readonly Budget[] =>
    limit === undefined
      ? []
      : [{ what: `${name}, beside ${kubectl.name}`, unit: 'ms', value: medianOf(rows, name), limit }],
  );
  return { tables: [{ unit: 'ms', rows }], budgets, notes };
}
