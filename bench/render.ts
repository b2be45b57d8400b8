import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installed, race, summary, time } from './measure.ts';
import { chain, writePipeline } from './pipelines.ts';
import { type Budget, type Findings, medianOf, type Row, type Table } from './report.ts';
import { Workplace } from './workplace.ts';

const ROUNDS = 12;
const WIDE_ROUNDS = 3;
const STAGES = 1000;
const WIDE_LIMIT_MS = 500;
const HELM_RATIO = 1.5;
const VALUES = ['--set', 'taxonomy=./taxonomy', '--set', 'model=tiny'];

/** How long it takes to print the manifests: of our own pipeline, and of one that is larger than any of ours. */
export function render(root: string): Findings {
  const place = new Workplace(root);
  try {
    const own = ownPipeline(root, place);
    const wide = wideChain(place);
    return {
      tables: [own.table, ...wide.tables],
      budgets: [...own.budgets, ...wide.budgets],
      notes: [...own.notes, ...wide.notes],
    };
  } finally {
    place.remove();
  }
}

function ownPipeline(root: string, place: Workplace) {
  const hasOwn = existsSync(join(root, 'templates/instructlab'));
  const ours = hasOwn
    ? ['local', 'h100x4'].map((profile) =>
        place.command(`render instructlab, ${profile}`, 'render', 'instructlab', '--profile', profile, ...VALUES),
      )
    : [place.command('render hello', 'render', 'hello', '--set', 'name=you')];
  const helm = place.other('helm template of 4 Jobs', 'helm', 'template', 'bench', writeChart(place));
  const { present, notes } = installed([helm]);
  const rows = race([place.other('node -e 0', process.execPath, '-e', '0'), ...ours, ...present], ROUNDS);
  const budgets = present.flatMap((other): readonly Budget[] =>
    ours.map(({ name }) => ({
      what: `${name}, beside ${other.name}`,
      unit: 'x',
      value: medianOf(rows, name) / medianOf(rows, other.name),
      limit: HELM_RATIO,
    })),
  );
  return { table: { unit: 'ms', rows } satisfies Table, budgets, notes };
}

function wideChain(place: Workplace): Findings {
  writePipeline(place, 'wide', chain(STAGES, ['true']));
  const name = `render of ${STAGES} stages`;
  const command = place.command(name, 'render', 'wide');
  const times: number[] = [];
  try {
    for (let round = 0; round < WIDE_ROUNDS; round += 1) times.push(rendered(time(command, 'pipe')));
  } catch (error) {
    return { tables: [], budgets: [], notes: [`over: ${error instanceof Error ? error.message : String(error)}`] };
  }
  const row: Row = { name, ...summary(times) };
  return {
    tables: [{ unit: 'ms', rows: [row] }],
    budgets: [{ what: name, unit: 'ms', value: row.median, limit: WIDE_LIMIT_MS }],
    notes: [],
  };
}

/** The time, when everything was printed. */
function rendered({ milliseconds, stdout }: ReturnType<typeof time>): number {
  const jobs = stdout.split('\n').filter((line) => line === 'kind: Job').length;
  if (jobs !== STAGES) throw new Error(`${jobs} Jobs were printed instead of ${STAGES}`);
  return milliseconds;
}

/** Four Jobs of the size of ours, as helm has them. */
function writeChart(place: Workplace): string {
  place.write('chart/Chart.yaml', 'apiVersion: v2\nname: bench\nversion: 1.0.0\n');
  const chart = place.write('chart/values.yaml', 'image: example.org/stage:1\nepochs: 2\n').replace(/\/[^/]*$/, '');
  for (const stage of ['datagen', 'train', 'eval', 'publish']) {
    place.write(`chart/templates/${stage}.yaml`, helmJob(stage));
  }
  return chart;
}

function helmJob(stage: string): string {
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-${stage}
  labels: { app.kubernetes.io/instance: {{ .Release.Name | quote }}, app.kubernetes.io/component: ${stage} }
spec:
  backoffLimit: 0
  template:
    metadata:
      labels: { app.kubernetes.io/instance: {{ .Release.Name | quote }} }
    spec:
      restartPolicy: Never
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: main
          image: {{ .Values.image }}
          command: [${stage}]
          env:
            {{- range $key, $value := .Values }}
            - { name: {{ upper $key | quote }}, value: {{ $value | quote }} }
            {{- end }}
          volumeMounts: [{ name: workspace, mountPath: /content/artifacts, subPath: {{ .Release.Name }}/${stage} }]
      volumes: [{ name: workspace, persistentVolumeClaim: { claimName: workspace } }]
`;
}
