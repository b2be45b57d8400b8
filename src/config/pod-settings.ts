import type { JsonObject } from '../domain/json.ts';
import { ParamSchema } from '../template/param-schema.ts';
import { readSchema } from '../template/schema-reader.ts';

const TEXT: JsonObject = { type: 'string', minLength: 1 };
const TEXTS_BY_NAME: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };
/** It is the value of a label. */
const QUEUE: JsonObject = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$' };
const SECRET: JsonObject = { type: 'object', 'x-secret': true };
const IDENTITY: JsonObject = { type: 'integer', minimum: 0 };

/** The `pod:` block of a profile, project or user file: what the shared partial puts on every pod. */
export const POD_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    serviceAccountName: TEXT,
    imagePullSecrets: {
      type: 'array',
      items: { type: 'object', additionalProperties: false, required: ['name'], properties: { name: TEXT } },
    },
    runtimeClassName: TEXT,
    priorityClassName: TEXT,
    // A LocalQueue of Kueue: stages wait there for their turn; what moves data and drives does not.
    queue: QUEUE,
    nodeSelector: TEXTS_BY_NAME,
    tolerations: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          key: TEXT,
          operator: { type: 'string', enum: ['Exists', 'Equal'] },
          value: { type: 'string' },
          effect: { type: 'string', enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
          tolerationSeconds: { type: 'integer' },
        },
      },
    },
    labels: { ...TEXTS_BY_NAME, default: {} },
    annotations: { ...TEXTS_BY_NAME, default: {} },
    fsGroup: IDENTITY,
    runAsUser: { type: 'integer', minimum: 1 },
    workspaceClaim: { ...TEXT, default: 'ilab-backend' },
    // How the claim is made where there is none; one that exists is used as it is.
    workspace: {
      type: 'object',
      default: {},
      additionalProperties: false,
      properties: {
        size: { ...TEXT, default: '100Gi' },
        storageClassName: TEXT,
        accessModes: {
          type: 'array',
          minItems: 1,
          items: { type: 'string', enum: ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod'] },
          default: ['ReadWriteOnce'],
        },
      },
    },
    // Where artifacts are kept beside the claim; absent = nowhere.
    storage: {
      type: 'object',
      additionalProperties: false,
      required: ['url', 'accessKey', 'secretKey'],
      properties: {
        url: { type: 'string', pattern: '^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^@]*)?$' },
        endpoint: { type: 'string', pattern: '^https?://' },
        region: { ...TEXT, default: 'us-east-1' },
        pathStyle: { type: 'boolean', default: false },
        accessKey: SECRET,
        secretKey: SECRET,
        sessionToken: SECRET,
        caFile: TEXT,
        finishSeconds: { type: 'integer', minimum: 0, default: 1800 },
      },
    },
    caBundle: {
      type: 'object',
      additionalProperties: false,
      required: ['configMap'],
      properties: { configMap: TEXT, key: { ...TEXT, default: 'ca.crt' } },
    },
    proxy: {
      type: 'object',
      default: {},
      additionalProperties: false,
      properties: { http: TEXT, https: TEXT, no: TEXT },
    },
  },
};

/** Judges a `pod:` block and gives templates its type. */
export const POD_SETTINGS = new ParamSchema(POD_SCHEMA, readSchema(POD_SCHEMA, { strict: true }).type);
