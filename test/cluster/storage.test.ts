import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { ACCESS_KEY, NEEDS_SERVER, S3Server, SECRET_KEY, versitygw } from '../s3/versitygw.ts';
import { clusterOfFile } from './support/cluster.ts';
import { ClusterPerson } from './support/cluster-person.ts';

/* Object storage and pods: a real S3 server on this machine, reached at the address that the rig's registry has. */

const cluster = clusterOfFile({ needsRig: true });
let server: S3Server | undefined;

afterAll(() => server?.leave());
beforeEach(({ skip }) => skip(versitygw() === undefined, NEEDS_SERVER));

/** Somebody in a namespace of their own, which admits restricted pods only and has the Secret. */
async function somebody(secretKey = SECRET_KEY): Promise<ClusterPerson> {
  server ??= await S3Server.start(cluster().registry.address.replace(/:\d+$/, ''));
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const literals = [`--from-literal=access-key=${ACCESS_KEY}`, `--from-literal=secret-key=${secretKey}`];
  await cluster().kubectl('-n', namespace, 'create', 'secret', 'generic', 's3', ...literals);
  const person = await ClusterPerson.ofTest(cluster().kubeconfig, namespace);
  // The pipeline hello without its gate: that reads a result of the stage before, and here that stage may not run.
  const pipeline = join(person.project, 'pipelines/open');
  cpSync('templates/hello', pipeline, { recursive: true });
  const text = readFileSync(join(pipeline, 'pipeline.yaml'), 'utf8');
  const edited = text.replace('name: hello', 'name: open').replace(/^ +gate: .*\n/m, '');
  writeFileSync(join(pipeline, 'pipeline.yaml'), edited);
  return person.settle({
    workspace: { size: '1Gi' },
    storage: {
      url: `s3://${server.bucket}/team`,
      endpoint: server.endpoint,
      pathStyle: true,
      accessKey: 's3/access-key',
      secretKey: 's3/secret-key',
      finishSeconds: 60,
    },
  });
}

const HERE = { AWS_ACCESS_KEY_ID: ACCESS_KEY, AWS_SECRET_ACCESS_KEY: SECRET_KEY };

test('what a run makes is stored by its pods, and another cluster begins with it by its URI', async () => {
  const person = await somebody();
  const ran = await person.type('run', 'open', '--name', 'first', '--set', 'name=world');
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toMatch(/greet: stored 1 file \(\d+ bytes\) in s3:\/\/ilab\/team\/runs\/first\/greet\/1/);
  const pushed = await person.typeWith(HERE, 'artifacts', 'first', '--push', '-o', 'name');
  const uri = pushed.stdout.split('\n').find((line) => /^s3:\/\/\S+\/greet\/1\/text@sha256:/.test(line));
  expect(uri, pushed.stderr).toBeDefined();

  const other = await somebody();
  const args = ['run', 'open', '--name', 'second', '--set', 'name=world', '--from', 'count', '--input', `text=${uri}`];
  const second = await other.type(...args);
  expect(second.code, second.stderr).toBe(0);
  const jobs = await cluster().kubectl('-n', other.namespace, 'get', 'jobs', '-o', 'name');
  expect(jobs, 'greet did not run there').not.toContain('greet');
  for (const secret of [ACCESS_KEY, SECRET_KEY]) {
    expect(ran.stderr + ran.stdout + pushed.stdout + pushed.stderr + second.stderr).not.toContain(secret);
    const objects = await cluster().kubectl('-n', other.namespace, 'get', 'pods,jobs,configmaps,events', '-o', 'yaml');
    expect(objects).not.toContain(secret);
  }
});

test('refused credentials end no stage; what could not be stored is said with what to type', async () => {
  const person = await somebody('wrong-secret-4711');
  const ran = await person.type('run', 'open', '--name', 'refused', '--set', 'name=world', '--until', 'greet');
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toMatch(/greet: not stored: \S+ refuses access to ilab \(status 403\)/);
  expect(ran.stderr).toContain('`ilab-backend artifacts refused greet --push -n ');
});
