import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type BuildResult, build, type Plugin } from 'esbuild';

/** What esbuild made, in memory: the files with absolute paths under `outdir`, and which module went into which file. */
export type Bundle = BuildResult<{ write: false; metafile: true }>;

/**
 * Bundles the program, the supervisor of the local target, the program of the transfer pod, the sidecar that stores
 * outputs and the program as a stage that publishes; writes nothing. `plugins` are for tests.
 */
export function bundle(root: string, outdir: string, plugins: readonly Plugin[] = []): Promise<Bundle> {
  return build({
    absWorkingDir: root,
    entryPoints: {
      main: join(root, 'src/main.ts'),
      supervisor: join(root, 'src/adapters/process/supervisor/main.ts'),
      transfer: join(root, 'src/adapters/kubernetes/transfer-server/main.ts'),
      store: join(root, 'src/adapters/s3/sidecar/main.ts'),
      publication: join(root, 'src/publication.ts'),
    },
    outdir,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    chunkNames: 'chunks/[name]-[hash]',
    // React's development build is three times slower and is chosen at run time otherwise.
    define: { 'process.env.NODE_ENV': '"production"' },
    // Ink asks for it in a debugging mode only.
    external: ['react-devtools-core'],
    plugins: [...plugins, leftOut, builtins],
    logLevel: 'error',
  });
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
  // The colours of a debugging aid.
  ['supports-color', 'debug/src/node.js', 'module.exports = {};'],
];

const leftOut: Plugin = {
  name: 'left-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z.]/ }, ({ path, importer }) => {
      const index = LEFT_OUT.findIndex(([wanted, by]) => path === wanted && importer.endsWith(`/node_modules/${by}`));
      return index < 0 ? undefined : { path, namespace: 'left-out', pluginData: index, sideEffects: false };
    });
    onLoad({ filter: /./, namespace: 'left-out' }, ({ pluginData }) => ({ contents: LEFT_OUT[pluginData]?.[2] ?? '' }));
  },
};

/**
 * An ESM import of one of Node's own modules reads every export of it, and so loads what Node itself loads lazily: 5 ms
 * at each start. Here a module asks for the object and takes the names it uses; the rest is dropped with the unused code.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_]/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      // CommonJS packages inside an ESM bundle have no `require` of their own.
      // A dynamic import would keep every name.
      const isWhole = kind === 'require-call' || kind === 'dynamic-import';
      const namespace = isWhole ? 'builtin-object' : 'builtin-names';
      return { path, namespace, sideEffects: false };
    });
    onLoad({ filter: /./, namespace: 'builtin-object' }, ({ path }) => ({
      contents: `module.exports = ${ask(path)};`,
    }));
    onLoad({ filter: /./, namespace: 'builtin-names' }, async ({ path }) => ({ contents: await withNames(path) }));
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
