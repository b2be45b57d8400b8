import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { startHub, type TestHub } from './hub-server.ts';
import type { Limits, TokenOwner } from './hub-state.ts';

/** The token of ada, who may write to her own repositories. */
export const ADA = 'hf_adaWritesHereAndNowhereElse';

/** A hub and a folder for the test's own files; both are gone when it ends. */
export async function hubOf(
  context: Pick<TestContext, 'onTestFinished'>,
  {
    limits = {},
    tokens = {},
  }: { readonly limits?: Partial<Limits>; readonly tokens?: Record<string, TokenOwner> } = {},
): Promise<{ readonly hub: TestHub; readonly folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'hub-'));
  const hub = await startHub({
    folder: join(folder, 'hub'),
    tokens: { [ADA]: { user: 'ada', role: 'write', orgs: { team: 'write' } }, ...tokens },
    limits,
  });
  context.onTestFinished(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });
  return { hub, folder };
}
