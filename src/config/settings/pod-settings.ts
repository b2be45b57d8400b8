import type { JsonObject } from '../../domain/json.ts';
import { ParamSchema } from '../../template/schema/param-schema.ts';
import { readSchema } from '../../template/schema/schema-reader.ts';

const TEXT: JsonObject = { type: 'string', minLength: 1 };
const TEXTS_BY_NAME: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };
/** It is the value of a label. */
const QUEUE: JsonObject = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$' };
const SECRET: JsonObject = { type: 'object', 'x-secret': true };
const IDENTITY: JsonObject = { type: 'integer', minimum: 0 };

function titled(title: string, schema: JsonObject): JsonObject {
  return { title, ...schema };
}

/** The `pod:` block of a profile, project or user file: what the shared partial puts on every pod. */
export const POD_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    serviceAccountName: titled('The account that the pods have at the cluster', TEXT),
    imagePullSecrets: {
      title: 'Secrets with what a registry asks for',
      type: 'array',
      items: { type: 'object', additionalProperties: false, required: ['name'], properties: { name: TEXT } },
    },
    runtimeClassName: titled('The RuntimeClass that runs the containers, such as nvidia', TEXT),
    priorityClassName: titled('Who goes first where there is no room', TEXT),
    // A LocalQueue of Kueue: stages wait there for their turn; what moves data and drives does not.
    queue: titled('The LocalQueue of Kueue that stages wait in', QUEUE),
    nodeSelector: titled('Labels that a node must have', TEXTS_BY_NAME),
    tolerations: {
      title: 'Taints of nodes that the pods put up with',
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
    labels: { title: 'Labels of pods, Jobs and ConfigMaps', ...TEXTS_BY_NAME, default: {} },
    annotations: { title: 'Annotations of pods, Jobs and ConfigMaps', ...TEXTS_BY_NAME, default: {} },
    fsGroup: titled('The group that the volumes belong to; unset on OpenShift', IDENTITY),
    runAsUser: { title: 'The user of the processes; unset on OpenShift', type: 'integer', minimum: 1 },
    workspaceClaim: { title: 'The PersistentVolumeClaim that runs work in', ...TEXT, default: 'ilab-backend' },
    // How the claim is made where there is none; one that exists is used as it is.
    workspace: {
      title: 'How that claim is made where there is none',
      type: 'object',
      default: {},
      additionalProperties: false,
      properties: {
        size: { title: 'How large', ...TEXT, default: '100Gi' },
        storageClassName: titled("Of which class; absent = the cluster's default", TEXT),
        accessModes: {
          title: 'How many nodes may mount it',
          type: 'array',
          minItems: 1,
          items: { type: 'string', enum: ['ReadWriteOnce', 'ReadWriteMany', 'ReadWriteOncePod'] },
          default: ['ReadWriteOnce'],
        },
      },
    },
    // Where artifacts are kept beside the claim; absent = nowhere.
    storage: {
      title: 'Object storage where artifacts are kept, too',
      type: 'object',
      additionalProperties: false,
      required: ['url', 'accessKey', 'secretKey'],
      properties: {
        url: {
          title: 'Which bucket and folder: s3://BUCKET/PATH',
          type: 'string',
          pattern: '^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^@]*)?$',
        },
        endpoint: { title: "Its address; absent = Amazon's", type: 'string', pattern: '^https?://' },
        region: { title: 'Its region', ...TEXT, default: 'us-east-1' },
        pathStyle: {
          title: 'Whether the bucket stands in the path, not in the host name',
          type: 'boolean',
          default: false,
        },
        accessKey: titled('Who reads and writes there', SECRET),
        secretKey: titled('What proves it', SECRET),
        sessionToken: titled('Of keys that end by themselves', SECRET),
        caFile: titled('Certificates that this machine trusts there', TEXT),
        finishSeconds: {
          title: 'Longest wait for what is still to be stored',
          type: 'integer',
          'x-unit': 's',
          minimum: 0,
          default: 1800,
        },
      },
    },
    caBundle: {
      title: 'A ConfigMap with the certificates that the pods trust',
      type: 'object',
      additionalProperties: false,
      required: ['configMap'],
      properties: { configMap: titled('Its name', TEXT), key: { title: 'The key in it', ...TEXT, default: 'ca.crt' } },
    },
    proxy: {
      title: 'What the pods reach the world through',
      type: 'object',
      default: {},
      additionalProperties: false,
      properties: {
        http: titled('For http://', TEXT),
        https: titled('For https://', TEXT),
        no: titled('Hosts that are reached without it', TEXT),
      },
    },
  },
};

/** Judges a `pod:` block and gives templates its type. */
export const POD_SETTINGS = new ParamSchema(POD_SCHEMA, readSchema(POD_SCHEMA, { strict: true }).type);
