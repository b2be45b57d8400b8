import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import * as z from 'zod';
import { LAUNCHER } from './program.ts';

/*
 * The commands of examples/ci, run as a runner would: `bash -eo pipefail`, one after the other, with the variables that the file
 * sets. What only the service has (an expression, a predefined variable) is given by the test, by name.
 */

type Env = Readonly<Record<string, string>>;

interface Step {
  readonly name: string;
  readonly run: string;
  readonly env: Env;
}

/** A job, and what it does when it went well and when it did not: all of it can be run here. */
export interface Job {
  readonly name: string;
  readonly steps: readonly Step[];
}

const env = z.record(z.string(), z.string()).default({});
const github = z.object({
  env,
  jobs: z.record(
    z.string(),
    z.object({
      env,
      steps: z.array(
        z.object({ name: z.string().optional(), uses: z.string().optional(), run: z.string().optional(), env }),
      ),
    }),
  ),
});

const lines = z.array(z.string()).default([]);
const gitlab = z.looseObject({
  variables: env,
  stages: z.array(z.string()),
  default: z.object({ before_script: lines }),
});
const gitlabJob = z.object({ stage: z.string(), variables: env, script: lines, after_script: lines });

/** It fetches the program; here it is there. */
const INSTALL = 'npm install --global "$PACKAGE"';

/** The jobs of examples/ci/github-actions.yml, in order. */
export function githubJobs(): readonly Job[] {
  const { env: all, jobs } = github.parse(read('github-actions.yml'));
  return Object.entries(jobs).map(([name, job]) => ({
    name,
    steps: job.steps.flatMap((step): readonly Step[] =>
      step.run === undefined || step.run === INSTALL
        ? []
        : [{ name: step.name ?? step.run, run: step.run, env: { ...all, ...job.env, ...step.env } }],
    ),
  }));
}

/** The jobs of examples/ci/gitlab-ci.yml, in order. */
export function gitlabJobs(): readonly Job[] {
  const { variables, stages, default: common, ...rest } = gitlab.parse(read('gitlab-ci.yml'));
  if (common.before_script.join() !== INSTALL) throw new Error('before_script installs and does nothing else');
  return Object.entries(rest).map(([name, value]) => {
    const job = gitlabJob.parse(value);
    if (!stages.includes(job.stage)) throw new Error(`${name} is of no stage`);
    const own = { ...variables, ...job.variables };
    return { name, steps: [...job.script, ...job.after_script].map((run) => ({ name: run, run, env: own })) };
  });
}

function read(file: string): unknown {
  return parse(readFileSync(resolve(import.meta.dirname, '../../examples/ci', file), 'utf8'));
}

export interface Ran {
  readonly step: string;
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** Where a job runs: a checkout of the repository, and a machine of its own. */
export interface Runner {
  readonly checkout: string;
  readonly machine: string;
  /** The machine's own. */
  readonly env: Env;
  /** What stands for the file's values: by variable. */
  readonly values: Env;
}

/** Runs the steps of a job until one fails, and returns them all with what they said. */
export async function runJob({ steps }: Job, { checkout, machine, env: own, values }: Runner): Promise<readonly Ran[]> {
  const bin = join(machine, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(LAUNCHER, join(bin, 'ilab-backend'));
  const told = {
    GITHUB_ENV: join(machine, 'env'),
    GITHUB_STEP_SUMMARY: join(machine, 'summary.md'),
    RUNNER_TEMP: machine,
  };
  writeFileSync(told.GITHUB_ENV, '');
  const ran: Ran[] = [];
  for (const { name, run, env: wanted } of steps) {
    const given = { ...wanted, ...values };
    const open = Object.entries(given).find(([, value]) => /\$\{\{|\$[A-Z]/.test(value));
    if (open !== undefined) throw new Error(`nothing stands for ${open[0]}: ${open[1]}`);
    const set = Object.fromEntries(
      readFileSync(told.GITHUB_ENV, 'utf8')
        .split('\n')
        .flatMap((line) =>
          line.includes('=') ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]] : [],
        ),
    );
    const { exitCode, all } = await execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: checkout,
      env: { ...own, ...told, ...set, ...given, PATH: `${bin}:${own['PATH'] ?? ''}` },
      ...{ extendEnv: false, reject: false, all: true, stdin: 'ignore' },
    });
    ran.push({ step: name, exitCode, output: all });
    if (exitCode !== 0) break;
  }
  return ran;
}
