import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../domain/errors.ts';
import { readIfThere } from '../files/durable-file.ts';
import { environmentOf, isAlive, parseIdentity } from '../machine/process-identity.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import { type SupervisorSpec, secretVariable } from './attempt-spec.ts';
import { type Claim, readClaim } from './claim.ts';
import { readOutcome } from './outcome-file.ts';
import { type HostEnv, secretVariables } from './secret-values.ts';
import { Killed, type SupervisorProgram, startSupervisor } from './start-supervisor.ts';

const TRIES = 3;
const PAUSE_MS = 200;

/**
 * Makes sure that a supervisor looks after an attempt that goes on: the one that does, or a new one that takes over from
 * a dead one. Returns the newest claim.
 */
export async function keepSupervised(program: SupervisorProgram, folder: AttemptFolder, env: HostEnv): Promise<Claim> {
  for (let tries = 1; ; tries += 1) {
    const claim = readClaim(folder);
    if (claim !== undefined && (isAlive(claim.process) || readOutcome(folder) !== undefined)) return claim;
    try {
      return await startSupervisor(program, folder, secretsFor(folder, env));
    } catch (error) {
      // Another may have begun and died meanwhile, or somebody killed this one; the next look tells.
      const hasBegun = error instanceof UserError && error.code === 'cannot-start' && readClaim(folder) !== undefined;
      const mayPass = hasBegun || (error instanceof UserError && error.cause instanceof Killed);
      if (!mayPass || tries === TRIES) throw error;
    }
    await delay(PAUSE_MS);
  }
}

/**
 * The values for a supervisor: those that the living containers were started with, so that what they print is masked
 * whatever became of the caller's environment; else the caller's.
 */
function secretsFor(folder: AttemptFolder, env: HostEnv): Readonly<Record<string, string>> {
  const spec = JSON.parse(readIfThere(folder.spec) ?? '') as SupervisorSpec;
  const known = spec.containers.flatMap(({ name }) => {
    const shim = parseIdentity(readIfThere(`${folder.instance(name, 0)}.claim`) ?? '');
    return shim === undefined || !isAlive(shim) ? [] : environmentOf(shim.pid);
  });
  const found = new Map(
    known.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  const names = spec.secrets.map((_, index) => secretVariable(index));
  const ofShims = Object.fromEntries(
    names.flatMap((name) => (found.has(name) ? [[name, found.get(name) as string]] : [])),
  );
  if (Object.keys(ofShims).length === names.length) return ofShims;
  return { ...secretVariables(spec.secrets, env), ...ofShims };
}
