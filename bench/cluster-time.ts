import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { locateCluster } from '../test/cluster/support/locate.ts';
import { type Candidate, summary, time } from './measure.ts';
import { endOf } from './own-time.ts';
import { chain, writePipeline } from './pipelines.ts';
import type { Findings } from './report.ts';
import { Workplace } from './workplace.ts';

const ROUNDS = 3;
const STAGES = 4;
const LIMIT_SECONDS = 1;
/** TLS handshakes for so many requests. */
const REQUESTS_A_CONNECTION = 100;

/**
 * What the program adds to four Jobs of `sleep 1` on a real cluster, beside `kubectl create` and `kubectl wait` for the
 * very same manifests, one after the other.
 */
export function clusterTime(root: string): Findings {
  const cluster = locateCluster();
  if (cluster === undefined)
    return { tables: [], budgets: [], notes: ['not measured: no cluster (npm run cluster:up)'] };
  const place = new Workplace(root);
  const kubectl = cluster.rig?.kubectl ?? 'kubectl';
  const namespace = `bench-${randomBytes(4).toString('hex')}`;
  const control = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(kubectl, ['--kubeconfig', cluster.kubeconfig, ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  };
  const where = ['--kubeconfig', cluster.kubeconfig, '-n', namespace];
  control('create', 'namespace', namespace);
  try {
    writePipeline(place, 'naps', chain(STAGES, ['sleep', '1']));
    const run = place.command('run of four stages of sleep 1', 'run', 'naps', '-o', 'json', ...where);
    const bare = bareJobs(place, kubectl, where);
    const times = { bare: [] as number[], run: [] as number[], own: [] as number[] };
    let asked = { requests: 0, connections: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const { milliseconds, stdout } = time(run, 'pipe');
      const { ownSeconds, requests = 0, connections = 0 } = endOf(stdout);
      times.run.push(milliseconds);
      times.own.push(ownSeconds / STAGES);
      asked = { requests: requests / STAGES, connections: (connections * REQUESTS_A_CONNECTION) / requests };
      times.bare.push(time(bare).milliseconds);
      control('-n', namespace, 'delete', 'job,configmap', '-l', 'ilab-backend.dev/run=preview', '--wait=true');
    }
    const rows = [
      { name: bare.name, ...summary(times.bare) },
      { name: run.name, ...summary(times.run) },
    ];
    const own = summary(times.own).median;
    const ratio = summary(times.run).median / summary(times.bare).median;
    return {
      tables: [{ unit: 'ms', rows }],
      budgets: [
        { what: 'own time a stage, as the run reports it', unit: 's', value: own, limit: LIMIT_SECONDS },
        { what: 'the run beside kubectl create and wait', unit: 'x', value: ratio, limit: 1 },
      ],
      notes: [
        `${asked.requests.toFixed(1)} requests a stage, ${asked.connections.toFixed(1)} connections for 100 requests`,
      ],
    };
  } finally {
    control('delete', 'namespace', namespace, '--wait=false');
    place.remove();
  }
}

/** The manifests as `render` prints them, created and awaited one by one. */
function bareJobs(place: Workplace, kubectl: string, where: readonly string[]): Candidate {
  const folder = join(place.folder, 'rendered');
  time(place.command('render', 'render', 'naps', '--target', 'kubernetes', '--output-dir', folder));
  const steps = chain(STAGES, []).map(({ name }) => {
    const tool = [kubectl, ...where].join(' ');
    return `${tool} create -f ${folder}/${name}.yaml >/dev/null && ${tool} wait --for=condition=complete job/preview-${name}-1 --timeout=60s >/dev/null`;
  });
  return place.other('kubectl create and wait, four times', 'sh', '-c', steps.join(' && '));
}
