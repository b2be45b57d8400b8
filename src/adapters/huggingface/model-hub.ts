import { HubApiError, modelInfo } from '@huggingface/hub';
import { UserError } from '../../domain/errors.ts';
import type { ModelHub } from '../../ports/model-hub.ts';

export interface HuggingFaceOptions {
  /** `HF_ENDPOINT`: a mirror; absent = the public hub. */
  readonly endpoint?: string;
  /** `HF_TOKEN`; absent = only what is public. */
  readonly token?: string;
}

const ANSWER_MS = 15_000;

/** Hugging Face, or a mirror of it. */
export function createHuggingFaceHub({ endpoint, token }: HuggingFaceOptions): ModelHub {
  return {
    async resolveRevision(repo, revision, signal) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      try {
        const info = await modelInfo({
          name: repo,
          revision,
          additionalFields: ['sha'],
          fetch: (input, init) => fetch(input, { ...init, signal: deadline }),
          ...(endpoint === undefined ? {} : { hubUrl: endpoint.replace(/\/+$/, '') }),
          ...(token === undefined ? {} : { accessToken: token }),
        });
        return info.sha;
      } catch (error) {
        signal.throwIfAborted();
        throw translate(error, repo, revision, endpoint ?? 'huggingface.co');
      }
    },
  };
}

function translate(error: unknown, repo: string, revision: string, host: string): UserError {
  if (!(error instanceof HubApiError)) {
    return new UserError('unreachable', `${host} does not answer: the revision of ${repo} cannot be told`, {
      cause: error,
      hint: 'try again, name a mirror with HF_ENDPOINT, or give the model as a folder',
    });
  }
  switch (error.statusCode) {
    case 401:
    case 403:
      return new UserError('bad-input', `${host} gives no access to ${repo}`, {
        cause: error,
        hint: 'check the name; for a private or gated model set HF_TOKEN to a token that may read it',
      });
    case 404:
      return new UserError('bad-input', `${host} has no model ${repo} with the revision ${revision}`, { cause: error });
    default:
      return new UserError('unreachable', `${host} answered ${error.statusCode} when asked for ${repo}`, {
        cause: error,
      });
  }
}
