import type { Cluster } from './cluster.ts';

/** The image of the program that the nodes have: what moves and removes data in claims. */
export async function programImage(cluster: Cluster): Promise<string> {
  const named = process.env['ILAB_TEST_PROGRAM_IMAGE'];
  if (named !== undefined) return named;
  const names = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].status.images[*].names[*]}');
  const found = names.match(/\S*ilab-backend\/program:src-[0-9a-f]{12}/g)?.at(-1);
  if (found === undefined) throw new Error('the nodes do not have the image of the program: npm run cluster:images');
  return found.replace(/^.*\/(ilab-backend\/)/, '$1');
}
