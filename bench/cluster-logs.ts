import { randomBytes } from 'node:crypto';
import type { Place } from '../test/cluster/support/locate.ts';
import { faults } from './counting.ts';
import { race, time } from './measure.ts';
import { writePipeline } from './pipelines.ts';
import { type Findings, medianOf } from './report.ts';
import { Workplace } from './workplace.ts';

const ROUNDS = 5;
/** 5 MB on the node: half of what kubelets rotate at by default. */
const LINES = 100_000;
/** Seconds before the first line, so that both are there. */
const BEFORE = 8;
/** Any image with a POSIX shell that the nodes have. */
const IMAGE = process.env['ILAB_TEST_IMAGE'] ?? 'rig.local/busybox:1';

/** How fast a container's log comes from a cluster, beside `kubectl logs -f` on the same container. */
export async function clusterLogs(root: string, { kubeconfig, rig }: Place): Promise<Findings> {
  const place = new Workplace(root);
  const namespace = `bench-${randomBytes(4).toString('hex')}`;
  const kubectl = (name: string, ...args: readonly string[]) =>
    place.other(name, rig?.kubectl ?? 'kubectl', '--kubeconfig', kubeconfig, '-n', namespace, ...args);
  time(kubectl('create a namespace', 'create', 'namespace', namespace));
  try {
    // What a program says right before it ends a busy containerd may never write: then there is nothing to read for anybody.
    const script = `sleep ${BEFORE}; seq ${LINES}; sleep 2`;
    writePipeline(place, 'counting', [{ name: 'count-up', command: ['sh', '-c', script], image: IMAGE }]);
    place.write(
      'ilab-backend.yaml',
      'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npod: { runAsUser: 65532 }\n',
    );
    const where = ['--kubeconfig', kubeconfig, '-n', namespace];
    const live = time(place.command('run', 'run', 'counting', '--name', 'live', '-o', 'plain', ...where), 'pipe');
    // A state folder of its own each time: what is stored once is read from this disk.
    const program = place.command('', 'logs', 'live', 'count-up', '-f', ...where);
    const again = 'state=$(mktemp -d); trap "rm -r $state" EXIT; ILAB_BACKEND_STATE_DIR=$state "$0" "$@"';
    const ours = place.other('logs -f from the cluster', 'sh', '-c', again, program.program, ...program.args);
    const pod =
      time(kubectl('get pod', 'get', 'pods', '-o', 'name'), 'pipe')
        .stdout.trim()
        .split('\n')[0] ?? '';
    const theirs = kubectl('kubectl logs -f', 'logs', '-f', '-c', 'main', pod);
    const rows = race([theirs, ours], ROUNDS);
    const ratio = medianOf(rows, ours.name) / medianOf(rows, theirs.name);
    const stored = time(place.command('the stored log', 'logs', 'live', 'count-up', ...where), 'pipe').stdout;
    return {
      tables: [{ unit: 'ms', rows }],
      budgets: [
        { what: 'logs -f beside kubectl logs -f, the same container', unit: 'x', value: ratio, limit: 1 },
        { what: 'lines lost or doubled, from a cluster', unit: 'lines', value: cleanFaults(ours), limit: 0 },
        { what: 'lines lost or doubled, stored by the run', unit: 'lines', value: faults(stored, LINES), limit: 0 },
      ],
      notes: [
        `of a cluster: ${LINES} lines of a container that has ended; the run took ${Math.round(live.milliseconds / 1000)} s`,
      ],
    };
  } finally {
    time(kubectl('delete the namespace', 'delete', 'namespace', namespace, '--wait=false'));
    place.remove();
  }
}

/** Without marks: whoever reads a log long after its container has begun is told that earlier lines may be gone. */
function cleanFaults(ours: Parameters<typeof time>[0]): number {
  return faults(time(ours, 'pipe').stdout.replace(/^\[some output may be missing: .*\n/gm, ''), LINES);
}
