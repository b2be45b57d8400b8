import { modelInfo } from '@huggingface/hub';
import type { Clock } from '../../ports/clock.ts';
import type { ModelHub } from '../../ports/model-hub.ts';
import { asking, connect, type HubOptions, sdkOptions } from './connection.ts';
import { patientFetch } from './requests.ts';

const ANSWER_SECONDS = 15;

/** Hugging Face, or a mirror of it, for who wants to know something at once: nothing is waited for. */
export function createHuggingFaceHub(options: HubOptions, clock: Clock): ModelHub {
  return {
    async resolveRevision(repo, revision, signal) {
      const patience = { clock, seconds: 0, answerSeconds: ANSWER_SECONDS, onWait: () => undefined };
      const connection = connect(options, patience);
      return asking(connection, { repo, revision }, signal, async () => {
        const fetch = patientFetch(connection, { signal });
        const info = await modelInfo({
          ...sdkOptions(connection),
          fetch,
          name: repo,
          revision,
          additionalFields: ['sha'],
        });
        return info.sha;
      });
    },
  };
}
