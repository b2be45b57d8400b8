import type { Outcome } from '../../../domain/attempt/outcome.ts';
import { type ErrorCode, UserError, unreachable } from '../../../domain/errors.ts';
import type { ClusterPlace, KubeFault, KubeObject } from '../api/kube-api.ts';
import { howToGive, missingRight } from '../api/missing-right.ts';
import { isTerminating } from '../api/terminating.ts';
import { type RefusalAbout, readRefusal } from './admission.ts';
import { failedAs } from './pod-failure.ts';
import { clean } from './words.ts';

/** What was sent when a server refused it. */
export interface SubmitAbout {
  readonly place: ClusterPlace;
  readonly stage: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** As the API's paths name it: `jobs`. */
  readonly plural: string;
  readonly verb?: string;
  /** The namespace's quotas, where they were read. */
  readonly quotas?: readonly KubeObject[];
}

/**
 * What a fault at a POST or its dry run means: an error that ends the command, for what a person must mend; or an
 * outcome of class `infra`, which the stage's budget tries again. Never throws.
 */
export function classifySubmitFault(fault: KubeFault, about: SubmitAbout): UserError | Outcome {
  const words = clean(fault.message);
  const what = `stage ${clean(about.stage, 63)}: ${clean(about.kind, 63)} ${clean(about.name, 253)}`;
  const { place } = about;
  const namespace = clean(place.namespace, 253);
  switch (fault.kind) {
    case 'unreachable':
    case 'ambiguous':
    case 'expired':
      return error('unreachable', fault, `${what}: ${clean(place.server, 200)} does not answer: ${words}`);
    case 'unauthorized':
      return error(
        'unreachable',
        fault,
        `${clean(place.server, 200)} does not accept the credentials of context ${clean(place.context, 253)}: ${words}`,
        'log in again, or choose another context: `--context`',
      );
    case 'forbidden':
      return forbidden(fault, about, namespace);
    case 'quota':
    case 'denied':
      return refused(fault, what, about, words);
    case 'not-found':
      return missing(fault, about, namespace);
    case 'exists':
    case 'conflict':
      return error('name-taken', fault, `${what}: another object has the name in namespace ${namespace}`);
    case 'invalid':
      return invalid(fault, what, about, words);
    case 'too-large':
      return error(
        'bad-template',
        fault,
        `${what} is larger than the cluster takes: ${words}`,
        'parameters and files in the manifest count: give large data as an input instead',
      );
    case 'server':
      return server(fault, what, about, words);
    default:
      return unreachable(fault.kind);
  }
}

function error(code: ErrorCode, cause: KubeFault, message: string, hint?: string): UserError {
  return new UserError(code, message, hint === undefined ? { cause } : { cause, hint });
}

function forbidden(fault: KubeFault, about: SubmitAbout, namespace: string): UserError | Outcome {
  const words = clean(fault.message);
  if (isTerminating(fault)) return terminating(fault, about);
  // A webhook or a policy may answer 403 too.
  const refusal = readRefusal(fault.message, refusalAbout(about));
  if (refusal !== undefined) return refused(fault, `stage ${about.stage}: ${about.kind} ${about.name}`, about, words);
  const right = missingRight(words);
  const { verb = about.verb ?? 'create', resource = about.plural } = right ?? {};
  const who = right?.user ?? `the user of context ${clean(about.place.context, 253)}`;
  const message = `${who} may not ${verb} ${resource} in namespace ${namespace}`;
  return error('cannot-start', fault, message, howToGive(namespace, right));
}

function refusalAbout({ place, quotas }: SubmitAbout): RefusalAbout {
  return { namespace: clean(place.namespace, 253), quotas };
}

/** What only others can give back is tried again; the rest ends the command. */
function refused(fault: KubeFault, what: string, about: SubmitAbout, words: string): UserError | Outcome {
  if (isTerminating(fault)) return terminating(fault, about);
  const refusal = readRefusal(fault.message, refusalAbout(about));
  if (refusal === undefined) {
    return error(
      'cannot-start',
      fault,
      `${what}: the cluster refuses it: "${words}"`,
      'change what it names in the template, an overlay or `pod:`',
    );
  }
  if (refusal.code === 'quota-used-up' || refusal.code === 'webhook-down') {
    return failedAs(refusal.code, `${what}: ${refusal.reason}; ${refusal.fix}`);
  }
  return error('cannot-start', fault, `${what}: ${refusal.reason}`, refusal.fix);
}

const INSTALL: Readonly<Record<string, string>> = {
  'trainer.kubeflow.org': 'have Kubeflow Trainer installed, or choose another variant in the profile',
  'kubeflow.org': 'have the Kubeflow Training Operator installed, or choose another variant in the profile',
  'kueue.x-k8s.io': 'have Kueue installed, or take `pod.queue` out of the profile',
  'jobset.x-k8s.io': 'have JobSet installed, or choose another variant in the profile',
};

function missing(fault: KubeFault, about: SubmitAbout, namespace: string): UserError {
  const words = clean(fault.message);
  if (/namespaces? "[^"]+" not found/.test(words)) {
    return error(
      'cannot-start',
      fault,
      `there is no namespace ${namespace} on ${clean(about.place.server, 200)}`,
      `make it: \`kubectl create namespace ${namespace}\`, or choose another: \`-n\``,
    );
  }
  return unknownKind(about, fault);
}

/** What is told of a kind of object that the cluster does not serve. */
export function unknownKind(
  { stage, apiVersion, kind }: Pick<SubmitAbout, 'stage' | 'apiVersion' | 'kind'>,
  cause?: KubeFault,
): UserError {
  const [group = ''] = apiVersion.split('/');
  return new UserError(
    'cannot-start',
    `stage ${clean(stage, 63)}: the cluster does not know ${clean(apiVersion, 100)} ${clean(kind, 63)}`,
    { hint: INSTALL[group] ?? 'have what serves it installed, or choose another variant in the profile', cause },
  );
}

/** `fieldValidation=Strict` and the schema: our own field paths, one cause a line. */
function invalid(fault: KubeFault, what: string, about: SubmitAbout, words: string): UserError | Outcome {
  if (readRefusal(fault.message, refusalAbout(about)) !== undefined) return refused(fault, what, about, words);
  if (isTerminating(fault)) return terminating(fault, about);
  const [, unknown] = /unknown field "([^"]+)"/.exec(words) ?? [];
  const causes = fault.causes.slice(0, 3).map((cause) => clean(cause, 200));
  const faults = unknown === undefined ? causes.join('; ') : `unknown field ${clean(unknown, 200)}`;
  return error(
    'bad-template',
    fault,
    `${what} is not valid: ${faults === '' ? `"${words}"` : faults}`,
    'correct the template or the overlay that sets it; see it whole: `ilab-backend render`',
  );
}

function terminating(fault: KubeFault, about: SubmitAbout): UserError {
  const namespace = clean(about.place.namespace, 253);
  return error(
    'cannot-start',
    fault,
    `namespace ${namespace} is being deleted: it takes nothing new`,
    'wait until it is gone and make it again, or choose another: `-n`',
  );
}

function server(fault: KubeFault, what: string, about: SubmitAbout, words: string): UserError | Outcome {
  const refusal = readRefusal(fault.message, refusalAbout(about));
  if (refusal !== undefined) return refused(fault, what, about, words);
  return error('unreachable', fault, `${what}: the cluster answers, but cannot take it: "${words}"`);
}
