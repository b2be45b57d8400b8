import { describe } from 'vitest';
import { objectStoreContract } from '../../contract/object-store-contract.ts';
import { MemoryObjectStore } from '../../fakes/memory-object-store.ts';

describe('a bucket in memory', () => {
  const store = new MemoryObjectStore();
  objectStoreContract(async () => store);
});
