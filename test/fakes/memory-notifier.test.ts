import { notifierContract } from '../contract/notifier-contract.ts';
import { MemoryNotifier } from './memory-notifier.ts';

notifierContract('in memory', async (replies) => {
  const notifier = new MemoryNotifier(replies);
  return { notifier, asked: () => notifier.asked.map(({ id }) => id), unanswered: Promise.resolve() };
});
