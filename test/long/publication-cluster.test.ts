import { appendFileSync, cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { gitIn } from '../adapters/sources/repository.ts';
import { clusterOfFile } from '../cluster/support/cluster.ts';
import { hear, Machine } from '../cluster/support/machine.ts';
import { programImage } from '../cluster/support/program-image.ts';
import { phases } from '../e2e/program.ts';
import { openPlaces, REPO, TAXONOMY, traces } from '../e2e/publication/places.ts';

/*
 * The whole chain on the cluster, from a taxonomy with a pull request to a published model: its Job publishes to a hub and a
 * code host on this machine, with tokens from a Secret, once somebody on another machine agrees.
 */

const CLONE = resolve(import.meta.dirname, '../..');
const LEAF = 'compositional_skills/arithmetic/gear_ratio';

const cluster = clusterOfFile({ needsRig: true });

test('a run is approved from another machine, published once, and told to its pull request', async () => {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const places = await openPlaces([123], cluster().rig.hostIp);
  const tokens = [`--from-literal=hf=${places.env['HF_TOKEN']}`, `--from-literal=github=${places.env['GITHUB_TOKEN']}`];
  await cluster().kubectl('-n', namespace, 'create', 'secret', 'generic', 'publish', ...tokens);
  const image = await programImage();
  const machine = () => Machine.ofTest(cluster().kubeconfig, namespace, image);
  const first = machine();
  const settings = Object.entries({
    taxonomy: taxonomyWithPull(first.person.folder),
    taxonomyPulls: '[123]',
    'hub.endpoint': places.hub.endpoint,
    'publish.approval': 'required',
    'publish.gate': 'heldout-loss',
    ...{ 'publish.huggingFace.repo': REPO, 'publish.huggingFace.token': 'publish/hf' },
    ...{ 'publish.github.repo': TAXONOMY, 'publish.github.token': 'publish/github' },
    ...{ 'publish.github.endpoint': places.host.url, 'publish.github.release': 'true' },
  }).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const line = ['run', 'instructlab', '--profile', 'kind-cpu', '--project', CLONE, ...settings, '-o', 'json'];

  // A pod looks at what the tokens of the Secret may do; this machine sees neither.
  const doctor = await first.on('doctor', ...line.slice(1), '--from-cluster');
  const { findings } = JSON.parse(doctor.stdout) as { readonly findings: readonly { readonly name: string }[] };
  expect(findings.filter(({ name }) => name.endsWith('Destination'))).toEqual([
    { name: 'pod: Destination', state: 'ok', message: `publish.huggingFace: ada may write to ${REPO}` },
    {
      name: 'pod: Destination',
      state: 'ok',
      message: expect.stringContaining(`may write to contents and pull requests of ${TAXONOMY}`),
    },
  ]);
  expect([[...places.taxonomy.branches.keys()], places.taxonomy.pulls.size]).toEqual([['main'], 1]);
  places.hub.asked.length = 0;
  places.host.requests.length = 0;

  const told = await hear(first.begin(...line, '--name', 'told'), async (event) => {
    if (event.type !== 'approval-asked') return;
    expect([places.hub.asked, places.host.requests]).toEqual([[], []]);
    const said = await machine().on('approve', 'told', '-m', 'the scores are good');
    expect(said.exitCode, said.stderr).toBe(0);
  });
  expect(told.exitCode, told.stderr).toBe(0);
  expect(Object.values(phases(await first.status('told')))).toEqual(Array.from({ length: 4 }, () => 'Succeeded'));
  expect(traces(places, 'told')).toMatchObject({ commits: 1, tags: ['told'], pulls: 1, comments: [123] });
  const [comment] = places.taxonomy.comments;
  expect(comment?.body).toContain(`\`${LEAF}\``);
  const verified = await first.person.start(['verify', `hf:${REPO}@told`], {
    HF_ENDPOINT: places.hub.endpoint,
    HF_TOKEN: places.env['HF_TOKEN'] ?? '',
  });
  expect(verified.exitCode, verified.stderr).toBe(0);

  // The same once more is there already; another run changes the comment and adds its own entry.
  const before = places.hub.asked.length;
  expect((await machine().on(...line, '--name', 'again')).exitCode).toBe(0);
  expect(places.hub.asked).toHaveLength(before);
});

/** The example taxonomy as a repository whose pull request 123 adds an example to a leaf. */
function taxonomyWithPull(folder: string): string {
  const taxonomy = join(folder, 'taxonomy');
  cpSync(join(CLONE, 'examples/taxonomy'), taxonomy, { recursive: true });
  const git = (...args: readonly string[]) => gitIn(taxonomy, ...args);
  git('init', '-q', '-b', 'main');
  const commit = (): void => {
    git('add', '.');
    git('commit', '-q', '-m', 'x');
  };
  commit();
  git('checkout', '-q', '--detach', 'main');
  appendFileSync(
    join(taxonomy, LEAF, 'qna.yaml'),
    '  - question: What is the ratio of 40 to 10?\n    answer: It is 4.\n',
  );
  commit();
  git('update-ref', 'refs/pull/123/head', 'HEAD');
  git('checkout', '-q', 'main');
  return taxonomy;
}
