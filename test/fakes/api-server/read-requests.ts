/** One request as it was heard. */
export interface Heard {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Which connection of the server, from 1. */
  readonly connection: number;
}

export type Head = Omit<Heard, 'body'>;

/** Takes the requests of one connection out of its bytes. */
export class RequestReader {
  readonly #connection: number;
  #bytes: Buffer = Buffer.alloc(0);
  #head: Head | undefined;

  constructor(connection: number) {
    this.#connection = connection;
  }

  add(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  /** The head of the next request, once; undefined while it has not come. */
  nextHead(): Head | undefined {
    if (this.#head !== undefined) return undefined;
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = this.#bytes.subarray(0, end).toString('latin1').split('\r\n');
    const [method = '', path = ''] = first.split(' ');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    this.#bytes = this.#bytes.subarray(end + 4);
    this.#head = { method, url: new URL(path, 'https://fake'), headers, connection: this.#connection };
    return this.#head;
  }

  /** The request whose head was taken, once its body is whole. */
  nextRequest(): Heard | undefined {
    if (this.#head === undefined) return undefined;
    const body = this.#head.headers['transfer-encoding'] === 'chunked' ? this.#chunked() : this.#sized(this.#head);
    if (body === undefined) return undefined;
    const heard = { ...this.#head, body };
    this.#head = undefined;
    return heard;
  }

  #sized({ headers }: Head): Buffer | undefined {
    const size = Number(headers['content-length'] ?? '0');
    if (this.#bytes.length < size) return undefined;
    const body = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return body;
  }

  #chunked(): Buffer | undefined {
    const parts: Buffer[] = [];
    for (let at = 0; ; ) {
      const line = this.#bytes.indexOf('\r\n', at);
      if (line < 0) return undefined;
      const size = Number.parseInt(this.#bytes.subarray(at, line).toString('latin1'), 16);
      const end = line + 2 + size + 2;
      if (this.#bytes.length < end) return undefined;
      if (size === 0) {
        this.#bytes = this.#bytes.subarray(end);
        return Buffer.concat(parts);
      }
      parts.push(this.#bytes.subarray(line + 2, line + 2 + size));
      at = end;
    }
  }
}
