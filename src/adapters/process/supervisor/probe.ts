import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { ProbeCheck } from '../attempt-spec.ts';

export interface ProbeSurroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** One look at whether a sidecar is ready, as a kubelet takes it. Never throws. */
export function probe(check: ProbeCheck, around: ProbeSurroundings): Promise<boolean> {
  switch (check.kind) {
    case 'exec':
      return probeExec(check.argv, around);
    case 'http':
      return probeHttp(check, around.timeoutMs);
    case 'tcp':
      return probeTcp(check, around.timeoutMs);
  }
}

function probeExec([command = '', ...args]: readonly string[], around: ProbeSurroundings): Promise<boolean> {
  const { env, cwd, timeoutMs } = around;
  return new Promise((done) => {
    execFile(command, args, { env, cwd, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 }, (error) =>
      done(error === null),
    );
  });
}

/** Ready = a status from 200 to 399, as on a cluster; a certificate is not checked there either. */
function probeHttp(check: Extract<ProbeCheck, { kind: 'http' }>, timeoutMs: number): Promise<boolean> {
  const { host, port, path, https } = check;
  const headers = Object.fromEntries(check.headers.map(({ name, value }) => [name, value]));
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((done) => {
    const options = { host, port, path, headers, signal, agent: false, rejectUnauthorized: false };
    const request = (https ? httpsRequest : httpRequest)(options, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      done(status >= 200 && status < 400);
    });
    request.once('error', () => done(false));
    request.end();
  });
}

function probeTcp(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (ready: boolean): void => {
      socket.destroy();
      done(ready);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
