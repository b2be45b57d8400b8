import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type KubeApi,
  type KubeObject,
  RESOURCES,
  type WatchEvent,
} from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { Script } from '../../../fakes/api-server/fake-api-server.ts';
import type { Heard } from '../../../fakes/api-server/read-requests.ts';
import type { Wire } from '../../../fakes/api-server/wire.ts';
import { bench, configMap, status } from './harness.ts';

const { configMaps } = RESOURCES;

const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const changed = (name: string, version: string): string => line('MODIFIED', configMap(name, version));
const bookmark = (version: string): string =>
  line('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: version } });

/** Lists `a` at version 10; every watch is played in turn, the last for ever. */
function watched(...plays: readonly ((wire: Wire, heard: Heard) => void)[]): Script['onRequest'] {
  let at = 0;
  return (heard, wire) => {
    if (!heard.url.searchParams.has('watch')) {
      wire.json(200, { metadata: { resourceVersion: '10' }, items: [configMap('a', '9')] });
      return;
    }
    plays[Math.min(at, plays.length - 1)]?.(wire, heard);
    at += 1;
  };
}

const says =
  (...lines: readonly string[]) =>
  (wire: Wire): void => {
    wire.head(200);
    for (const each of lines) wire.chunk(each);
  };

const saysAndEnds =
  (...lines: readonly string[]) =>
  (wire: Wire): void => {
    says(...lines)(wire);
    wire.end();
  };

function words(event: WatchEvent): string {
  switch (event.kind) {
    case 'listed':
      return `listed ${event.items.map((item) => item.metadata.name).join()}`;
    case 'changed':
    case 'deleted':
      return `${event.kind} ${event.object.metadata.name}@${event.object.metadata.resourceVersion}`;
  }
}

/** What a watch tells until `last` was told. */
async function hear(api: KubeApi, last: string): Promise<string[]> {
  const told: string[] = [];
  const stop = new AbortController();
  for await (const event of api.watch(configMaps, { labels: 'run=x' }, stop.signal)) {
    told.push(words(event));
    if (told.at(-1) === last) stop.abort();
  }
  return told;
}

const versionsAsked = (heard: readonly Heard[]): (string | null)[] =>
  heard.filter(({ url }) => url.searchParams.has('watch')).map(({ url }) => url.searchParams.get('resourceVersion'));

describe('a watch', () => {
  test('lists, then tells what changes, with bookmarks and an end of its own', async () => {
    const { api, server } = await bench(
      watched(
        says(
          line('ADDED', configMap('b', '11')),
          bookmark('15'),
          changed('b', '16'),
          line('DELETED', configMap('b', '17')),
        ),
      ),
    );
    expect(await hear(api, 'deleted b@17')).toEqual(['listed a', 'changed b@11', 'changed b@16', 'deleted b@17']);
    const { searchParams } = server.heard[1]?.url ?? new URL('x:');
    expect(Object.fromEntries(searchParams)).toEqual({
      labelSelector: 'run=x',
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      timeoutSeconds: '450',
    });
  });

  test('that ends properly goes on at its last version, a bookmark counts', async () => {
    const { api, server } = await bench(
      watched(saysAndEnds(changed('a', '12')), saysAndEnds(bookmark('20')), says(changed('a', '21'))),
    );
    expect(await hear(api, 'changed a@21')).toEqual(['listed a', 'changed a@12', 'changed a@21']);
    expect(versionsAsked(server.heard)).toEqual(['10', '12', '20']);
  });

  test('ends at once when its signal fires while it is silent', async () => {
    const stop = new AbortController();
    const { api } = await bench(
      watched((wire) => {
        wire.head(200);
        setImmediate(() => stop.abort());
      }),
    );
    const told: string[] = [];
    for await (const event of api.watch(configMaps, {}, stop.signal)) told.push(words(event));
    expect(told).toEqual(['listed a']);
  });

  test('gives a line of any length, in any pieces, cut inside characters', async () => {
    const big = { ...configMap('big', '30'), data: { text: 'ä€😀'.repeat(100_000) } };
    const bytes = Buffer.from(line('ADDED', big));
    const { api } = await bench(
      watched((wire) => {
        wire.head(200);
        for (let at = 0; at < bytes.length; at += 7919) wire.chunk(bytes.subarray(at, at + 7919));
      }),
    );
    const stop = new AbortController();
    for await (const event of api.watch(configMaps, {}, stop.signal)) {
      if (event.kind !== 'changed') continue;
      expect(event.object).toEqual(big);
      stop.abort();
    }
  });

  test('that is forbidden throws, and says what it asked for', async () => {
    const { api } = await bench((_heard, wire) =>
      wire.json(403, status(403, 'Forbidden', 'configmaps is forbidden: User "u" cannot list resource "configmaps"')),
    );
    await expect(hear(api, 'never')).rejects.toMatchObject({
      kind: 'forbidden',
      request: 'watch configmaps in namespace "ns"',
    });
  });
});

describe('the fault matrix', () => {
  test('row 1: a server that restarts during a watch is taken up where it stopped', async () => {
    const { api, server, timing, troubles } = await bench(
      watched(
        (wire) => {
          says(changed('a', '12'))(wire);
          setImmediate(() => void server.stop());
        },
        says(changed('a', '13')),
      ),
    );
    timing.onWait = () => {
      if (timing.now() > 5000) void server.start();
    };
    expect(await hear(api, 'changed a@13')).toEqual(['listed a', 'changed a@12', 'changed a@13']);
    expect(troubles).toEqual([expect.stringMatching(/^the API server does not answer: /), 'recovered']);
    expect(versionsAsked(server.heard)).toEqual(['10', '12']);
    expect(Math.max(...timing.waits)).toBeLessThanOrEqual(4000); // seconds after the return at the latest
  });

  test('row 2: an outage of ten minutes is told at once and then ever more seldom, with its age', async () => {
    const { api, server, timing, troubles } = await bench(
      watched(
        (wire) => {
          says(changed('a', '12'))(wire);
          setImmediate(() => void server.stop());
        },
        says(changed('a', '13')),
      ),
    );
    timing.onWait = () => {
      if (timing.now() > 600_000) void server.start();
    };
    await hear(api, 'changed a@13');
    const ages = troubles.flatMap((text) => /last contact (.+) ago, trying for .+ more$/.exec(text)?.[1] ?? []);
    expect(ages).toEqual(['0 s', expect.stringMatching(/^\d\d s$/), '3 min', '7 min']);
    expect(troubles.at(-1)).toBe('recovered');
  });

  test('a server that answers, and refuses the watch alone, is told of after a minute', async () => {
    const refusal = (wire: Wire): void => wire.json(503, status(503, 'ServiceUnavailable', 'too many watches'));
    const refusals = Array.from({ length: 20 }, () => refusal);
    const { api, timing, troubles } = await bench(
      watched(saysAndEnds(bookmark('11')), ...refusals, says(changed('a', '13'))),
    );
    const told: number[] = [];
    timing.onWait = () => {
      if (troubles.length > told.length) told.push(timing.now());
    };
    await hear(api, 'changed a@13');
    expect(troubles[0]).toMatch(/^the API server is in trouble: too many watches; /);
    expect(told[0]).toBeGreaterThan(60_000);
  });

  test('row 2: an outage beyond --max-offline ends the watch', async () => {
    const { api, server } = await bench(
      watched((wire) => {
        says(changed('a', '12'))(wire);
        setImmediate(() => void server.stop());
      }),
      { more: { maxOffline: 120 } },
    );
    await expect(hear(api, 'never')).rejects.toMatchObject({ kind: 'unreachable' });
    expect(server.heard).toHaveLength(2);
  });

  test.each([
    ['at the start', (wire: Wire) => wire.json(410, status(410, 'Expired', 'too old resource version'))],
    ['in the stream', says(line('ERROR', status(410, 'Expired', 'too old resource version')))],
  ])('row 4: 410 %s is followed by a new list', async (_where, play) => {
    const { api, server } = await bench(watched(play, says(changed('a', '12'))));
    expect(await hear(api, 'changed a@12')).toEqual(['listed a', 'listed a', 'changed a@12']);
    expect(server.heard).toHaveLength(4);
  });

  test('row 5: three watches that close at once are followed by a new list', async () => {
    const { api, server, timing } = await bench(
      watched(saysAndEnds(), saysAndEnds(), saysAndEnds(), says(changed('a', '12'))),
    );
    expect(await hear(api, 'changed a@12')).toEqual(['listed a', 'listed a', 'changed a@12']);
    expect(versionsAsked(server.heard)).toEqual(['10', '10', '10', '10']);
    expect(timing.waits).toEqual([1500, 2500]);
  });

  test('row 5: a server that closes every watch is asked less and less often', async () => {
    const { api, timing } = await bench(
      watched(...Array.from({ length: 9 }, () => saysAndEnds()), says(changed('a', '12'))),
    );
    await hear(api, 'changed a@12');
    expect(timing.waits).toEqual([1500, 2500, 4500, 8500, 15_500, 15_500, 15_500, 15_500]);
  });

  test('row 13: a watch without a byte is taken up again', async () => {
    const { api, server } = await bench(watched(says(changed('a', '12')), says(changed('a', '13'))), {
      limits: { watchQuiet: 600 },
    });
    expect(await hear(api, 'changed a@13')).toEqual(['listed a', 'changed a@12', 'changed a@13']);
    expect(versionsAsked(server.heard)).toEqual(['10', '12']);
  });

  test('row 13: a watch without any byte is taken up again', async () => {
    const { api, server } = await bench(watched(says(), says(changed('a', '12'))), { limits: { watchQuiet: 600 } });
    expect(await hear(api, 'changed a@12')).toEqual(['listed a', 'changed a@12']);
    expect(versionsAsked(server.heard)).toEqual(['10', '10']);
  });

  test('row 13: a watch whose head never comes is asked for again', async () => {
    const { api, server } = await bench(
      watched(() => undefined, says(changed('a', '12'))),
      { limits: { headers: 300 } },
    );
    expect(await hear(api, 'changed a@12')).toEqual(['listed a', 'changed a@12']);
    expect(versionsAsked(server.heard)).toEqual(['10', '10']);
  });

  test.each(['a clean end', 'a reset'])(
    'row 15: a line cut at any byte by %s is no event, and comes again whole',
    async (how) => {
      const whole = changed('a', '12');
      const cuts = [1, 2, 17, Math.floor(whole.length / 2), whole.length - 2, whole.length - 1];
      const cut =
        (at: number) =>
        (wire: Wire): void => {
          says(whole.slice(0, at))(wire);
          if (how === 'a reset') setImmediate(() => wire.reset());
          else wire.end();
        };
      const { api, server } = await bench(watched(...cuts.map(cut), says(whole)));
      expect((await hear(api, 'changed a@12')).filter((each) => each.startsWith('changed'))).toEqual(['changed a@12']);
      expect(new Set(versionsAsked(server.heard))).toEqual(new Set(['10']));
    },
  );

  test('row 15: a line that is no event breaks the stream', async () => {
    const { api } = await bench(watched(says('{"type":"ADDED"}\n'), says('nonsense\n'), says(changed('a', '12'))));
    expect(await hear(api, 'changed a@12')).toEqual(['listed a', 'changed a@12']);
  });

  test('row 16: what comes twice, late or out of order is told once, and ends the same', async () => {
    const history = fc.array(fc.integer({ min: 11, max: 40 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(history, async (versions) => {
        const lines = versions.map((version) => changed('a', String(version)));
        const { api } = await bench(
          watched(says(...lines, line('DELETED', configMap('a', '50')), changed('a', '49'), changed('end', '60'))),
        );
        const told = (await hear(api, 'changed end@60')).slice(1, -1);
        const seen = told.map((each) => Number(each.split('@')[1]));
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(seen.at(-2)).toBe(Math.max(...versions));
        expect(told.at(-1)).toBe('deleted a@50');
      }),
      { numRuns: 15 },
    );
  });

  test('row 7: HTML in the place of a list or a watch is waited out, and not shown', async () => {
    const html = '<html>502 Bad Gateway</html>';
    let asked = 0;
    const { api, troubles } = await bench((heard, wire) => {
      asked += 1;
      if (asked < 4) wire.answer(502, html, { 'content-type': 'text/html' });
      else watched(says(changed('a', '12')))(heard, wire);
    });
    const told: WatchEvent[] = [];
    const stop = new AbortController();
    for await (const event of api.watch(configMaps, {}, stop.signal)) {
      told.push(event);
      if (event.kind === 'changed') stop.abort();
    }
    expect(told.map(({ kind }) => kind)).toEqual(['listed', 'changed']);
    expect(troubles.join()).not.toMatch(/</);
  });

  test('a reader that is slow holds the server back instead of filling memory', async () => {
    const big = { text: 'x'.repeat(100_000) };
    let written = 0;
    const { api } = await bench(
      watched((wire) => {
        wire.head(200);
        for (let version = 11; version < 500; version += 1) {
          wire.chunk(line('MODIFIED', { ...configMap('a', String(version)), data: big }));
          written += 1;
        }
      }),
    );
    const stop = new AbortController();
    const objects: KubeObject[] = [];
    for await (const event of api.watch(configMaps, {}, stop.signal)) {
      if (event.kind === 'changed') objects.push(event.object);
      if (objects.length === 489) stop.abort();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBe(489);
    expect(objects.map(({ metadata }) => Number(metadata.resourceVersion))).toEqual(
      Array.from({ length: 489 }, (_, i) => i + 11),
    );
  });
});
