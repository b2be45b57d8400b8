import { describeCodeHost } from '../contract/code-host-contract.ts';
import { MemoryCodeHost } from './memory-code-host.ts';

describeCodeHost('in memory', async () => {
  const host = new MemoryCodeHost();
  return { host, state: host.state };
});
