import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type OutputChunk, type Plugin, type RolldownOptions, rolldown } from 'rolldown';

/** One file of dist/: its name relative to that folder, its text, and which modules (by absolute path) are in it. */
export type BundledFile = Pick<OutputChunk, 'fileName' | 'code' | 'modules' | 'imports' | 'dynamicImports'>;

/**
 * Bundles the program, the supervisor of the local target, the program of the transfer pod, the sidecar that stores
 * outputs and the program as a stage that publishes; writes nothing. `plugins` are for tests.
 */
export async function bundle(root: string, plugins: readonly Plugin[] = []): Promise<readonly BundledFile[]> {
  const main = join(root, 'src/main.ts');
  const program = bundleTogether(root, { main }, plugins, main);
  // Apart from the program: what these share with it must not bring the command line along.
  const others = bundleTogether(
    root,
    {
      supervisor: join(root, 'src/adapters/process/supervisor/main.ts'),
      transfer: join(root, 'src/adapters/kubernetes/transfer-server/main.ts'),
      store: join(root, 'src/adapters/s3/sidecar/main.ts'),
      publication: join(root, 'src/publish-main.ts'),
    },
    plugins,
  );
  return (await Promise.all([program, others])).flat();
}

/** `start`: the entry whose static imports become one file. Node takes half a millisecond to find and link each. */
async function bundleTogether(
  root: string,
  input: Readonly<Record<string, string>>,
  plugins: readonly Plugin[],
  start?: string,
): Promise<readonly BundledFile[]> {
  const atStart = new Set<string>();
  const options: RolldownOptions = {
    input: { ...input },
    cwd: root,
    platform: 'node',
    // Ink asks for it in a debugging mode only.
    external: ['react-devtools-core'],
    transform: {
      target: 'node24',
      // React's development build is three times slower and is chosen at run time otherwise.
      define: { 'process.env.NODE_ENV': '"production"' },
    },
    plugins: [...plugins, leftOut, mended, builtins, ...(start === undefined ? [] : [reachedFrom(start, atStart)])],
    logLevel: 'silent', // what is wrong is thrown
  };
  const build = await rolldown(options);
  try {
    const { output } = await build.generate({
      format: 'esm',
      minify: true,
      chunkFileNames: 'chunks/[name]-[hash].js',
      codeSplitting: { groups: [{ name: 'start', test: (id) => atStart.has(id) }] },
    });
    return output.filter((file) => file.type === 'chunk');
  } finally {
    await build.close();
  }
}

/** Adds to `found` what `entry` imports statically, itself not included. */
function reachedFrom(entry: string, found: Set<string>): Plugin {
  return {
    name: 'reached-from',
    buildEnd() {
      const open = [entry];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        for (const id of this.getModuleInfo(next)?.importedIds ?? []) {
          if (found.has(id)) continue;
          found.add(id);
          open.push(id);
        }
      }
    },
  };
}

/** What packages of ours bring along for what we never call: the module, who asks for it, what it gets instead. */
const LEFT_OUT: readonly (readonly [path: string, importer: string, contents: string])[] = [
  // client-node's own transport and its models of all kinds: we take its credentials and its YAML only. Without them the
  // first request to a cluster leaves 100 ms of work sooner, and 17 MB smaller.
  ['undici', '@kubernetes/client-node/dist/config.js', 'module.exports = {};'],
  ['./gen/index.js', '@kubernetes/client-node/dist/config.js', 'module.exports = {};'],
  [
    './serializer.js',
    '@kubernetes/client-node/dist/yaml.js',
    'module.exports = { ObjectSerializer: { deserialize: (value) => value } };', // as it does with what it does not know
  ],
  // How it starts commands that are programs of their own: we have none. It takes 12 ms to load, at every start.
  ['node:child_process', 'commander/lib/command.js', 'export default {};'],
  // A name of Node's that is loaded when it is read, with 10 modules; at every start if it stood with the other names.
  [
    'node:fs',
    '@smithy/core/dist-es/submodules/serde/util-body-length/calculateBodyLength.js',
    'export const { ReadStream, fstatSync, lstatSync } = process.getBuiltinModule("node:fs");',
  ],
  // The colours of a debugging aid.
  ['supports-color', 'debug/src/node.js', 'module.exports = {};'],
];

const leftOut: Plugin = {
  name: 'left-out',
  resolveId(path, importer) {
    const index = LEFT_OUT.findIndex(([wanted, by]) => path === wanted && importer?.endsWith(`/node_modules/${by}`));
    return index < 0 ? null : { id: `\0left-out:${index}`, moduleSideEffects: false };
  },
  load(id) {
    const index = /^\0left-out:(?<index>\d+)$/.exec(id)?.groups?.['index'];
    return index === undefined ? null : (LEFT_OUT[Number(index)]?.[2] ?? '');
  },
};

/** What packages do in a way that costs us: the module, what stands there, what it becomes. */
const MENDED: readonly (readonly [module: string, from: string, to: string])[] = [
  // Yoga has its WebAssembly in a `data:` URL and has it fetched, which loads all of Node's HTTP client: 20 MiB for a
  // screen. Where there is no `fetch` it decodes the URL.
  ['yoga-layout/dist/binaries/yoga-wasm-base64-esm.js', 'typeof fetch', 'typeof undefined'],
  // Both remember the last 4096 texts and up to as many before them. A log that is shown has new ones in each frame, and a
  // screen stays open for days; a frame has fewer lines than this.
  ['ink/build/measure-text.js', 'maxSize: 4096', 'maxSize: 256'],
  ['ink/build/wrap-text.js', 'maxSize: 4096', 'maxSize: 256'],
  // An aid for debugging, asked of the environment at each token: a fifth of the time that a file takes.
  ['yaml/dist/parse/parser.js', 'node_process.env.LOG_TOKENS', 'false'],
];

const mended: Plugin = {
  name: 'mended',
  transform(code, id) {
    const found = MENDED.find(([module]) => id.endsWith(`/node_modules/${module}`));
    return found === undefined ? null : code.replaceAll(found[1], found[2]);
  },
};

/**
 * An ESM import of one of Node's own modules reads every export of it, and so loads what Node itself loads lazily: 5 ms
 * at each start. Here a module asks for the object and takes the names it uses; the rest is dropped with the unused code.
 */
const builtins: Plugin = {
  name: 'builtins',
  resolveId(path, _importer, { kind }) {
    if (!isBuiltin(path)) return null;
    // CommonJS packages inside an ESM bundle have no `require` of their own.
    // A dynamic import would keep every name.
    const isWhole = kind === 'require-call' || kind === 'dynamic-import';
    return { id: `\0builtin-${isWhole ? 'object' : 'names'}:${path}`, moduleSideEffects: false };
  },
  async load(id) {
    const { form, path } = /^\0builtin-(?<form>object|names):(?<path>.+)$/.exec(id)?.groups ?? {};
    if (path === undefined) return null;
    return form === 'object' ? `module.exports = ${ask(path)};` : await withNames(path);
  },
};

async function withNames(path: string): Promise<string> {
  const names = Object.keys((await import(path)) as object).filter((name) => /^\w+$/.test(name) && name !== 'default');
  const pure = '/* @__PURE__ */';
  return [
    `const builtin = ${pure} ${ask(path)};`,
    'const take = (name) => builtin[name];',
    ...names.map((name) => `export const ${name} = ${pure} take(${JSON.stringify(name)});`),
    'export default builtin;',
  ].join('\n');
}

function ask(path: string): string {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}
