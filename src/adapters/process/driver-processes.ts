import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { driverArguments } from '../../domain/driver-arguments.ts';
import type { DriverHost, DriverSight } from '../../ports/driver-host.ts';

export interface DriverProcessesOptions {
  /** What runs this program: Node with its flags, and the entry. */
  readonly command: readonly [string, ...string[]];
  readonly stateDir: string;
  /** Its `stages/` may hold engines of its own. */
  readonly projectDir: string;
}

/** Drivers as processes in sessions of their own: they outlive the terminal, and nothing of ours waits for them. */
export function driverProcesses({ command, stateDir, projectDir }: DriverProcessesOptions): DriverHost {
  const [program, ...before] = command;
  return {
    beginSeconds: 20,
    check: async () => undefined,
    start: (run, options) => {
      const args = driverArguments(run, options, ['--state-dir', stateDir, '--project', projectDir]);
      const child = spawn(program, [...before, ...args], { detached: true, stdio: 'ignore' });
      return new Promise((done, failed) => {
        child.once('error', failed);
        child.once('spawn', () => {
          child.unref();
          done({ where: `process ${child.pid ?? 0}`, follow: (signal) => follow(child, signal) });
        });
      });
    },
    // A process that has gone does not come again.
    isComing: async () => false,
    remove: async () => undefined,
  };
}

async function* follow(child: ChildProcess, signal: AbortSignal): AsyncGenerator<DriverSight, void> {
  yield { kind: 'runs' };
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit', { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  const end = child.signalCode ?? child.exitCode;
  if (end !== null && end !== 0) yield { kind: 'failed', reason: `it ended with ${end}` };
}
