import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';

const PROJECT = resolve(import.meta.dirname, '../../..');

const rigFile = z.object({
  /** The folder of all that the rig made. */
  root: z.string(),
  /** Where its commands are: `<scripts>/<name>.sh`. */
  scripts: z.string(),
  id: z.int(),
  /** This machine as pods and nodes reach it. */
  hostIp: z.string(),
  /** `address:port` of the registry that can fail; nodes also know it as `registry.rig.local`. */
  registry: z.string(),
  kubectl: z.string(),
});

/** What `cluster:up` says about the rig. */
export type RigFacts = z.infer<typeof rigFile>;

export interface Place {
  readonly kubeconfig: string;
  /** Absent: somebody else's cluster, of which only its API is known. */
  readonly rig: RigFacts | undefined;
}

/** The cluster of the tests: `ILAB_TEST_KUBECONFIG`, else the rig of `ILAB_TEST_RIG`, else the clone's own; absent when none is up. */
export function locateCluster(env: NodeJS.ProcessEnv = process.env): Place | undefined {
  const own = join(env['ILAB_TEST_RIG'] ?? join(PROJECT, '.cluster'), 'kubeconfig');
  const kubeconfig = env['ILAB_TEST_KUBECONFIG'] ?? own;
  if (!existsSync(kubeconfig)) return undefined;
  const facts = join(dirname(kubeconfig), 'rig.json');
  return { kubeconfig, rig: existsSync(facts) ? rigFile.parse(JSON.parse(readFileSync(facts, 'utf8'))) : undefined };
}
