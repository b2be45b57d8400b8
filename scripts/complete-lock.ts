import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/*
 * Adds to package-lock.json the packages of other platforms that a registry without them leaves out: `npm ci` refuses a
 * lock file that names an optional dependency and does not hold it. Run it after a change of dependencies when
 * test/house/tree.test.ts names missing ones: `scripts/with-node node scripts/complete-lock.ts`.
 */

const entry = z.looseObject({
  version: z.string().exactOptional(),
  license: z.string().exactOptional(),
  engines: z.unknown().optional(),
  optionalDependencies: z.record(z.string(), z.string()).exactOptional(),
});
const lockFile = z.looseObject({ packages: z.record(z.string(), entry) });

/** `@biomejs/cli-linux-x64-musl`, `@oxc-parser/binding-darwin-arm64`. */
const PLATFORM =
  /\/(?:cli|binding)-(?<os>android|darwin|freebsd|linux|win32|openharmony)-(?<cpu>[a-z0-9]+)(?:-(?<abi>[a-z]+))?$/;

const path = 'package-lock.json';
const lock = lockFile.parse(JSON.parse(readFileSync(path, 'utf8')));
for (const [name, { optionalDependencies, license, engines }] of Object.entries(lock.packages)) {
  for (const [dependency, version] of Object.entries(name === '' ? {} : (optionalDependencies ?? {}))) {
    const platform = PLATFORM.exec(dependency)?.groups;
    if (platform === undefined || lock.packages[`node_modules/${dependency}`] !== undefined) continue;
    const { os, cpu, abi } = platform;
    const libc = os === 'linux' ? { libc: [abi?.includes('musl') === true ? 'musl' : 'glibc'] } : {};
    lock.packages[`node_modules/${dependency}`] = {
      version,
      cpu: [cpu],
      dev: true,
      ...libc,
      ...(license === undefined ? {} : { license }),
      optional: true,
      os: [os],
      ...(engines === undefined ? {} : { engines }),
    };
    process.stdout.write(`${dependency} ${version} added\n`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, undefined, 2)}\n`);
