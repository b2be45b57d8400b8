import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createImageSources } from '../../../src/adapters/images/build-inputs.ts';
import { createKubernetesPlanTarget } from '../../../src/adapters/kubernetes/plan-target.ts';
import type { ImageSource, ImageSources } from '../../../src/ports/image-builder.ts';

const GREET = 'stages/greet/shell';
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-inputs-'));
  put('stages/greet/shell/bin/greet', '#!/bin/sh\n. ../_lib/sh/stage.sh\n', 0o755);
  put('stages/greet/shell/Containerfile', 'ARG BASE=docker.io/library/busybox:1.37\nFROM ${BASE}\n');
  put('stages/_lib/sh/stage.sh', 'stage_begin() { :; }\n');
  put('stages/_lib/ilab_other/__init__.py', '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string, mode = 0o644, folder = root): string {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, text);
  chmodSync(place, mode);
  return place;
}

function sources(...roots: readonly string[]): ImageSources {
  return createImageSources({ roots: roots.length === 0 ? [root] : roots, packageRoot: root });
}

function greet(): ImageSource {
  return sources().read(GREET);
}

describe('the name of an image changes', () => {
  test.each([
    { what: 'a program', path: 'stages/greet/shell/bin/greet', text: '#!/bin/sh\n', mode: 0o755, changes: true },
    { what: 'what it shares', path: 'stages/_lib/sh/stage.sh', text: ':\n', changes: true },
    { what: 'a new file', path: 'stages/greet/shell/requirements.lock', text: 'a==1\n', changes: true },
    {
      what: 'the Containerfile',
      path: 'stages/greet/shell/Containerfile',
      text: 'FROM scratch\n',
      changes: true,
    },
    { what: 'what only others share', path: 'stages/_lib/ilab_other/__init__.py', text: 'x = 1\n', changes: false },
    { what: 'a test', path: 'stages/greet/shell/tests/test_x.py', text: 'x\n', changes: false },
    { what: 'a cache', path: 'stages/greet/shell/bin/__pycache__/x.cpython-311.pyc', text: 'x', changes: false },
    { what: 'another engine', path: 'stages/greet/other/bin/greet', text: 'x', changes: false },
  ])('with $what: $changes', ({ path, text, mode, changes }) => {
    const before = greet();
    put(path, text, mode);
    expect(greet().reference !== before.reference).toBe(changes);
    expect(greet().identity !== before.identity).toBe(changes);
  });

  test('with what can be executed, and with nothing else of a mode or a time', () => {
    const before = greet().identity;
    const file = join(root, 'stages/greet/shell/bin/greet');
    chmodSync(file, 0o700);
    utimesSync(file, new Date(0), new Date(0));
    expect(greet().identity).toBe(before);
    chmodSync(file, 0o644);
    expect(greet().identity).not.toBe(before);
  });
});

test('the same files have the same name on another machine', () => {
  const path = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}\.txt$/);
  fc.assert(
    fc.property(fc.dictionary(path, fc.string({ maxLength: 40 }), { maxKeys: 6 }), (files) => {
      const machines = [1, 2].map(() => mkdtempSync(join(root, 'machine-')));
      const [one, other] = machines as [string, string];
      for (const machine of machines) {
        for (const part of ['stages/greet', 'stages/_lib'])
          cpSync(join(root, part), join(machine, part), { recursive: true });
      }
      const entries = Object.entries(files);
      for (const [name, text] of entries) put(join(GREET, 'data', name), text, 0o644, one);
      for (const [name, text] of entries.reverse()) put(join(GREET, 'data', name), text, 0o600, other);
      expect(sources(one).read(GREET)).toEqual(sources(other).read(GREET));
    }),
    { numRuns: 25 },
  );
});

describe('what is laid out for the engine', () => {
  test('is what the name was made from, readable by any user, without times', () => {
    chmodSync(join(root, 'stages/_lib/sh/stage.sh'), 0o600);
    put('stages/greet/shell/tests/test_x.py', 'x');
    const context = sources().layOut(greet());
    const files = readdirSync(context.folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(context.folder, name)).isFile())
      .sort();
    expect(files).toEqual(['Containerfile', '_lib/sh/stage.sh', 'greet/shell/bin/greet']);
    const modes = files.map((name) => (statSync(join(context.folder, name)).mode & 0o777).toString(8));
    expect(modes).toEqual(['644', '644', '755']);
    expect(new Set(files.map((name) => statSync(join(context.folder, name)).mtimeMs)).size).toBe(1);
    expect(readFileSync(context.containerfile, 'utf8')).toContain('ARG BASE');
    context.remove();
    expect(existsSync(context.folder)).toBe(false);
  });

  test('is refused when a file changed meanwhile', () => {
    const before = greet();
    put('stages/_lib/sh/stage.sh', 'other\n');
    expect(() => sources().layOut(before)).toThrow(/changed while they were read/);
  });
});

test('an engine without a Containerfile cannot be built, and says so', () => {
  rmSync(join(root, 'stages/greet/shell/Containerfile'));
  expect(() => greet()).toThrow(/there is no .*Containerfile/);
});

test('the base that a Containerfile names can be told', () => {
  expect(greet().base).toBe('docker.io/library/busybox:1.37');
  put('stages/greet/shell/Containerfile', 'FROM scratch\n');
  expect(greet()).not.toHaveProperty('base');
});

test('what else it lets others choose is told by name, once', () => {
  put(
    'stages/greet/shell/Containerfile',
    'ARG BASE=a\nARG LOCK=a.lock\nFROM ${BASE}\nARG LOCK\nARG MORE=\nRUN echo ARG NO\n',
  );
  expect(greet().args).toEqual(['LOCK', 'MORE']);
});

describe("the program's own image", () => {
  beforeEach(() => {
    for (const path of ['bin/run.js', 'dist/main.js', 'dist/chunks/old-1.js', 'templates/defaults.yaml', 'LICENSE'])
      put(path, path);
    put('package.json', '{}');
    put('images/program/Containerfile', 'ARG BASE=docker.io/library/node:24-slim\nFROM ${BASE}\n');
  });

  test('holds what a pod needs to give images the same names', () => {
    const context = sources().layOut(sources().read('program'));
    const inside = createImageSources({ roots: [context.folder], packageRoot: context.folder });
    expect(inside.read(GREET)).toEqual(greet());
    expect(inside.read('program')).toEqual(sources().read('program'));
    context.remove();
  });

  test('is not changed by what an older build left', () => {
    put('dist/.outputs', 'main.js');
    const before = sources().read('program').identity;
    put('dist/chunks/older-2.js', 'x');
    expect(sources().read('program').identity).toBe(before);
    put('dist/main.js', 'new');
    expect(sources().read('program').identity).not.toBe(before);
  });
});

describe('a plan for a cluster', () => {
  const pushed = `r.example/greet@sha256:${'a'.repeat(64)}`;

  test('names an image by its content until it is pushed', async () => {
    const { reference, identity } = greet();
    const records = new Map<
      string,
      Parameters<Parameters<typeof createKubernetesPlanTarget>[0]['records']['write']>[0]
    >();
    const target = createKubernetesPlanTarget({
      sources: sources(),
      records: { read: (name) => records.get(name), write: (record) => records.set(record.reference, record) },
    });
    const before = await target.identify(GREET);
    expect(before).toEqual({ reference, folder: GREET, identity });
    expect(await target.imageState?.(before)).toBe('missing');
    records.set(reference, { image: GREET, reference, identity, deliveries: [] });
    expect(await target.imageState?.(before)).toBe('known');
    records.set(reference, {
      image: GREET,
      reference,
      identity,
      deliveries: [{ kind: 'push', reference: pushed, at: '2026-01-01T00:00:00Z' }],
    });
    const after = await target.identify(GREET);
    expect(after).toEqual({ reference: pushed, folder: GREET, identity: `sha256:${'a'.repeat(64)}` });
    expect(await target.imageState?.(after)).toBe('known');
  });

  test('shows an engine without a folder as missing, and takes a foreign image as it is', async () => {
    const target = createKubernetesPlanTarget({
      sources: sources(),
      records: { read: () => undefined, write: () => undefined },
    });
    const absent = await target.identify('stages/train/upstream');
    expect(absent.reference).toBe('ilab-backend/train-upstream:not-built');
    expect(await target.imageState?.(absent)).toBe('missing');
    const foreign = await target.identify('quay.io/a/b:1');
    expect(foreign).toEqual({ reference: 'quay.io/a/b:1', identity: 'quay.io/a/b:1' });
    expect(await target.imageState?.(foreign)).toBe('known');
  });
});
