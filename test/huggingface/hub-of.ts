import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { startHub, type TestHub } from './hub-server.ts';
import type { Limits, TokenOwner } from './hub-state.ts';

/** The token of ada, who may write to her own repositories. */
export const ADA = 'hf_adaWritesHereAndNowhereElse';

// They go with the process: whoever was ended in the middle of sending a file may open it once more after its test.
const folders = mkdtempSync(join(tmpdir(), 'hubs-'));
process.once('exit', () => rmSync(folders, { recursive: true, force: true }));

/** A hub that is gone when the test ends, and a folder for the test's own files. */
export async function hubOf(
  context: Pick<TestContext, 'onTestFinished'>,
  {
    limits = {},
    tokens = {},
  }: { readonly limits?: Partial<Limits>; readonly tokens?: Record<string, TokenOwner> } = {},
): Promise<{ readonly hub: TestHub; readonly folder: string }> {
  const folder = mkdtempSync(join(folders, 'hub-'));
  const hub = await startHub({
    folder: join(folder, 'hub'),
    tokens: { [ADA]: { user: 'ada', role: 'write', orgs: { team: 'write' } }, ...tokens },
    limits,
  });
  context.onTestFinished(() => hub.close());
  return { hub, folder };
}
