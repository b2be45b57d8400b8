import type { TestContext } from 'vitest';
import type { HubPatience } from '../../src/adapters/huggingface/connection.ts';
import { createHuggingFacePublisher } from '../../src/adapters/huggingface/model-publisher.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { HubCommitRequest } from '../../src/ports/model-hub.ts';
import { ADA, hubOf } from './hub-of.ts';

export const REPO = 'ada/model';
const signal = new AbortController().signal;

/** Time that passes when it is waited for, and at no other. */
function quickClock(): Clock {
  let at = 0;
  return {
    now: () => new Date(at),
    sleep: async (seconds, stop) => {
      stop.throwIfAborted();
      at += seconds * 1000;
    },
  };
}

/** A hub with one repository, and a publisher that waits `seconds`. */
export async function openPublisher(
  context: Pick<TestContext, 'onTestFinished'>,
  options: Parameters<typeof hubOf>[1] & Partial<HubPatience> = {},
) {
  const { hub, folder } = await hubOf(context, options);
  const { seconds = 20, answerSeconds = 20, clock = quickClock() } = options;
  const said: string[] = [];
  const patience = { clock, seconds, answerSeconds, onWait: (sentence: string) => said.push(sentence) };
  const as = (token: string) => createHuggingFacePublisher({ endpoint: hub.endpoint, token }, patience);
  const publisher = as(ADA);
  await publisher.createRepository(REPO, { isPrivate: true }, signal);
  const head = (await publisher.findRepository(REPO, signal))?.head ?? '';
  const request: HubCommitRequest = {
    repo: REPO,
    branch: 'main',
    parent: head,
    title: 'Publish',
    message: '',
    uploads: [{ path: 'README.md', kind: 'text', text: 'card' }],
    deletions: [],
  };
  const commits = async () => (await Array.fromAsync(publisher.commits(REPO, 'main', signal))).length;
  hub.asked.length = 0;
  return { hub, folder, publisher, as, said, head, request, commits };
}
