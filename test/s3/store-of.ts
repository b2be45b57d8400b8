import { createObjectStore } from '../../src/adapters/s3/s3-object-store.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { ACCESS_KEY, type S3Server, SECRET_KEY } from './versitygw.ts';

/** The bucket of a server, through the program's own client. */
export function storeOf(
  server: S3Server,
  credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
): ObjectStore {
  const { endpoint, bucket } = server;
  return createObjectStore({ endpoint, region: 'us-east-1', pathStyle: true, credentials, env: {} }, bucket);
}
