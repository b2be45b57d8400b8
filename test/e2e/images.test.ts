import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Person } from './program.ts';

/*
 * `images` with engines that are scripts: what they are called with, and what becomes of what they say.
 */

let person: Person;
beforeEach(() => {
  person = new Person();
  mkdirSync(join(person.folder, 'bin'));
  person.env['PATH'] = `${join(person.folder, 'bin')}:${person.env['PATH']}`;
});
afterEach(() => person.leave());

/** Puts an engine on the PATH which notes how it is called; `body` is sh. */
function engine(name: string, body: string): void {
  const path = join(person.folder, 'bin', name);
  writeFileSync(
    path,
    `#!/bin/sh\nprintf '%s' "$1" >> ${calls()}; for word; do printf '|%s' "$word"; done >> ${calls()}; echo >> ${calls()}\n${body}\n`,
  );
  chmodSync(path, 0o755);
}

function calls(): string {
  return join(person.folder, 'calls');
}

/** The arguments of each call of one subcommand. */
function called(subcommand: string): readonly (readonly string[])[] {
  const lines = readFileSync(calls(), 'utf8').trim().split('\n');
  return lines.map((line) => line.split('|').slice(1)).filter(([first]) => first === subcommand);
}

const DIGEST = `sha256:${'e'.repeat(64)}`;
const BUILDAH = `
case $1 in
  images) [ -f "$HOME/built" ] && echo '[{"id":"abc","size":"2.5 MB"}]' || exit 125 ;;
  build) echo "STEP 1/2: FROM x"; touch "$HOME/built" ;;
  push) case "$*" in *--digestfile*) printf '${DIGEST}' > "$3" ;; *) f=\${3#docker-archive:}; : > "\${f%:ilab*}" ;; esac ;;
esac`;

describe('images build', () => {
  test('gives buildah the files of the stage, and streams what it says', async () => {
    engine('buildah', BUILDAH);
    const { exitCode, stdout, stderr } = await person.type(
      'images',
      'build',
      'greet',
      '--pipeline',
      'hello',
      '--base',
      'mirror/busybox:1',
    );
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('greet-shell: building with buildah\ngreet-shell | STEP 1/2: FROM x\n');
    const [reference] = /ilab-backend\/greet-shell:src-[0-9a-f]{12}/.exec(stdout) ?? [];
    const [build, ...more] = called('build');
    expect(more).toEqual([]);
    expect(build).toEqual(
      expect.arrayContaining(['--layers', '--build-arg', 'BASE=mirror/busybox:1', '--tag', reference]),
    );
    // The folder it was built from is gone.
    expect(existsSync(build?.at(-1) ?? '/')).toBe(false);

    const again = await person.type('images', 'build', 'greet', '--pipeline', 'hello', '--base', 'mirror/busybox:1');
    expect(again.stdout).toContain('present');
    expect(called('build')).toHaveLength(1);
  });

  test('gives upstream’s engines the packages that a machine without a GPU needs, and only those that ask', async () => {
    engine('buildah', BUILDAH);
    const build = ['images', 'build', 'datagen', 'publish', '--profile', 'h100x4'];
    const { exitCode, stderr } = await person.type(...build, '--build-arg', 'LOCK=requirements-cpu.lock');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const given = called('build').map((words) => words.filter((word) => word.includes('.lock')));
    expect(given).toEqual([['LOCK=requirements-cpu.lock'], []]);
  });

  test('shows the last lines of a build that failed, says what to do, and ends with 5', async () => {
    engine(
      'buildah',
      'case $1 in build) for i in 1 2 3; do echo "line $i"; done; echo "ERROR: Could not find a version that satisfies x" >&2; exit 1 ;; images) exit 125 ;; esac',
    );
    const { exitCode, stderr } = await person.type('images', 'build', 'greet', '--pipeline', 'hello');
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/greet-shell:src-\w+ cannot be built:\n {2}\| line 1/);
    expect(stderr).toContain('| ERROR: Could not find a version');
    expect(stderr).toContain('PIP_INDEX_URL');
    expect(existsSync(join(person.stateDir, 'images'))).toBe(false);
  });

  test('hands the settings of the site to the build as secrets only', async () => {
    engine(
      'buildah',
      `${BUILDAH}\ncase $1 in build) for w; do case $w in id=pip.conf,src=*) cp "\${w#*src=}" "$HOME/seen" ;; esac; done ;; esac`,
    );
    person.env['PIP_INDEX_URL'] = 'https://ada:secret-word@index.example/simple';
    const { exitCode, stdout, stderr } = await person.type('images', 'build', 'greet', '--pipeline', 'hello');
    expect(exitCode).toBe(0);
    expect(readFileSync(join(person.folder, 'home/seen'), 'utf8')).toContain('secret-word');
    const [flag] = called('build')[0]?.filter((word) => word.startsWith('id=pip.conf')) ?? [];
    expect(existsSync(flag?.replace(/^.*src=/, '') ?? '/')).toBe(false);
    expect(stdout + stderr + readFileSync(calls(), 'utf8')).not.toContain('secret-word');
  });

  test('pushes, names the image by digest from then on, and prints what other machines need', async () => {
    engine(
      'podman',
      `case $1 in image) [ -f "$HOME/built" ] && echo '[{"Id":"sha256:abc","Size":2500000}]' || exit 125 ;; build) touch "$HOME/built" ;; push) printf '${DIGEST}' > "$3" ;; esac`,
    );
    const { exitCode, stderr } = await person.type(
      ...['images', 'build', 'greet', '--pipeline', 'hello', '--engine', 'podman', '--push', 'r.example:5000/acme'],
    );
    expect(exitCode).toBe(0);
    const pinned = `r.example:5000/acme/greet-shell@${DIGEST}`;
    expect(stderr).toContain(`images:\n  stages/greet/shell: ${pinned}\n`);
    expect(called('push')[0]?.at(-1)).toMatch(/^docker:\/\/r\.example:5000\/acme\/greet-shell:src-[0-9a-f]{12}$/);
    const { stdout } = await person.type(
      'render',
      'hello',
      '--set',
      'name=x',
      '--target',
      'kubernetes',
      '--stage',
      'greet',
    );
    expect(stdout).toContain(`image: ${pinned}`);
    expect(stdout).toContain('imagePullPolicy: IfNotPresent');
  });

  test('docker is asked for BuildKit, and its words for the digest', async () => {
    engine(
      'docker',
      `case $1 in image) [ -f "$HOME/built" ] && echo '[{"Id":"sha256:abc","Size":1}]' || exit 1 ;; build) [ "$DOCKER_BUILDKIT" = 1 ] && touch "$HOME/built" ;; push) echo "src-0: digest: ${DIGEST} size: 528" ;; esac`,
    );
    const { exitCode, stderr } = await person.type(
      ...['images', 'build', 'greet', '--pipeline', 'hello', '--engine', 'docker', '--push', 'r.example'],
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`stages/greet/shell: r.example/ilab-backend/greet-shell@${DIGEST}`);
    expect(called('tag')).toHaveLength(1);
    expect(called('build')[0]).not.toContain('--layers');
  });

  test('writes an archive an image, and needs no engine for one that is there', async () => {
    engine('buildah', BUILDAH);
    const build = ['images', 'build', '--pipeline', 'hello', 'greet', '--load', 'archive:tars'];
    expect((await person.type(...build)).exitCode).toBe(0);
    expect(readdirSync(join(person.project, 'tars'))).toEqual([
      expect.stringMatching(/^greet-shell-src-[0-9a-f]{12}\.tar$/),
    ]);
    const before = readFileSync(calls(), 'utf8');
    expect((await person.type(...build)).stdout).toContain('present');
    expect(readFileSync(calls(), 'utf8')).toBe(before);
  });

  test('loads into kind by its own command', async () => {
    engine('buildah', BUILDAH);
    engine('kind', '[ -f "$3" ]');
    const { exitCode } = await person.type('images', 'build', 'greet', '--pipeline', 'hello', '--load', 'kind:lab');
    expect(exitCode).toBe(0);
    expect(called('load')[0]).toEqual([
      'load',
      'image-archive',
      expect.stringContaining('greet-shell-src-'),
      '--name',
      'lab',
    ]);
  });

  test.each([
    {
      what: 'no engine',
      args: ['greet'],
      code: 5,
      says: /no engine that builds images is not on the PATH|cannot be built|on the PATH/,
    },
    { what: 'an unknown stage', args: ['grete'], code: 2, says: /has no stage grete[\s\S]*greet, count, program/ },
    {
      what: 'a place that is none',
      args: ['greet', '--load', 'minikube'],
      code: 2,
      says: /kind, kind:NAME or archive:DIR/,
    },
    { what: 'a base of nothing', args: ['greet', '--base', 'x=y'], code: 2, says: /no image builds on x/ },
  ])('refuses $what with $code', async ({ what, args, code, says }) => {
    if (what === 'no engine') person.env['PATH'] = onlyNode();
    else engine('buildah', BUILDAH);
    const { exitCode, stderr } = await person.type('images', 'build', '--pipeline', 'hello', ...args);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(code);
  });
});

/** A PATH with what the launcher needs and no engine. */
function onlyNode(): string {
  const folder = join(person.folder, 'tools');
  mkdirSync(folder);
  for (const tool of ['sh', 'uname', 'tr', 'readlink']) {
    writeFileSync(join(folder, tool), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${tool} "$@"\n`, { mode: 0o755 });
  }
  return folder;
}

describe('before anything is built', () => {
  const hello = ['hello', '--set', 'name=x', '--target', 'kubernetes'];

  test('render says so, and ends with 0', async () => {
    const render = await person.type('render', ...hello);
    expect(render.exitCode).toBe(0);
    expect(render.stderr).toMatch(/greet: the image is not built: ilab-backend\/greet-shell:src-/);
    expect(render.stdout).toContain('imagePullPolicy: Never');
  });

  test('list names every image, without an engine', async () => {
    person.env['PATH'] = onlyNode();
    const { exitCode, stdout } = await person.type('images', 'list', '--profile', 'kind-cpu', '-o', 'json');
    expect(exitCode).toBe(0);
    const { images } = JSON.parse(stdout) as { images: { image: string; state: string }[] };
    expect(images.map(({ state }) => state)).toEqual(Array(4).fill('not-built'));
    expect(images.at(-1)?.image).toBe('program');
  });
});
