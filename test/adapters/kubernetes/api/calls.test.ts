import { describe, expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { bench, configMap, faultOf, found, inTurn, status } from './harness.ts';

const { configMaps, jobs, namespaces } = RESOURCES;

describe('a call', () => {
  test('reads an object as the server has it, and tells one that is not there', async () => {
    const { api, server } = await bench((heard, wire) => {
      if (heard.url.pathname.endsWith('/a')) wire.json(200, { ...configMap('a'), 'new-field': [1] });
      else wire.json(404, status(404, 'NotFound', 'configmaps "b" not found', { name: 'b' }));
    });
    expect(await api.get(configMaps, 'a')).toEqual({ ...configMap('a'), 'new-field': [1] });
    expect(await api.get(configMaps, 'b')).toBeUndefined();
    expect(server.heard[0]).toMatchObject({
      method: 'GET',
      headers: { authorization: 'Bearer secret', 'user-agent': 'ilab-backend/test', accept: 'application/json' },
    });
    expect(server.heard[0]?.url.pathname).toBe('/api/v1/namespaces/ns/configmaps/a');
    expect(api.counters).toEqual({ requests: 2, connections: 1 });
  });

  test('keeps the path before the API that some servers have', async () => {
    const { api, server } = await bench((_heard, wire) => found(wire), { cluster: {} });
    const far = await bench((_heard, wire) => found(wire), { cluster: { server: `${server.url}/k8s/clusters/c-1/` } });
    await far.api.get(configMaps, 'a');
    expect(server.heard[0]?.url.pathname).toBe('/k8s/clusters/c-1/api/v1/namespaces/ns/configmaps/a');
    expect(api.counters.requests).toBe(0);
  });

  test('says that the kind or the namespace is missing, not the object', async () => {
    const { api } = await bench((_heard, wire) =>
      wire.answer(404, '404 page not found\n', { 'content-type': 'text/plain' }),
    );
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({ kind: 'not-found', status: 404 });
  });

  test('that fails names the request, the reason and the fields', async () => {
    const causes = [{ field: 'spec.x', message: 'Required value' }];
    const { api } = await bench((_heard, wire) => wire.json(422, status(422, 'Invalid', 'it is wrong', { causes })));
    expect(await faultOf(api.create(jobs, { metadata: { name: 'j' } }))).toMatchObject({
      kind: 'invalid',
      status: 422,
      reason: 'Invalid',
      message: 'it is wrong',
      causes: ['spec.x: Required value'],
      request: 'create jobs "j" in namespace "ns"',
    });
  });

  test('that is refused is not sent again', async () => {
    const { api } = await bench((_heard, wire) => wire.json(403, status(403, 'Forbidden', 'no')));
    expect(await faultOf(api.get(configMaps, 'a'))).toMatchObject({ kind: 'forbidden' });
    expect(api.counters.requests).toBe(1);
  });

  test('validates strictly, keeps dry runs dry, and deletes by uid with what belongs to it', async () => {
    const { api, server } = await bench((_heard, wire) => found(wire));
    await api.create(jobs, { metadata: { name: 'j' } });
    await api.create(jobs, { metadata: { name: 'j' } }, { dryRun: true });
    await api.replace(jobs, { metadata: { name: 'j' } });
    await api.delete(jobs, 'j', { uid: 'u', graceSeconds: 0 });
    expect(server.heard.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      'POST /apis/batch/v1/namespaces/ns/jobs?fieldValidation=Strict',
      'POST /apis/batch/v1/namespaces/ns/jobs?fieldValidation=Strict&dryRun=All',
      'PUT /apis/batch/v1/namespaces/ns/jobs/j?fieldValidation=Strict',
      'DELETE /apis/batch/v1/namespaces/ns/jobs/j',
    ]);
    expect(JSON.parse(server.heard[3]?.body.toString() ?? '')).toMatchObject({
      preconditions: { uid: 'u' },
      propagationPolicy: 'Background',
      gracePeriodSeconds: 0,
    });
  });

  test('that deletes another object of the name, or none, says so', async () => {
    const { api } = await bench(
      inTurn(
        (wire) =>
          wire.json(409, status(409, 'Conflict', 'Precondition failed: UID in precondition: u, UID in object meta: v')),
        (wire) => wire.json(404, status(404, 'NotFound', 'jobs.batch "j" not found', { name: 'j' })),
      ),
    );
    expect(await api.delete(jobs, 'j', { uid: 'u' })).toBe('absent');
    expect(await api.delete(jobs, 'j', { uid: 'u' })).toBe('absent');
  });

  test('that deletes counts its own lost answer', async () => {
    const { api } = await bench(
      inTurn(
        (wire) => wire.reset(),
        (wire) => wire.json(404, status(404, 'NotFound', 'jobs.batch "j" not found', { name: 'j' })),
      ),
    );
    expect(await api.delete(jobs, 'j', { uid: 'u' })).toBe('deleted');
  });

  test('lists page by page, and gives each object its kind', async () => {
    const { api, server } = await bench((heard, wire) => {
      const token = heard.url.searchParams.get('continue');
      const { apiVersion: _a, kind: _k, ...bare } = configMap(token === null ? 'a' : 'b') as Record<string, unknown>;
      wire.json(200, { metadata: { resourceVersion: '7', continue: token === null ? 'more' : '' }, items: [bare] });
    });
    const list = await api.list(configMaps, { labels: 'a=b', fields: 'metadata.name=x' });
    expect(list).toEqual({ items: [configMap('a'), configMap('b')], resourceVersion: '7' });
    expect(server.heard[1]?.url.search).toBe(
      '?labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=500&continue=more',
    );
  });

  test('begins a list anew when its token has expired on the way', async () => {
    let expired = false;
    const { api } = await bench((heard, wire) => {
      if (heard.url.searchParams.has('continue') && !expired) {
        expired = true;
        wire.json(410, status(410, 'Expired', 'The provided continue parameter is too old'));
        return;
      }
      const last = heard.url.searchParams.has('continue');
      wire.json(200, {
        metadata: { resourceVersion: '7', ...(last ? {} : { continue: 't' }) },
        items: [configMap(last ? 'b' : 'a')],
      });
    });
    expect((await api.list(configMaps, {})).items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  test('lists what is large in smaller pages, takes of each what is kept, and nothing twice', async () => {
    let expired = false;
    const { api, server } = await bench((heard, wire) => {
      const token = heard.url.searchParams.get('continue');
      if (token === 'c' && !expired) {
        expired = true;
        wire.json(410, status(410, 'Expired', 'The provided continue parameter is too old'));
        return;
      }
      const [name, next] = token === null ? ['a', 'b'] : token === 'b' ? ['b', 'c'] : ['c', ''];
      wire.json(200, { metadata: { resourceVersion: '7', continue: next }, items: [configMap(name)] });
    });
    expect(await api.listAs(configMaps, {}, ({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    const limits = server.heard.map(({ url }) => url.searchParams.get('limit'));
    expect(limits).toEqual(Array.from({ length: 6 }, () => '20'));
  });

  test('finds by discovery what is not built in, and asks once', async () => {
    const { api, server } = await bench((heard, wire) => {
      if (heard.url.pathname !== '/apis/example.com/v1') wire.answer(404, '404 page not found\n');
      else {
        const resources = [
          { name: 'things/status', kind: 'Thing', namespaced: true },
          { name: 'things', kind: 'Thing', namespaced: true },
        ];
        wire.json(200, { kind: 'APIResourceList', groupVersion: 'example.com/v1', resources });
      }
    });
    const thing = { apiVersion: 'example.com/v1', kind: 'Thing', plural: 'things', namespaced: true };
    expect(await api.resourceOf('example.com/v1', 'Thing')).toEqual(thing);
    expect(await api.resourceOf('example.com/v1', 'Other')).toBeUndefined();
    expect(await api.resourceOf('batch/v1', 'Job')).toEqual(jobs);
    expect(server.heard).toHaveLength(1);
    expect(await api.resourceOf('absent.com/v1', 'Thing')).toBeUndefined();
  });

  test('asks what the caller may do', async () => {
    const { api, server } = await bench((_heard, wire) => wire.json(201, { status: { allowed: false } }));
    expect(await api.mayI('get', RESOURCES.pods, 'log')).toBe(false);
    await api.mayI('list', namespaces);
    const asked = server.heard.map(({ body }) => JSON.parse(body.toString()).spec.resourceAttributes);
    expect(asked).toEqual([
      { namespace: 'ns', verb: 'get', group: '', version: 'v1', resource: 'pods', subresource: 'log' },
      { verb: 'list', group: '', version: 'v1', resource: 'namespaces' },
    ]);
  });

  test('tells the time of the server, and each of its warnings once', async () => {
    const { api, notices, timing } = await bench((_heard, wire) =>
      wire.json(200, configMap('a'), {
        date: 'Fri, 01 Jan 2027 00:00:00 GMT',
        warning: '299 - "v1 is \\"old\\"", 299 - "spec.x is ignored"',
      }),
    );
    expect(api.serverNow()).toBeUndefined();
    await api.get(configMaps, 'a');
    await api.get(configMaps, 'a');
    timing.pass(1500);
    expect(api.serverNow()).toBe(Date.UTC(2027, 0, 1) + 1500);
    expect(notices).toEqual(['the API server warns: v1 is "old"', 'the API server warns: spec.x is ignored']);
  });

  test('the time of the server does not go back for want of the part of a second in its answers', async () => {
    const dates = ['00:00:00', '00:00:01', '00:00:01', '00:00:02', '00:00:00'];
    const { api, timing } = await bench((_heard, wire) =>
      wire.json(200, configMap('a'), { date: `Fri, 01 Jan 2027 ${dates.shift()} GMT` }),
    );
    const seconds: number[] = [];
    for (const passed of [0, 1000, 900, 50, 50]) {
      timing.pass(passed);
      await api.get(configMaps, 'a');
      seconds.push(((api.serverNow() ?? 0) - Date.UTC(2027, 0, 1)) / 1000);
    }
    // The last: a clock that was set back.
    expect(seconds).toEqual([0, 1, 1.9, 2, 0]);
  });

  test('ends when its signal fires, with the reason', async () => {
    const stop = new AbortController();
    const { api } = await bench(() => stop.abort(new Error('enough')));
    await expect(api.get(configMaps, 'a', stop.signal)).rejects.toThrow('enough');
  });

  test('goes over few connections, however many there are at once', async () => {
    const { api } = await bench((_heard, wire) => setImmediate(() => found(wire)));
    await Promise.all(Array.from({ length: 100 }, () => api.get(configMaps, 'a')));
    expect(api.counters.requests).toBe(100);
    expect(api.counters.connections).toBeLessThanOrEqual(8);
  });
});
