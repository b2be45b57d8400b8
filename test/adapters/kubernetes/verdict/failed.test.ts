import { describe, expect, test } from 'vitest';
import { endedPod, ends, failedJob, job, judge, pod, waits } from './objects.ts';
import { failed, type Row } from './rows.ts';

const disrupted = (reason: string, message = '') => ({
  type: 'DisruptionTarget',
  status: 'True',
  reason,
  message,
});
const init = (name: string, exitCode: number, restartPolicy?: string) => ({
  spec: { name, image: 'x', ...(restartPolicy === undefined ? {} : { restartPolicy }) },
  status: { name, restartCount: 0, state: ends(exitCode) },
});

describe('an attempt that failed', () => {
  test.each<Row>([
    {
      what: 'exit 1, with the last line of its log',
      view: { job: failedJob(), pods: [endedPod(1, { message: 'Traceback:\n  x\nValueError: bad\n' })] },
      code: 'exit',
      outcome: failed('user', 'exit', 'it ended with exit code 1: ValueError: bad', { exitCode: 1 }),
    },
    {
      what: 'exit 1 of a driver of ours, whose log ends with `error: `',
      view: { job: failedJob(), pods: [endedPod(1, { message: 'detail\nerror: no rows\nbye\n' })] },
      code: 'exit',
      outcome: failed('user', 'exit', 'it ended with exit code 1: no rows'),
    },
    {
      what: 'exit 64, with the first line of its termination log',
      view: {
        job: failedJob(
          'PodFailurePolicy',
          'Container main for pod ilab/x failed with exit code 64 matching FailJob rule at index 0',
        ),
        pods: [endedPod(64, { message: 'row 3 is empty\nrow 4 too\n' })],
      },
      code: 'bad-input',
      outcome: failed('user', 'bad-input', 'it found its input or parameters at fault (exit code 64): row 3 is empty', {
        exitCode: 64,
      }),
    },
    {
      what: 'exit 64, and the pod is gone',
      view: {
        job: failedJob(
          'PodFailurePolicy',
          'Container main for pod ilab/x failed with exit code 64 matching FailJob rule at index 0',
        ),
      },
      code: 'bad-input',
      outcome: failed('user', 'bad-input', /exit code 64; its pod is gone/, { exitCode: 64 }),
    },
    {
      what: 'exit 75',
      view: { job: failedJob(), pods: [endedPod(75)] },
      code: 'try-again',
      outcome: failed('infra', 'try-again', /exit code 75/),
    },
    {
      what: 'exit 127 of its shell',
      view: { job: failedJob(), pods: [endedPod(127, {}, { container: { command: ['train'] } })] },
      code: 'command-missing',
      outcome: failed(
        'config',
        'cannot-start',
        /^it cannot start: a command is not found \(exit code 127 of train\); /,
      ),
    },
    {
      what: 'a command that is not in the image (StartError, 128)',
      view: {
        job: failedJob(),
        pods: [
          endedPod(128, {
            reason: 'StartError',
            startedAt: '1970-01-01T00:00:00Z',
            message:
              'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown',
          }),
        ],
      },
      code: 'command-missing',
      outcome: failed(
        'config',
        'cannot-start',
        /container main cannot start: nosuch is not found in the image; correct `command`/,
      ),
    },
    {
      what: 'a command that may not be executed (StartError)',
      view: {
        job: failedJob(),
        pods: [endedPod(128, { reason: 'StartError', message: 'exec: "/etc": permission denied: unknown' })],
      },
      code: 'command-missing',
      outcome: failed('config', 'cannot-start', /\/etc may not be executed/),
    },
    {
      what: '137 without OOMKilled',
      view: { job: failedJob(), pods: [endedPod(137)] },
      code: 'signal',
      outcome: failed('user', 'signal', /by SIGKILL, sent by somebody else or by a kernel/, { signal: 'SIGKILL' }),
    },
    {
      what: '139',
      view: { job: failedJob(), pods: [endedPod(139)] },
      code: 'signal',
      outcome: failed('user', 'signal', /by SIGSEGV, a fault of the program itself$/, { signal: 'SIGSEGV' }),
    },
    {
      what: '143',
      view: { job: failedJob(), pods: [endedPod(143)] },
      code: 'signal',
      outcome: failed('infra', 'signal', 'it was ended by SIGTERM, sent by somebody else'),
    },
    {
      what: 'OOMKilled',
      view: {
        job: failedJob(),
        pods: [endedPod(137, { reason: 'OOMKilled' }, { container: { resources: { limits: { memory: '16Mi' } } } })],
      },
      code: 'out-of-memory',
      outcome: failed(
        'user',
        'over-limit',
        /container main ran out of memory at its limit of 16Mi; raise resources.limits.memory/,
        { signal: 'SIGKILL' },
      ),
    },
    {
      what: 'evicted for its own disk: no DisruptionTarget',
      view: {
        job: failedJob(),
        pods: [
          endedPod(
            137,
            {},
            {
              status: {
                reason: 'Evicted',
                message: 'Pod ephemeral local storage usage exceeds the total limit of containers 8Mi. ',
              },
            },
          ),
        ],
      },
      code: 'out-of-disk',
      outcome: failed(
        'config',
        'over-limit',
        /used more disk than it was given: "Pod ephemeral local storage usage exceeds the total limit of containers 8Mi\."; raise/,
      ),
    },
    ...[
      ['TerminationByKubelet', /its node was short of something/],
      ['EvictionByEvictionAPI', /it was evicted, as a drain/],
      ['PreemptionByScheduler', /work of higher priority/],
      ['DeletionByTaintManager', /its node was tainted/],
      ['DeletionByPodGC', /its node is gone/],
    ].map(([reason, message]) => ({
      what: `taken away: ${String(reason)}`,
      view: {
        job: failedJob(),
        pods: [endedPod(137, {}, { conditions: [disrupted(String(reason)) as never], status: { reason: 'Evicted' } })],
      },
      code: 'disrupted',
      outcome: failed('infra', 'disrupted', message as RegExp),
    })),
    {
      what: 'exit 64 while it was being evicted: the stage has spoken',
      view: {
        job: failedJob(),
        pods: [endedPod(64, {}, { conditions: [disrupted('EvictionByEvictionAPI') as never] })],
      },
      code: 'bad-input',
      outcome: failed('user', 'bad-input', /exit code 64/),
    },
    {
      what: 'its node was away',
      view: {
        job: failedJob(),
        pods: [
          endedPod(137, {
            reason: 'ContainerStatusUnknown',
            message: 'The container could not be located when the pod was terminated',
          }),
        ],
      },
      code: 'disrupted',
      outcome: failed('infra', 'disrupted', 'node n1 was away and no longer knows how container main ended'),
    },
    {
      what: 'its pod was deleted by hand before its container was made',
      view: {
        job: failedJob(),
        pods: [
          endedPod(137, { reason: 'ContainerStatusUnknown' }, { meta: { deletionTimestamp: '2026-11-30T06:28:32Z' } }),
        ],
      },
      code: 'disrupted',
      outcome: failed('infra', 'disrupted', /was deleted by somebody$/),
    },
    {
      what: 'its pod was deleted by hand, seen as it ended',
      view: { job: failedJob(), pods: [endedPod(143, {}, { meta: { deletionTimestamp: '2026-11-30T06:28:32Z' } })] },
      code: 'disrupted',
      outcome: failed('infra', 'disrupted', /was deleted by somebody$/),
    },
    {
      what: 'its pod was deleted by hand, and nothing of it was seen',
      view: { job: failedJob() },
      code: 'disrupted',
      outcome: failed('infra', 'disrupted', /its pod was deleted by somebody before its end was seen/),
    },
    {
      what: 'its pod was deleted by hand and ended with 0 all the same',
      view: { job: failedJob(), pods: [endedPod(0, {}, { meta: { deletionTimestamp: '2026-11-30T06:28:32Z' } })] },
      code: 'disrupted',
      outcome: failed('infra', 'disrupted', /deleted by somebody/),
    },
    {
      what: 'a node refused it after it was placed',
      view: {
        job: failedJob(),
        pods: [
          pod({
            phase: 'Failed',
            status: { reason: 'UnexpectedAdmissionError', message: 'Allocate failed: device plugin' },
          }),
        ],
      },
      code: 'node-refused',
      outcome: failed(
        'infra',
        'cannot-start',
        /node n1 did not take pod .+: UnexpectedAdmissionError, "Allocate failed: device plugin"/,
      ),
    },
    {
      what: 'activeDeadlineSeconds',
      view: { job: failedJob('DeadlineExceeded', 'Job was active longer than specified deadline') },
      code: 'deadline',
      outcome: failed(
        'user',
        'deadline',
        'it did not end within 300 seconds, the wait for room included (activeDeadlineSeconds); to give it more: `--run-timeout` of `resume`, `timeouts.queue` and `timeouts.run` of the stage',
      ),
    },
    {
      what: 'the deadline of its pod, which the kubelet ends by a signal',
      view: {
        job: failedJob(),
        pods: [
          pod({
            phase: 'Failed',
            state: ends(137),
            spec: { activeDeadlineSeconds: 2 },
            status: {
              reason: 'DeadlineExceeded',
              message: 'Pod was active on the node longer than the specified deadline',
            },
          }),
        ],
      },
      code: 'deadline',
      outcome: failed(
        'user',
        'deadline',
        'it did not end within 2 seconds (activeDeadlineSeconds); to give it more: `--run-timeout` of `resume`, `timeouts.run` of the stage',
      ),
    },
    {
      what: 'the deadline of a pod that never ran: its image took all of it',
      view: {
        job: failedJob(),
        pods: [
          pod({
            phase: 'Failed',
            state: ends(137, { reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null }),
            spec: { activeDeadlineSeconds: 60 },
            status: { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than' },
          }),
        ],
      },
      code: 'start-timeout',
      outcome: failed('infra', 'cannot-start', /^it did not start within 60 seconds on its node .+ `timeouts.run`/),
    },
    {
      what: 'what came after a pod that was taken away',
      view: {
        job: failedJob(),
        pods: [
          endedPod(
            143,
            { finishedAt: '2026-11-30T06:20:00Z' },
            {
              uid: 'taken',
              conditions: [disrupted('EvictionByEvictionAPI')],
              meta: { creationTimestamp: '2026-11-30T06:00:00Z' },
            },
          ),
          endedPod(1, {}, { uid: 'later', meta: { creationTimestamp: '2026-11-30T06:21:00Z' } }),
        ],
      },
      code: 'exit',
      outcome: failed('user', 'exit', 'it ended with exit code 1'),
    },
    {
      what: 'an init container, named',
      view: {
        job: failedJob(),
        pods: [pod({ phase: 'Failed', state: waits('PodInitializing'), init: [init('fetch', 3)] })],
      },
      code: 'helper-failed',
      outcome: failed('user', 'helper-failed', 'init container fetch ended with exit code 3', { container: 'fetch' }),
    },
    {
      what: 'main, while its sidecar ended as it was told to',
      view: {
        job: failedJob(),
        pods: [
          pod({
            phase: 'Failed',
            state: ends(1, { finishedAt: '2026-11-30T06:29:00Z' }),
            init: [init('teacher', 137, 'Always')],
          }),
        ],
      },
      code: 'exit',
      outcome: failed('user', 'exit', 'it ended with exit code 1'),
    },
    {
      what: 'a runtime that the TrainJob names is not there',
      view: { job: { ...job([['Failed', 'TrainingRuntimeNotSupported', 'runtime x not found']]), kind: 'TrainJob' } },
      code: 'workload-refused',
      outcome: failed('config', 'cannot-start', /TrainingRuntimeNotSupported: "runtime x not found"/),
    },
  ])('$what', ({ view, code, outcome }) => {
    expect(judge(view)).toMatchObject({ kind: 'ended', code, outcome });
  });
});
