import { describeRunStore } from '../contract/run-store-contract.ts';
import { MemoryStore } from './memory-store.ts';

describeRunStore('in memory', async () => {
  const store = new MemoryStore();
  return { store, open: () => store, remove: async () => undefined };
});
