import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Person } from './program.ts';

/** What differs from test to test in the pipeline `act`. */
export interface ActOptions {
  /** Ends the stage after so long; default ten minutes. */
  readonly run?: string;
  /** From SIGTERM to SIGKILL; default 2s. */
  readonly grace?: string;
  readonly retry?: { readonly infra: number; readonly user: number };
  /** A gate of the second stage. */
  readonly gate?: string;
  /** Of the second stage. */
  readonly approval?: string;
  /** The folder of both stages' image. */
  readonly engine?: string;
  /** Of the first stage's engine: what to change against a fault. */
  readonly watch?: string;
  /** Instead of the shell that does what the parameter says. */
  readonly command?: string;
  /** The template of the stage `act`, where it is no Job. */
  readonly template?: string;
}

/** What a stage does unless a test says otherwise: its parameter. */
const DO_WHAT_IS_SAID = 'sh, -c, \'eval "$PARAM_SCRIPT"\'';

/** Shell text that ends a stage well. */
export const FINISH =
  'printf \'{"version":1,"metrics":{"score":1},"artifacts":[]}\' >"$ILAB_CONTENT/artifacts/result.json"';

/**
 * Writes a pipeline of the project: the stage `act` does what the parameter `act` says in shell, `after` builds on it
 * and does what the parameter `after` says.
 */
export function writeActPipeline(person: Person, options: ActOptions = {}): void {
  const {
    run = '10m',
    grace = '2s',
    retry = { infra: 0, user: 0 },
    gate,
    approval,
    engine = 'stages/greet/shell',
    command = DO_WHAT_IS_SAID,
    template,
    watch,
  } = options;
  const folder = join(person.project, 'pipelines/act');
  mkdirSync(folder, { recursive: true });
  const text = '{ type: string, default: "true" }';
  writeFileSync(
    join(folder, 'pipeline.yaml'),
    `apiVersion: ilab-backend.dev/v1alpha1
kind: Pipeline
metadata: { name: act, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  properties: { act: ${text}, after: ${text} }
stages:
  act:
    engines: { shell: { image: ${engine}${watch === undefined ? '' : `, watch: ${watch}`} } }
    variants: ${template === undefined ? '{ job: job.yaml }' : '{ group: group.yaml }'}
    params: { script: "\${params.act}" }
    timeouts: { run: ${run}, grace: ${grace} }
    retry: { infra: ${retry.infra}, user: ${retry.user} }
  after:
    needs: [act]${gate === undefined ? '' : `\n    gate: { wanted: ${JSON.stringify(gate)} }`}${approval === undefined ? '' : `\n    approval: ${JSON.stringify(approval)}`}
    engines: { shell: { image: ${engine} } }
    variants: { job: job.yaml }
    params: { script: "\${params.after}" }
    timeouts: { run: ${run}, grace: ${grace} }
`,
  );
  if (template !== undefined) writeFileSync(join(folder, 'group.yaml'), template);
  writeFileSync(join(folder, 'job.yaml'), jobTemplate(command));
}

/** The flags that say what the two stages do; without a script a stage ends well at once. */
export function acting(act: string = FINISH, after: string = FINISH): readonly string[] {
  return ['--set', `act=${act}`, '--set', `after=${after}`];
}

/** The Job of a stage that runs `command`, the items of a YAML list; `beside`: lines of its pod before `containers`. */
export function jobTemplate(command = DO_WHAT_IS_SAID, beside = ''): string {
  return `# values: params, stage, image, pod, run, attempt, inputs, outputs
$include: params.yaml
---
apiVersion: batch/v1
kind: Job
metadata: { $include: metadata.yaml }
spec:
  $include: job-spec.yaml
  template:
    metadata: { $include: pod-metadata.yaml }
    spec:
      $include: pod.yaml
${beside}      containers:
        - $include: main.yaml
          image: \${image}
          command: [${command}]
`;
}
