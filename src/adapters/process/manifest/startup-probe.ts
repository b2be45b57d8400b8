import type { Json, JsonObject } from '../../../domain/json.ts';
import type { ProbeCheck, StartupProbe } from '../attempt-spec.ts';
import { type FieldJudge, type FieldRules, integer, text } from './field-judge.ts';

const PROBE_FIELDS: FieldRules = {
  exec: 'honoured',
  httpGet: 'honoured',
  tcpSocket: 'honoured',
  initialDelaySeconds: 'honoured',
  periodSeconds: 'honoured',
  timeoutSeconds: 'honoured',
  failureThreshold: 'honoured',
  successThreshold: 'moot',
  terminationGracePeriodSeconds: 'moot',
};

/** Reads `startupProbe` with the defaults of a kubelet; undefined when there is none, or none that works here. */
export function readStartupProbe(
  judge: FieldJudge,
  json: Json | undefined,
  path: string,
  ports: JsonObject,
): StartupProbe | undefined {
  if (json === undefined || json === null) return undefined;
  const probe = judge.object(json, path);
  judge.fields(probe, path, PROBE_FIELDS);
  const check = readCheck(judge, probe, path, ports);
  if (check === undefined) return undefined;
  return {
    check,
    initialDelay: integer(probe['initialDelaySeconds']) ?? 0,
    period: integer(probe['periodSeconds']) ?? 10,
    timeout: integer(probe['timeoutSeconds']) ?? 1,
    failureThreshold: integer(probe['failureThreshold']) ?? 3,
  };
}

/** A container's ports by name, for probes that name one. */
export function namedPorts(judge: FieldJudge, json: Json | undefined, path: string): JsonObject {
  return Object.fromEntries(
    judge.list(json, path).map(({ item }) => [text(item['name']) ?? '', item['containerPort'] ?? 0]),
  );
}

function readCheck(judge: FieldJudge, probe: JsonObject, path: string, ports: JsonObject): ProbeCheck | undefined {
  const { exec, httpGet, tcpSocket } = probe;
  if (exec !== undefined) {
    const argv = judge.strings(judge.object(exec, `${path}.exec`)['command'], `${path}.exec.command`);
    return { kind: 'exec', argv };
  }
  if (httpGet !== undefined) return readHttp(judge, judge.object(httpGet, `${path}.httpGet`), `${path}.httpGet`, ports);
  if (tcpSocket !== undefined) {
    const socket = judge.object(tcpSocket, `${path}.tcpSocket`);
    judge.fields(socket, `${path}.tcpSocket`, { host: 'honoured', port: 'honoured' });
    return { kind: 'tcp', host: hostOf(socket), port: portOf(judge, socket, `${path}.tcpSocket`, ports) };
  }
  judge.refuse(path, 'has neither exec, httpGet nor tcpSocket');
  return undefined;
}

function readHttp(judge: FieldJudge, get: JsonObject, path: string, ports: JsonObject): ProbeCheck {
  judge.fields(get, path, {
    host: 'honoured',
    port: 'honoured',
    path: 'honoured',
    scheme: 'honoured',
    httpHeaders: 'honoured',
  });
  const headers = judge
    .list(get['httpHeaders'], `${path}.httpHeaders`)
    .map(({ item }) => ({ name: text(item['name']) ?? '', value: text(item['value']) ?? '' }));
  return {
    kind: 'http',
    host: hostOf(get),
    port: portOf(judge, get, path, ports),
    path: text(get['path']) ?? '/',
    https: get['scheme'] === 'HTTPS',
    headers,
  };
}

/** On a cluster the pod's own address, which is this machine here. */
function hostOf(source: JsonObject): string {
  return text(source['host']) ?? '127.0.0.1';
}

function portOf(judge: FieldJudge, source: JsonObject, path: string, ports: JsonObject): number {
  const named = text(source['port']);
  const port = integer(named === undefined ? source['port'] : ports[named]);
  if (port === undefined) judge.refuse(`${path}.port`, 'is no number and no name of a port of the container');
  return port ?? 0;
}
