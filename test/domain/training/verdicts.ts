import type { Progress, Warning } from '../../../src/domain/attempt/progress.ts';

/** What a log of the corpus says: what stands in its last progress, and every warning without its evidence. */
export interface Verdict {
  readonly progress?: Progress;
  readonly warnings?: readonly Pick<Warning, 'kind' | 'message'>[];
}

/** By the file's name without `.log`; the lines of a file are two seconds apart. */
export const VERDICTS: Readonly<Record<string, Verdict>> = {
  'progress-lines': {
    progress: { message: 'phase 2 (skills) epoch 2 step 8/8: loss 2.688, 12.7 rows/s', fraction: 1 },
  },
  'instructlab-training': {
    progress: { step: 8, epoch: 2, metrics: { loss: 2.688, learning_rate: 0, samples_per_second: 12.684 } },
  },
  'metrics-file': {
    progress: { step: 3, epoch: 0.15, metrics: { val_loss: 1.2, learning_rate: 6e-7, samples_per_second: 42.1 } },
    warnings: [{ kind: 'nan', message: 'the loss is no number at step 3' }],
  },
  trainer: { progress: { epoch: 2, metrics: { loss: 4.137, val_loss: 4.121, train_loss: 4.142, grad_norm: 0.8814 } } },
  'trainer-bars': { progress: { step: 20, steps: 20, fraction: 1 } },
  'trainer-nan': {
    progress: { epoch: 2 },
    warnings: [{ kind: 'nan', message: 'the loss is no number at epoch 0.6' }],
  },
  'trainer-nan-filtered': {
    progress: { epoch: 2 },
    warnings: [{ kind: 'nan', message: 'the gradient is no number in 3 reports in a row at epoch 1' }],
  },
  'mlx-lm': { progress: { step: 12, steps: 12, fraction: 1, metrics: { loss: 5.536, tokens_per_second: 2729 } } },
  'mlx-lm-nan': {
    progress: { step: 8, steps: 8 },
    warnings: [{ kind: 'nan', message: 'the loss is no number at step 2 of 8' }],
  },
  'mlx-lm-sentences': {
    progress: {
      step: 40,
      steps: 100,
      fraction: 0.4,
      etaSeconds: 12,
      metrics: { loss: 4.87, val_loss: 5.843, learning_rate: 1e-5, tokens_per_second: 281.002 },
    },
  },
  'trainer-metrics': {
    progress: { epoch: 0.2, metrics: { loss: 'NaN', rouge1: 0.6, 'memory/max_mem_active(gib)': 12.2 } },
    warnings: [{ kind: 'nan', message: 'the loss is no number at epoch 0.2' }],
  },
  'instructlab-validation': { progress: { step: 1, metrics: { loss: 2.31, val_loss: 2.280113 } } },
  'torchrun-tee': {
    progress: { step: 2, steps: 20, epoch: 0.2, metrics: { loss: 2.25, learning_rate: 9e-6 } },
    warnings: [
      {
        kind: 'out-of-memory',
        message: "GPU 1's memory ran out: 2.00 GiB more were asked for, 1.10 GiB of 79.11 GiB were free",
      },
    ],
  },
  'torchrun-hang': {
    warnings: [{ kind: 'collective-timeout', message: 'a rank waited 4 s for another (recv)' }],
  },
  'torchrun-failed': {},
  'nccl-watchdog': {
    progress: { step: 32, steps: 500 },
    warnings: [{ kind: 'collective-timeout', message: 'rank 2 waited 600 s for the others in ALLREDUCE' }],
  },
  'nccl-watchdog-old': {
    warnings: [{ kind: 'collective-timeout', message: 'rank 1 waited 1800 s for the others in _ALLGATHER_BASE' }],
  },
  'nccl-stuck': {
    warnings: [{ kind: 'collective-timeout', message: 'rank 2 waited 480 s and reached no end, nor its watchdog' }],
  },
  'nccl-no-id': {
    warnings: [{ kind: 'collective-timeout', message: 'a rank waited 600 s for what another did not tell it' }],
  },
  'ranks-did-not-meet': {
    warnings: [{ kind: 'collective-timeout', message: 'the ranks did not meet within 901 s: 3/4 came' }],
  },
  'cuda-oom': {
    warnings: [
      {
        kind: 'out-of-memory',
        message: "GPU 3's memory ran out: 2.00 GiB more were asked for, 1.10 GiB of 79.11 GiB were free",
      },
    ],
  },
  'cuda-oom-old': {
    warnings: [
      {
        kind: 'out-of-memory',
        message: "GPU 0's memory ran out: 512.00 MiB more were asked for, 39.59 GiB are there",
      },
    ],
  },
  'cuda-oom-driver': { warnings: [{ kind: 'out-of-memory', message: "a GPU's memory ran out" }] },
  'vllm-oom': {
    warnings: [
      {
        kind: 'out-of-memory',
        message: "GPU 0's memory ran out: 896.00 MiB more were asked for, 512.00 MiB of 23.64 GiB were free",
      },
    ],
  },
  xid: { warnings: [{ kind: 'gpu-fault', message: 'a GPU reports Xid 79: it has fallen off the bus' }] },
  'xid-journal': {
    warnings: [
      { kind: 'gpu-fault', message: 'a GPU reports Xid 64: a row of its memory could not be taken out of use' },
    ],
  },
  'xid-of-a-program': {},
  'xid-nvlink': { warnings: [{ kind: 'gpu-fault', message: 'a GPU reports Xid 149: an error of NVLink' }] },
  'xid-recovery': {
    warnings: [{ kind: 'gpu-fault', message: 'a GPU reports Xid 154: its driver asks for "Node Reboot Required"' }],
  },
  ecc: {
    warnings: [{ kind: 'gpu-fault', message: 'a GPU reports an error in its memory that cannot be corrected (ECC)' }],
  },
  vllm: { progress: { metrics: { tokens_per_second: 1226.3, requests_running: 18, requests_waiting: 42 } } },
  sdg: { progress: { message: 'block eval_questions', step: 30, steps: 30, metrics: { samples: 28 } } },
  'torchtune-bars': { progress: { step: 12, epoch: 2, metrics: { loss: 4.779999999999997 } } },
  'torchtune-metrics': {
    progress: { step: 5, metrics: { loss: 'NaN', learning_rate: 2.5e-5, tokens_per_second_per_gpu: 811 } },
    warnings: [{ kind: 'nan', message: 'the loss is no number at step 5' }],
  },
  deepspeed: { progress: { step: 30, metrics: { learning_rate: 3e-6, samples_per_second: 12.5 } } },
  'deepspeed-pipeline': { progress: { step: 20, metrics: { loss: 6.9876, samples_per_second: 63.012 } } },
  megatron: {
    progress: {
      step: 30,
      steps: 500,
      metrics: { loss: 9, learning_rate: 3e-6, grad_norm: 1.7, val_loss: 8.912345 },
    },
  },
  torchtitan: {
    progress: { step: 30, metrics: { loss: 5.1, grad_norm: 1.4, tokens_per_second_per_gpu: 7812, val_loss: 5.4321 } },
  },
  lightning: { progress: { step: 10, steps: 20, metrics: { loss: 2.41 } } },
  unsloth: { progress: { step: 3, steps: 1125, epoch: 0.01, metrics: { loss: 2.31 } } },
  axolotl: {
    progress: { step: 4, steps: 375, epoch: 0.01, metrics: { loss: 1.41, 'memory/max_active (GiB)': 12.2 } },
  },
  data: {},
};
