import type { Workplace } from './workplace.ts';

/** A stage of a generated pipeline. */
export interface BenchStage {
  readonly name: string;
  readonly needs?: string;
  /** The command of its container. */
  readonly command: readonly string[];
  /** Absent = one that only runs on this machine. */
  readonly image?: string;
}

/**
 * Writes a pipeline of the project. Stages with the same command share one template, all take one parameter, and none
 * is ever reused: each run measures the same.
 */
export function writePipeline(place: Workplace, name: string, stages: readonly BenchStage[]): void {
  const templates = new Map<string, string>();
  for (const { command } of stages) {
    const text = JSON.stringify(command);
    if (!templates.has(text)) templates.set(text, `job-${templates.size + 1}.yaml`);
  }
  for (const [command, file] of templates) place.write(`pipelines/${name}/${file}`, jobTemplate(command));
  const sections = stages.map(
    (stage) => `  ${stage.name}:
    needs: [${stage.needs ?? ''}]
    contract: plain
    reuse: never
    engines: { shell: { image: '${stage.image ?? 'stages/greet/shell'}' } }
    variants: { job: ${templates.get(JSON.stringify(stage.command))} }
    params: { times: "\${params.times}" }
`,
  );
  place.write(
    `pipelines/${name}/pipeline.yaml`,
    `apiVersion: ilab-backend.dev/v1alpha1
kind: Pipeline
metadata: { name: ${name}, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  properties: { times: { type: integer, default: 2 } }
stages:
${sections.join('')}`,
  );
}

/** So many stages, each after the one before: a pipeline is a chain, and a chain is the hardest graph. */
export function chain(count: number, command: readonly string[]): readonly BenchStage[] {
  const nameOf = (index: number): string => `s${String(index).padStart(4, '0')}`;
  return Array.from({ length: count }, (_, index) => ({
    name: nameOf(index),
    command,
    ...(index === 0 ? {} : { needs: nameOf(index - 1) }),
  }));
}

function jobTemplate(command: string): string {
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
      containers:
        - $include: main.yaml
          image: \${image}
          command: ${command}
`;
}
