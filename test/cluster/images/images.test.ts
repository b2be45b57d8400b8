import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImageSources } from '../../../src/adapters/images/build-inputs.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { clusterOfFile } from '../support/cluster.ts';
import { run, runWell, until } from '../support/command.ts';

/*
 * Images as buildah makes them, and as pods of the hardest kind run them: any user, a root that cannot be written.
 */

const PROJECT = resolve(import.meta.dirname, '../../..');
const PROGRAM = join(PROJECT, 'bin/ilab-backend.js');
const SECRET = 'https://ada:secret-word@index.example/simple';
const cluster = clusterOfFile({ needsRig: true });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-images-'));
});
/** What the tests leave in the store of buildah. */
const made: string[] = [];
afterAll(async () => {
  if (made.length > 0) await run('buildah', ['rmi', '--force', ...made]);
  rmSync(folder, { recursive: true, force: true });
});

/** A line of this program with a state folder of its own. */
function program(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return run(PROGRAM, args, { env: { ILAB_BACKEND_STATE_DIR: join(folder, 'state'), ...env } });
}

/** The base of the stages in sh; made by a test that needs it, so that no hook needs mmdebstrap. */
async function busybox(): Promise<string> {
  return (await runWell(join(import.meta.dirname, 'base.sh'), ['busybox'])).trim();
}

describe('a build by buildah', () => {
  /** A project with a stage of its own, whose image looks at what its build was handed. */
  function project(): string {
    const place = join(folder, 'project');
    const engine = join(place, 'stages/look/sh');
    const pipeline = join(place, 'pipelines/look');
    for (const one of [join(engine, 'bin'), join(pipeline, 'look')]) mkdirSync(one, { recursive: true });
    writeFileSync(join(engine, 'bin/look'), '#!/bin/sh\n');
    chmodSync(join(engine, 'bin/look'), 0o700);
    writeFileSync(
      join(engine, 'Containerfile'),
      [
        'ARG BASE=docker.io/library/busybox:1.37',
        'FROM ${BASE}',
        // New each time, or the engine would remember the step.
        `RUN --mount=type=secret,id=pip.conf --mount=type=secret,id=ca.crt : ${randomUUID()}; grep -c ^index-url /run/secrets/pip.conf >/seen`,
        'COPY look/sh/bin /opt/stage/bin',
        'USER 65532',
        'CMD ["look"]',
        '',
      ].join('\n'),
    );
    writeFileSync(
      join(pipeline, 'pipeline.yaml'),
      `apiVersion: ilab-backend.dev/v1alpha1
kind: Pipeline
metadata: { name: look, version: 1.0.0 }
params: { type: object, additionalProperties: false, properties: {} }
stages: { look: { engines: { sh: { image: stages/look/sh } }, variants: { job: look/job.yaml }, outputs: { seen: {} } } }
`,
    );
    writeFileSync(join(pipeline, 'look/job.yaml'), readFileSync(join(PROJECT, 'templates/hello/greet/job.yaml')));
    writeFileSync(
      join(place, 'ilab-backend.yaml'),
      'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\npipeline: look\n',
    );
    return place;
  }

  test('is handed what the site needs, and none of it stays in the image', async () => {
    const archives = join(folder, 'archives');
    const words = ['images', 'build', 'look', '--project', project(), '--engine', 'buildah', '--base', await busybox()];
    const { code, stdout, stderr } = await program([...words, '--load', `archive:${archives}`, '-o', 'json'], {
      PIP_INDEX_URL: SECRET,
      PIP_CERT: '/etc/ssl/certs/ca-certificates.crt',
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    made.push(...references(stdout));
    const [archive] = readdirSync(archives).map((name) => join(archives, name));
    if (archive === undefined) throw new Error('no archive was written');
    const layers = join(folder, 'layers');
    mkdirSync(layers);
    execFileSync('tar', ['-xf', archive, '-C', layers]);
    const files = readdirSync(layers).filter((name) => name.endsWith('.tar'));
    const seen = files.map((name) => run('tar', ['-xOf', join(layers, name), 'seen']));
    expect((await Promise.all(seen)).map(({ stdout }) => stdout)).toContain('1\n'); // the build did see it
    const everything = readdirSync(layers)
      .map((name) => join(layers, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path).toString('latin1'));
    for (const text of everything) {
      expect(text).not.toContain('secret-word');
      expect(text).not.toContain('BEGIN CERTIFICATE');
    }
    // Whoever checked it out, any user can run it.
    const modes = files.map((name) => execFileSync('tar', ['-tvf', join(layers, name)], { encoding: 'utf8' })).join('');
    expect(modes).toMatch(/^-rwxr-xr-x .* opt\/stage\/bin\/look$/m);
  });
});

describe('a push to a registry', () => {
  test('names the image by the digest that nodes pull it by', async () => {
    const { address } = cluster().registry;
    const settings = join(folder, 'registries.conf');
    writeFileSync(settings, `[[registry]]\nlocation = "${address}"\ninsecure = true\n`);
    const base = await busybox();
    const words = ['images', 'build', 'greet', '--pipeline', 'hello', '--engine', 'buildah', '--base', base];
    const { code, stdout, stderr } = await program([...words, '--push', `${address}/acme`, '-o', 'json'], {
      REGISTRIES_CONFIG_PATH: settings,
    });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const [reference = ''] = references(stdout);
    expect(reference).toMatch(new RegExp(`^${address}/acme/greet-shell@sha256:[0-9a-f]{64}$`));
    const namespace = await cluster().namespace();
    await cluster().kubectl(
      '-n',
      namespace,
      'run',
      'pulled',
      `--image=${reference}`,
      '--restart=Never',
      '--',
      'id',
      '-u',
    );
    await until('the end of the pod', async () =>
      (await cluster().get(namespace, 'pod/pulled', '.status.phase')) === 'Succeeded' ? true : undefined,
    );
    expect(await cluster().kubectl('-n', namespace, 'logs', 'pulled')).toBe('65532\n');
  });
});

describe('a pod of any user, whose root cannot be written', () => {
  let made: Promise<string> | undefined;
  /** Asked for by a test, so that no hook needs a cluster. */
  const ownNamespace = (): Promise<string> => {
    made ??= cluster().namespace({ enforce: 'restricted' });
    return made;
  };

  const sources = createImageSources({ roots: [PROJECT], packageRoot: PROJECT });

  /** Runs one command in the image; its exit code and what it wrote. */
  async function inPod(name: string, image: string, command: JsonObject) {
    const namespace = await ownNamespace();
    const { reference } = sources.read(image);
    await cluster().create(namespace, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 12345,
          runAsGroup: 0,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'main',
            image: reference,
            imagePullPolicy: 'Never',
            ...command,
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    });
    const status = '.status.containerStatuses[0].state';
    const code = await until(`the end of ${name}`, async () => {
      const waiting = await cluster().get(namespace, `pod/${name}`, `${status}.waiting.reason`);
      if (waiting.startsWith('ErrImage')) throw new Error(`${reference} is not on the nodes: npm run cluster:images`);
      return (await cluster().get(namespace, `pod/${name}`, `${status}.terminated.exitCode`)) || undefined;
    });
    return { code: Number(code), said: await cluster().kubectl('-n', namespace, 'logs', name) };
  }

  test('the program tells its version, and names images as it does here', async () => {
    const version = await inPod('version', 'program', { args: ['--version'] });
    expect(version).toEqual({ code: 0, said: (await program(['--version'])).stdout });
    const listed = await inPod('list', 'program', { args: ['images', 'list', '--profile', 'kind-cpu', '-o', 'json'] });
    const here = await program(['images', 'list', '--profile', 'kind-cpu', '-o', 'json']);
    expect(references(listed.said)).toEqual(references(here.stdout));
    expect(references(here.stdout)).toHaveLength(4);
  });

  test('the program has the programs that templates call', async () => {
    const script = 'for name in ilab-store ilab-publish; do command -v $name; done';
    const { code, said } = await inPod('programs', 'program', { command: ['sh', '-c', script] });
    expect({ code, said }).toEqual({ code: 0, said: '/usr/local/bin/ilab-store\n/usr/local/bin/ilab-publish\n' });
  });

  test.each([
    ['greet', 'stages/greet/shell', 'true'],
    ['count', 'stages/count/shell', 'true'],
    ['datagen', 'stages/datagen/seed', 'git --version >/dev/null && python3 -c "import jsonschema"'],
    ['train', 'stages/train/mlx', 'python3 -c "import mlx.core, mlx_lm"'],
    ['eval', 'stages/eval/mlx', 'python3 -c "import mlx.core, mlx_lm"'],
  ])('the image of %s has its program and its packages', async (name, image, packages) => {
    const script = `exec 2>&1; id -u; test -x /opt/stage/bin/${name} && ${packages} && echo there; : >/x`;
    const { code, said } = await inPod(name, image, { command: ['sh', '-c', script] });
    expect(said).toMatch(/^12345\nthere\n/);
    expect(said).toMatch(/Read-only file system/);
    expect(code).not.toBe(0);
  });
});

function references(text: string): readonly string[] {
  const { images } = JSON.parse(text) as { readonly images: readonly { readonly reference: string }[] };
  return images.map(({ reference }) => reference);
}
