import { describe, expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { Wire } from '../../../fakes/api-server/wire.ts';
import { bench, configMap, faultOf, found, inTurn, status } from './harness.ts';

const { configMaps, jobs } = RESOURCES;
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';

describe('the fault matrix', () => {
  test('row 2: an outage is told once with the last contact, and its end', async () => {
    const { api, server, timing, troubles } = await bench((_heard, wire) => found(wire));
    await api.get(configMaps, 'a');
    await server.stop();
    const since: string[] = [];
    timing.onWait = () => {
      since.push(troubles.join());
      if (timing.now() > 600_000) void server.start();
    };
    expect(await api.get(configMaps, 'a')).toBeDefined();
    const [first, ...rest] = troubles;
    expect(first).toBe(
      'the API server does not answer: nothing listens there (connection refused); last contact 0 s ago, trying for 30 min more',
    );
    expect(rest.at(-1)).toBe('recovered');
    expect(troubles.length).toBeLessThan(6);
  });

  test('row 2: an outage beyond --max-offline ends the call', async () => {
    const { api, server, timing } = await bench((_heard, wire) => found(wire), { more: { maxOffline: 60 } });
    await api.get(configMaps, 'a');
    await server.stop();
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({
      kind: 'unreachable',
      request: 'get configmaps "a" in namespace "ns"',
    });
    expect(timing.now()).toBeGreaterThan(55_000);
    expect(timing.now()).toBeLessThanOrEqual(60_000);
  });

  test('row 3: a server that never answered is given up soon, and nothing was stored', async () => {
    const { api, server, timing } = await bench((_heard, wire) => found(wire));
    await server.stop();
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({ kind: 'unreachable' });
    expect(timing.now()).toBeLessThanOrEqual(15_000);
    expect(await faultOf(api.create(configMaps, {}))).toMatchObject({ kind: 'unreachable' });
  });

  test.each([
    ['seconds', { 'retry-after': '7' }, [7500]],
    ['a date', { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }, [21_000]],
    ['a huge wish', { 'retry-after': '86400' }, [60_000]],
    ['no wish', {}, [1500]],
  ])('row 6: 429 with %s is waited for, of writes too', async (_what, headers, waits) => {
    const throttled = (wire: Wire): void =>
      wire.json(429, status(429, 'TooManyRequests', 'slow down'), headers as Record<string, string>);
    const { api, server, timing } = await bench(inTurn(throttled, found, throttled, found));
    await api.get(configMaps, 'a');
    await api.create(configMaps, { metadata: { name: 'a' } });
    expect(timing.waits).toEqual([...waits, ...waits]);
    expect(server.heard.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST', 'POST']);
  });

  test.each([
    ['500', (wire: Wire) => wire.json(500, status(500, 'InternalError', 'etcdserver: leader changed'))],
    ['502 in HTML', (wire: Wire) => wire.answer(502, HTML, { 'content-type': 'text/html' })],
    ['503', (wire: Wire) => wire.json(503, status(503, 'ServiceUnavailable', 'shutting down'))],
    ['504 in HTML', (wire: Wire) => wire.answer(504, HTML, { 'content-type': 'text/html' })],
    ['200 in HTML', (wire: Wire) => wire.answer(200, HTML, { 'content-type': 'text/html' })],
  ])('row 7: a GET answered with %s is asked again', async (_what, play) => {
    const { api, timing, troubles } = await bench(inTurn(play, play, found));
    expect(await api.get(configMaps, 'a')).toBeDefined();
    expect(timing.waits).toEqual([1500]);
    expect(troubles.join()).not.toMatch(/</);
    expect(troubles.at(-1)).toBe('recovered');
  });

  test('row 7: 500 for ever is told with its words after two minutes', async () => {
    const { api, timing } = await bench((_heard, wire) =>
      wire.json(500, status(500, 'InternalError', 'conversion webhook failed')),
    );
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({
      kind: 'server',
      status: 500,
      message: 'conversion webhook failed',
    });
    expect(timing.now()).toBeLessThanOrEqual(120_000);
    expect(timing.now()).toBeGreaterThan(60_000);
  });

  test.each([
    ['500', (wire: Wire) => wire.json(500, status(500, 'InternalError', 'x'))],
    ['502', (wire: Wire) => wire.answer(502, HTML)],
    ['no answer', () => undefined],
    ['a reset', (wire: Wire) => wire.reset()],
    ['a close', (wire: Wire) => wire.close()],
    [
      'half an answer',
      (wire: Wire) => {
        wire.head(201);
        wire.chunk('{"kind":');
        wire.reset();
      },
    ],
    ['200 of something else', (wire: Wire) => wire.answer(200, HTML)],
  ])('row 8: a POST answered with %s is sent once, and may have been stored', async (_what, play) => {
    const { api } = await bench((_heard, wire) => play(wire), { limits: { writeHeaders: 300 } });
    expect(await faultOf(api.create(jobs, { metadata: { name: 'j' } }))).toMatchObject({ kind: 'ambiguous' });
    expect(await faultOf(api.replace(jobs, { metadata: { name: 'j' } }))).toMatchObject({ kind: 'ambiguous' });
    expect(api.counters.requests).toBe(2);
  });

  test('row 8: a POST that is lost on a kept connection may have been stored', async () => {
    const { api } = await bench(inTurn(found, (wire) => wire.reset()));
    await api.get(configMaps, 'a');
    expect(await faultOf(api.create(jobs, { metadata: { name: 'j' } }))).toMatchObject({ kind: 'ambiguous' });
    expect(api.counters).toEqual({ requests: 2, connections: 1 });
  });

  test('row 9: a POST that is reset before its body arrived is told as open, for the name decides', async () => {
    const { api, server } = await bench({
      onHead: (_head, wire) => {
        wire.reset();
        return true;
      },
      onRequest: () => undefined,
    });
    expect(await faultOf(api.create(jobs, { metadata: { name: 'j' } }))).toMatchObject({ kind: 'ambiguous' });
    expect(server.heard).toEqual([]);
  });

  test('row 10: of two POSTs of one name the second learns that it is there', async () => {
    const { api } = await bench(
      inTurn(
        (wire) => wire.json(201, configMap('a')),
        (wire) => wire.json(409, status(409, 'AlreadyExists', 'configmaps "a" already exists', { name: 'a' })),
      ),
    );
    await api.create(configMaps, { metadata: { name: 'a' } });
    expect(await faultOf(api.create(configMaps, { metadata: { name: 'a' } }))).toMatchObject({
      kind: 'exists',
      status: 409,
    });
  });

  test('row 11: a server that accepts and never answers is a network fault after the deadline', async () => {
    const { api } = await bench(() => undefined, { limits: { headers: 30, firstContact: 1000 } });
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({
      kind: 'unreachable',
      message: 'an answer did not come within 0.03 s',
    });
    expect(api.counters.requests).toBe(2);
  });

  test('row 12: an answer that drips is cut at the deadline of the call', async () => {
    const drip = (wire: Wire): void => {
      wire.head(200);
      const timer = setInterval(() => wire.chunk(' '), 5);
      void wire.closed.then(() => clearInterval(timer));
    };
    const { api } = await bench(inTurn(drip, found), { limits: { read: 300 } });
    expect(await api.get(configMaps, 'a')).toBeDefined();
    expect(api.counters.requests).toBeGreaterThan(1);
  });

  test('row 19: a network that is gone for a while is waited for once the server was seen', async () => {
    const { api, server, timing } = await bench((_heard, wire) => found(wire));
    await api.get(configMaps, 'a');
    await server.stop();
    timing.onWait = () => {
      if (timing.now() > 20_000) void server.start();
    };
    expect(await api.get(configMaps, 'a')).toBeDefined();
  });

  test("row 19: eight hours of sleep use up nobody's patience", async () => {
    const { api, server, timing } = await bench((_heard, wire) => found(wire));
    await api.get(configMaps, 'a');
    timing.pass(8 * 3600_000);
    await server.stop();
    timing.onWait = () => void server.start();
    expect(await api.get(configMaps, 'a')).toBeDefined();
  });

  test('a connection that the server closed while it was idle costs a GET nothing', async () => {
    let last: Wire | undefined;
    const { api, timing } = await bench((_heard, wire) => {
      last = wire;
      found(wire);
    });
    await api.get(configMaps, 'a');
    last?.close();
    await last?.closed;
    expect(await api.get(configMaps, 'a')).toBeDefined();
    expect(timing.waits).toEqual([]);
  });
});
