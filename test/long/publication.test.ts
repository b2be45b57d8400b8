import { expect, test } from 'vitest';
import { newStage, WHOLE } from '../e2e/publication/both-places.ts';
import { proxyTo } from '../e2e/publication/killing-proxy.ts';
import { openPlaces, traces } from '../e2e/publication/places.ts';

/* Publishing to a hub and a code host, killed at every write; test/e2e/publication has the hub alone. */

test('kill -9 before and after every write of both places, and a second try: one of everything', async () => {
  const lines = await writesOfOneTry();
  expect(lines.length).toBeGreaterThan(9);
  const points = lines.flatMap((_, at) => [false, true].map((isDone) => ({ at, isDone })));
  // They wait most of the time: GitHub wants a second between writes.
  for (let from = 0; from < points.length; from += 6) {
    await Promise.all(points.slice(from, from + 6).map(({ at, isDone }) => killAndTryAgain(at, isDone)));
  }
});

/** The requests that write, in their order. */
async function writesOfOneTry(): Promise<readonly string[]> {
  const lines: string[] = [];
  const { stage } = await behindProxies((line, isDone) => {
    if (!isDone) lines.push(line);
    return false;
  });
  const { exitCode, stderr } = await stage.run();
  expect(exitCode, stderr).toBe(0);
  return lines;
}

async function killAndTryAgain(at: number, isDone: boolean): Promise<void> {
  let seen = -1;
  let name = '';
  let isOver = false;
  let kill = (): void => undefined;
  const { stage, places } = await behindProxies((line, isAnswered) => {
    if (!isAnswered) seen += 1;
    if (isOver || seen !== at || isAnswered !== isDone) return false;
    name = `${isDone ? 'after' : 'before'} ${line}`;
    kill();
    return true;
  });
  const running = stage.start();
  kill = () => void running.kill('SIGKILL');
  expect((await running).signal, name).toBe('SIGKILL');
  isOver = true;
  const again = await stage.run();
  expect(again.exitCode, `${name}: ${again.stderr}`).toBe(0);
  expect(traces(places, 'weekly-47'), name).toEqual(WHOLE);
}

/** `onWrite` is told every request that writes, before and after it is done; true = no answer. */
async function behindProxies(onWrite: (line: string, isDone: boolean) => boolean) {
  const places = await openPlaces([123]);
  const { env } = places;
  const through = (address = ''): Promise<string> =>
    proxyTo(address, ({ line, isDone }) => !line.startsWith('GET ') && onWrite(line, isDone));
  const [hub, host] = await Promise.all([through(env['HF_ENDPOINT']), through(env['GITHUB_API_URL'])]);
  return { places, stage: newStage({ env: { ...env, HF_ENDPOINT: hub, GITHUB_API_URL: host } }) };
}
