import type { JsonObject } from '../domain/json.ts';
import type { SourceFile } from '../domain/pipeline/source-file.ts';
import type { WorkspaceObjects } from '../ports/workspace-objects.ts';
import {
  type CompiledTemplate,
  compileTemplate,
  createScope,
  formatProblems,
  type TypeScope,
} from '../template/index.ts';
import { partialsOf } from './pipelines/pipeline-source.ts';
import { POD_SETTINGS } from './settings/pod-settings.ts';

const TEXT: JsonObject = { type: 'string' };
const COUNT: JsonObject = { type: 'integer' };
const PIECE: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['configMap', 'path'],
  properties: { configMap: TEXT, path: TEXT },
};

/** What templates/_shared/transfer.yaml may name: `TransferValues`. */
const TRANSFER: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'mode', 'key', 'image', 'args', 'deadline', 'keep', 'port', 'pieces'],
  properties: {
    name: TEXT,
    mode: TEXT,
    key: TEXT,
    image: TEXT,
    args: { type: 'array', items: TEXT },
    deadline: COUNT,
    keep: COUNT,
    node: TEXT,
    tokenSha256: TEXT,
    port: COUNT,
    pieces: { type: 'array', items: PIECE },
  },
};

const SECRET: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['variable', 'name', 'key'],
  properties: { variable: TEXT, name: TEXT, key: TEXT },
};

/** What templates/_shared/driver.yaml may name: `DriverValues`. */
const DRIVER: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'run', 'image', 'args', 'serviceAccountName', 'user', 'secrets'],
  properties: {
    name: TEXT,
    run: TEXT,
    image: TEXT,
    args: { type: 'array', items: TEXT },
    serviceAccountName: TEXT,
    user: TEXT,
    secrets: { type: 'array', items: SECRET },
  },
};

/** `shared`: the files of `templates/_shared`. Each template is compiled when it is first rendered. */
export function workspaceObjects(shared: readonly SourceFile[]): WorkspaceObjects {
  const claim = once(() => compile(shared, 'workspace-claim.yaml', createScope({ pod: POD_SETTINGS })));
  const transfer = once(() => compile(shared, 'transfer.yaml', createScope({ transfer: TRANSFER, pod: POD_SETTINGS })));
  const driver = once(() => compile(shared, 'driver.yaml', createScope({ driver: DRIVER, pod: POD_SETTINGS })));
  return {
    driver: (values, pod) => driver().render({ driver: values as unknown as JsonObject, pod: filled(pod) }),
    claim: (pod) => only(claim().render({ pod: filled(pod) })),
    transfer: (values, pod) => transfer().render({ transfer: values as unknown as JsonObject, pod: filled(pod) }),
  };
}

/** A run stored by an older program lacks what has a default by now. */
function filled(pod: JsonObject): JsonObject {
  return POD_SETTINGS.withDefaults(pod);
}

/** They are ours: a fault in them is a bug. */
function compile(shared: readonly SourceFile[], name: string, scope: TypeScope): CompiledTemplate {
  const partials = partialsOf({ folder: 'templates/_shared', files: [], shared });
  const file = partials(name);
  if (file === undefined) throw new Error(`templates/_shared/${name} is missing`);
  const compiled = compileTemplate({ file, scope, partials });
  if (compiled.kind === 'ok') return compiled.value;
  throw new Error(`templates/_shared/${name} cannot be used\n\n${formatProblems(compiled.problems)}`);
}

function only(objects: readonly JsonObject[]): JsonObject {
  const [object, second] = objects;
  if (object === undefined || second !== undefined) throw new Error('the template of the claim gives one object');
  return object;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
