import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { modelPublisherContract } from '../contract/model-publisher-contract.ts';
import { MemoryModelPublisher } from './memory-model-publisher.ts';

describe('a model hub in memory', () => {
  modelPublisherContract(async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'memory-hub-'));
    context.onTestFinished(() => rmSync(folder, { recursive: true }));
    const publisher = new MemoryModelPublisher();
    return { publisher, user: publisher.user, folder };
  });
});
