/** The template of a stage on three machines, as a TrainJob with a runtime of its own; each may want GPUs. */
export function trainJob({ gpus = 0 } = {}): string {
  return `# values: params, stage, image, pod, run, attempt, inputs, outputs
$include: params.yaml
---
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainingRuntime
metadata: { $include: metadata.yaml }
spec:
  mlPolicy:
    numNodes: 3
    torch: {}
  template:
    spec:
      replicatedJobs:
        - name: node
          template:
            metadata:
              labels: { trainer.kubeflow.org/trainjob-ancestor-step: trainer }
            spec:
              backoffLimit: 0
              template:
                metadata: { $include: pod-metadata.yaml }
                spec:
                  $include: pod.yaml
                  containers:
                    - $include: main.yaml
                      name: node
                      image: \${image}
                      command: [sh, -c, 'eval "$PARAM_SCRIPT"']
                      resources: { limits: { nvidia.com/gpu: "${gpus}" } }
---
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
metadata: { $include: metadata.yaml }
spec:
  suspend: { $include: suspended.yaml }
  runtimeRef: { apiGroup: trainer.kubeflow.org, kind: TrainingRuntime, name: "\${run.name}-\${stage.name}-\${attempt}" }
  trainer:
    image: \${image}
    command: [sh, -c, 'eval "$PARAM_SCRIPT"']
`;
}
