import { type ObjectPlace, parseObjectUri } from '../../domain/data/object-uri.ts';
import { UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';

/** How object storage is reached. */
export interface StorageSettings {
  /** Absent = Amazon's for the region. */
  readonly endpoint?: string;
  readonly region: string;
  /** The bucket stands in the path instead of in the host's name. */
  readonly pathStyle: boolean;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Certificates in PEM that count beside those Node knows; absent = none. */
  readonly ca?: string;
  /** Where proxies are named: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the containers of ours that reach object storage are told (templates/_shared/storage-env.yaml). */
export const STORAGE_VARIABLES = {
  url: 'ILAB_STORAGE_URL',
  endpoint: 'ILAB_STORAGE_ENDPOINT',
  region: 'ILAB_STORAGE_REGION',
  pathStyle: 'ILAB_STORAGE_PATH_STYLE',
  caFile: 'ILAB_STORAGE_CA_FILE',
  accessKey: 'AWS_ACCESS_KEY_ID',
  secretKey: 'AWS_SECRET_ACCESS_KEY',
  sessionToken: 'AWS_SESSION_TOKEN',
} as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** Settings and place from the environment of a container. Throws `bad-config` for what is missing. */
export function storageFromEnvironment(
  env: Variables,
  readFile: (path: string) => string,
): { readonly place: ObjectPlace; readonly settings: StorageSettings } {
  const of = (name: keyof typeof STORAGE_VARIABLES): string | undefined => env[STORAGE_VARIABLES[name]] || undefined;
  const [accessKeyId, secretAccessKey, sessionToken] = [of('accessKey'), of('secretKey'), of('sessionToken')];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new UserError('bad-config', 'the credentials of the object storage are empty', {
      hint: 'see `pod.storage.accessKey` and `pod.storage.secretKey`',
    });
  const [endpoint, caFile] = [of('endpoint'), of('caFile') ?? (env['SSL_CERT_FILE'] || undefined)];
  return {
    place: placeOf(of('url') ?? ''),
    settings: {
      ...(endpoint === undefined ? {} : { endpoint }),
      region: of('region') ?? DEFAULT_REGION,
      pathStyle: of('pathStyle') === 'true',
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      ...(caFile === undefined ? {} : { ca: readFile(caFile) }),
      env,
    },
  };
}

const DEFAULT_REGION = 'us-east-1';

/** The place that `pod.storage.url` names. Throws `bad-config`. */
function placeOf(url: string): ObjectPlace {
  const place = parseObjectUri(url);
  if (place !== undefined && place.digest === undefined) return { bucket: place.bucket, key: place.key };
  throw new UserError('bad-config', `pod.storage.url: ${url} names no place in object storage`, {
    hint: 'write s3://BUCKET or s3://BUCKET/PREFIX',
  });
}

/** The `storage` of pod settings; undefined where none is configured. */
export function storageOf(pod: JsonObject): JsonObject | undefined {
  const { storage } = pod;
  return typeof storage === 'object' && storage !== null && !Array.isArray(storage)
    ? (storage as JsonObject)
    : undefined;
}
