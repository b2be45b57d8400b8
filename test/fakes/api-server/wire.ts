import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The server's end of one connection, byte by byte. */
export class Wire {
  readonly #raw: Socket;
  readonly #tls: TLSSocket;
  /** When the connection is over, whoever ended it. */
  readonly closed: Promise<void>;

  constructor(raw: Socket, tls: TLSSocket) {
    this.#raw = raw;
    this.#tls = tls;
    this.closed = new Promise((resolve) => raw.once('close', () => resolve()));
  }

  write(bytes: string | Uint8Array): void {
    if (!this.#tls.destroyed) this.#tls.write(bytes);
  }

  /** A whole answer. */
  answer(status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): void {
    this.write(headOf(status, { 'content-length': String(Buffer.byteLength(body)), ...headers }));
    this.write(body);
  }

  json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.answer(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
  }

  /** The beginning of an answer without a known length. */
  head(status = 200, headers: Readonly<Record<string, string>> = {}): void {
    this.write(headOf(status, { 'transfer-encoding': 'chunked', 'content-type': 'application/json', ...headers }));
  }

  chunk(bytes: string | Uint8Array): void {
    const content = Buffer.from(bytes as Uint8Array);
    this.write(Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]));
  }

  /** The proper end of an answer without a known length. */
  end(): void {
    this.write('0\r\n\r\n');
  }

  /** RST: what was under way is lost. */
  reset(): void {
    this.#raw.resetAndDestroy();
  }

  /** FIN, after everything that was written. */
  close(): void {
    this.#tls.end();
  }
}

function headOf(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ date: new Date().toUTCString(), ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`HTTP/1.1 ${status} Said`, ...lines, '', ''].join('\r\n');
}
