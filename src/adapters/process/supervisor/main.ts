import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isPassing } from '../../files/durable-file.ts';
import { FolderChanges } from '../../files/folder-changes.ts';
import { Masker } from '../../logs/masking.ts';
import { AttemptFolder } from '../attempt-folder.ts';
import { type SupervisorSpec, secretVariable } from '../attempt-spec.ts';
import { takeClaim } from '../claim.ts';
import { ContainerInstance } from './container.ts';
import type { Attempt } from './container-run.ts';
import { makeTmp } from './content.ts';
import { closeInherited } from './inherited-files.ts';
import { memoryKills } from './memory-kills.ts';
import { persist } from './persist.ts';
import { killEach, marked } from './pod-processes.ts';
import { Stopper } from './stopper.ts';
import { supervise } from './supervise.ts';

/*
 * The supervisor: `node supervisor.js <attempt folder>`, started detached by the program, the kubelet of the local target.
 * Several may be started for one attempt; one works, the others end at once.
 */

/** EX_IOERR: the folder could not be claimed, because the disk did not take it. */
const STORAGE_FAILED = 74;
const BUG = 70;

async function main(root: string): Promise<void> {
  const folder = new AttemptFolder(root);
  const spec = JSON.parse(readFileSync(folder.spec, 'utf8')) as SupervisorSpec;
  const secrets = takeSecrets(spec);
  const claim = takeClaim(folder, spec.key);
  if (claim === undefined) return;
  await persist(() => makeRuntime(folder));
  const changes = new FolderChanges([folder.root, folder.runtime]);
  const mainContainer = new ContainerInstance(folder.instance(spec.containers.at(-1)?.name ?? '', 0), '', {
    changed: (ms) => changes.changed(ms),
    shimEnv: {},
  });
  const stopper = new Stopper(folder, () => mainContainer.state().kind === 'exited');
  process.on('SIGTERM', () => stopper.stop('cancelled'));
  stopper.look();
  changes.on(() => stopper.look());
  const attempt: Attempt = {
    folder,
    spec,
    changes,
    stopper,
    memoryKills: memoryKills(),
    masker: new Masker(Object.values(secrets)),
    secrets,
    tmp: await persist(() => makeTmp(folder)),
    toolPath: process.env['PATH'] ?? '/usr/bin:/bin',
  };
  await Promise.race([supervise(attempt, claim), vanished(folder, changes)]);
  changes.close();
}

/** Not with its parents: a folder that somebody has taken away meanwhile does not come back. */
function makeRuntime(folder: AttemptFolder): void {
  if (!existsSync(folder.runtime)) mkdirSync(folder.runtime, { mode: 0o700 });
}

/** Fails when the folder of the attempt is taken away. */
function vanished(folder: AttemptFolder, changes: FolderChanges): Promise<never> {
  return new Promise((_, fail) => {
    changes.on(() => {
      if (!existsSync(folder.spec)) fail(new Error(`${folder.root} was taken away`));
    });
  });
}

/** The values come in the environment; from here on they are in this process only, and in the containers they are for. */
function takeSecrets(spec: SupervisorSpec): Readonly<Record<string, string>> {
  const names = spec.secrets.map((_, index) => secretVariable(index));
  const values = names.map((name) => [name, process.env[name] ?? ''] as const);
  for (const name of names) delete process.env[name];
  return Object.fromEntries(values);
}

closeInherited();
const root = process.argv[2] ?? '';
main(root).catch(async (error: unknown) => {
  console.error(error instanceof Error ? error.stack : String(error));
  const folder = new AttemptFolder(root);
  // Whoever deletes the folder of a running attempt gets what follows from it: nothing goes on without a supervisor.
  if (!existsSync(folder.spec)) await killEach(() => marked(folder.content));
  process.exit(isPassing(error) ? STORAGE_FAILED : BUG);
});
