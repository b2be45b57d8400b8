import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterOfFile } from '../cluster/support/cluster.ts';
import { runWell } from '../cluster/support/command.ts';
import { hear, killAt, Machine } from '../cluster/support/machine.ts';
import { programImage } from '../cluster/support/program-image.ts';
import { CLONE, KEY, PROJECT, ScriptedEndpoint, SERVER, SHIM } from './upstream/endpoint.ts';
import { expectWholeChain, isStepOf, type Scores } from './upstream/expect-whole.ts';

/*
 * The pipeline with the three engines of upstream as Jobs, in the images that their Containerfiles make (3 GB, built once);
 * its driver dies while it trains, and another machine goes on. Teacher and judge run on this machine.
 */

const ENGINES = ['datagen', 'train', 'eval'] as const;
const BUILD_AND_RUN = 120 * 60_000;

const cluster = clusterOfFile({ needsRig: true });

test(
  'upstream’s engines as Jobs: data, two phases, scores, a chosen checkpoint, whoever drives',
  async ({ onTestFinished }) => {
    await loadImages();
    const endpoint = await ScriptedEndpoint.start(cluster().rig.hostIp);
    onTestFinished(() => endpoint.stop());
    const namespace = await cluster().namespace({ enforce: 'restricted' });
    const there = (...args: readonly string[]) => cluster().kubectl('-n', namespace, ...args);
    await there('create', 'secret', 'generic', 'endpoint', `--from-literal=key=${KEY}`);
    await there('create', 'configmap', 'stand-ins', ...[SHIM, SERVER].map((file) => `--from-file=${file}`));
    const program = await programImage();
    const machine = () => Machine.ofTest(cluster().kubeconfig, namespace, program);
    const serve = JSON.stringify(['python3', '/stand-ins/serve_model.py', '{model}', '{name}', '{port}']);
    const here = ['train.env.PYTHONPATH=/stand-ins', `eval.instructlabEval.serve=${serve}`];
    const line = [
      ...['run', '--project', PROJECT, '--profile', 'rig', '--name', 'whole', '-o', 'json'],
      ...[...endpoint.settings('endpoint/key'), ...here.flatMap((value) => ['--set', value])],
    ];

    const told = await killAt(machine().begin(...line), isStepOf(1));
    expect(told.exitCode, told.stderr).toBeUndefined();
    const second = machine();
    const rest = await hear(second.begin('resume', 'whole', '-o', 'json'));
    expect(rest.exitCode, rest.stderr).toBe(0);

    const status = await second.status('whole');
    expect(status.status.stages.map(({ attempts }) => attempts.length)).toEqual([1, 1, 1, 1]);
    const out = join(second.person.folder, 'out');
    const taken = await second.on('artifacts', 'whole', 'eval/scores', '--download', out);
    expect(taken.exitCode, taken.stderr).toBe(0);
    expectWholeChain(status, JSON.parse(readFileSync(join(out, 'eval/scores/scores.json'), 'utf8')) as Scores);
  },
  BUILD_AND_RUN,
);

/** Builds what is not built, and brings it to the nodes; the archives are kept beside those of `npm run cluster:images`. */
async function loadImages(): Promise<void> {
  const cache =
    process.env['ILAB_TEST_CACHE'] ??
    join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ilab-backend-rig');
  const base = (await runWell(join(CLONE, 'test/cluster/images/base.sh'), ['python-build'])).trim();
  const archives = join(cache, `images-upstream-${base.split(':').at(-1)}`);
  const options = ['--base', base, '--build-arg', 'LOCK=requirements-cpu.lock', '--load', `archive:${archives}`];
  const build = ['images', 'build', ...ENGINES, '--project', PROJECT, '--profile', 'rig', '--engine', 'buildah'];
  const made = await runWell(join(CLONE, 'bin/ilab-backend.js'), [...build, ...options, '-o', 'json']);
  const tags = [...made.matchAll(/"contentTag": "[^"]*\/([^":]*):([^"]*)"/g)];
  expect(tags).toHaveLength(ENGINES.length);
  // An import takes minutes, also of what is there.
  const there = await cluster().kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].status.images[*].names[*]}');
  const absent = tags.filter(([, name, tag]) => !there.includes(`/${name}:${tag}`));
  if (absent.length > 0)
    await cluster().fault('load', ...absent.map(([, name, tag]) => join(archives, `${name}-${tag}.tar`)));
}
