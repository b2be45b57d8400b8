import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { acting } from '../e2e/act-pipeline.ts';
import { expectEnd } from '../e2e/faults.ts';
import { Tmux } from '../e2e/tmux.ts';
import { DONE, MEET } from './support/act-on-cluster.ts';
import { until } from './support/command.ts';
import { HereAndThere } from './support/here-and-there.ts';
import { pod, scriptPod } from './support/objects.ts';
import { programImage } from './support/program-image.ts';

/* Runs on a cluster that nobody sits at: let go by a key, told of by a webhook, given more time afterwards. */

const settled = HereAndThere.ofEach();

test.concurrent('d: the screen is left, a driver in the cluster brings the run to its end', async (context) => {
  if ((await Tmux.version()) === undefined) context.skip('needs tmux');
  const place = await settled(context);
  await place.allow(['--detach']);
  const { person } = place.machine();
  person.env['ILAB_BACKEND_IMAGE'] = await programImage();
  person.env['KUBECONFIG'] = place.cluster.kubeconfig;
  const tmux = await Tmux.open(person);
  context.onTestFinished(() => tmux.close());
  await tmux.type(['run', 'act', '--name', 'week', ...acting(MEET, DONE), '-n', place.namespace]);
  await tmux.untilScreen(/▸act [\s\S]*before/);
  await tmux.press('d');
  await tmux.untilScreen(/week goes on by itself \(driver: job\/week-driver-/);
  await place.workspace.letGo('week', 'act');
  const elsewhere = place.machine();
  expectEnd(await elsewhere.on('wait', 'week'), 0);
  const { phase, stages } = (await elsewhere.status('week')).status;
  expect([phase, ...stages.map(({ attempts = [] }) => attempts.length)]).toEqual(['Succeeded', 1, 1]);
});

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
/** Tells each request in a line of JSON, and takes it. */
const RECEIVER = `require('node:http').createServer(async (asked, answer) => {
  let body = '';
  for await (const piece of asked) body += piece;
  console.log(JSON.stringify({ headers: asked.headers, body }));
  answer.writeHead(204).end();
}).listen(8080)`;

interface Received {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

test.concurrent('the driver inside tells a webhook, signed with what a Secret holds', async (context) => {
  const place = await settled(context);
  const image = await programImage();
  await place.allow(['--detach']);
  await place.kubectl('create', 'secret', 'generic', 'hook', `--from-literal=key=${SECRET}`);
  const server = { image, command: ['node', '-e', RECEIVER], readinessProbe: { tcpSocket: { port: 8080 } } };
  await place.cluster.create(place.namespace, pod('hook', scriptPod('', { container: server })), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hook' },
    spec: { selector: { app: 'hook' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await place.kubectl('wait', '--for=condition=Ready', 'pod/hook', '--timeout=180s');

  const machine = place.machine({ notify: { url: 'http://hook/ilab', secret: 'hook/key' } });
  machine.person.env['ILAB_BACKEND_IMAGE'] = image;
  expectEnd(await machine.on('run', 'act', '--name', 'week', '--detach', ...acting(DONE, DONE)), 0);
  const [line] = await until('the message', async () => {
    const lines = (await place.kubectl('logs', 'pod/hook')).split('\n').filter((one) => one.startsWith('{'));
    return lines.length > 0 ? lines : undefined;
  });
  const { headers, body } = JSON.parse(line ?? '') as Received;
  expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({
    type: 'run.done',
    data: { run: 'week', pipeline: 'act', target: 'kubernetes', exitCode: 0 },
  });
  expect(body).not.toContain(SECRET);
});

test.concurrent('--run-timeout ends an attempt; resume gives the next one more', async (context) => {
  const place = await settled(context);
  const machine = place.machine();
  const ended = await machine.on('run', 'act', '--name', 'week', '--run-timeout', '5s', ...acting(MEET, DONE));
  expectEnd(ended, 3, /act failed: it did not end within 5 seconds/, /ilab-backend resume week --run-timeout DURATION/);
  const elsewhere = place.machine();
  await place.workspace.letGo('week', 'act');
  expectEnd(await elsewhere.on('resume', 'week', '--run-timeout', '5m'), 0);
  const [act] = (await elsewhere.status('week')).status.stages;
  expect(act?.attempts).toMatchObject([
    { outcome: { kind: 'failed', class: 'user', reason: 'deadline' } },
    { outcome: { kind: 'succeeded' } },
  ]);
  expect(await place.get('job/week-act-2', '.spec.template.spec.activeDeadlineSeconds')).toBe('300');
});
