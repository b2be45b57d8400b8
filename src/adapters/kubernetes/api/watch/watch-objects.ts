import { takePage } from '../answers.ts';
import { chunksOf } from '../http/chunks.ts';
import { classify } from '../http/classify.ts';
import { Failed, faultOf } from '../http/failed.ts';
import type { HttpClient } from '../http/http-client.ts';
import { networkError } from '../http/network-error.ts';
import type { PersistentClient } from '../http/persistent-client.ts';
import type { Resource, Selector, WatchEvent } from '../kube-api.ts';
import { listAll } from '../list-all.ts';
import type { Requests } from '../requests.ts';
import { BrokenLine, linesOf } from './lines-of.ts';
import { parseWatchLine } from './parse-event.ts';
import { SeenVersions } from './seen-versions.ts';
import { type TroubleParts, WatchTrouble } from './watch-trouble.ts';

export interface WatchParts extends TroubleParts {
  readonly requests: Requests;
  readonly http: HttpClient;
  readonly calls: PersistentClient;
}

const SHORTEST_SECONDS = 300;
const LONGEST_SECONDS = 600;

/**
 * Lists, then watches, for ever. Whatever breaks is taken up again where it stopped, or from a new list where the server no
 * longer knows that place. Nothing is read ahead of the reader: a slow one is served late, costs no memory, and a server
 * that gives him up is asked again.
 */
export async function* watchObjects(
  parts: WatchParts,
  resource: Resource,
  selector: Selector,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const watch = new ObjectWatch(parts, resource, selector);
  while (!signal.aborted) {
    try {
      yield* watch.step(signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

class ObjectWatch {
  readonly #parts: WatchParts;
  readonly #resource: Resource;
  readonly #selector: Selector;
  readonly #trouble: WatchTrouble;
  readonly #seen = new SeenVersions();
  /** Where to go on; undefined = with a list. */
  #version: string | undefined;

  constructor(parts: WatchParts, resource: Resource, selector: Selector) {
    this.#parts = parts;
    this.#resource = resource;
    this.#selector = selector;
    this.#trouble = new WatchTrouble(parts);
  }

  /** One list or one connection, and the pause after it. */
  async *step(signal: AbortSignal): AsyncGenerator<WatchEvent> {
    try {
      if (this.#version === undefined) yield* this.#list(signal);
      else yield* this.#connect(this.#version, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failed)) throw error;
      await this.#heal(error, signal);
    }
  }

  async *#list(signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { requests, calls } = this.#parts;
    const list = await listAll(async (token) => {
      const request = requests.list(this.#resource, this.#selector, token);
      return takePage(await calls.once(request, signal), this.#resource, request.text);
    });
    this.#seen.reset(list.items);
    this.#version = list.resourceVersion;
    this.#trouble.answered();
    yield { kind: 'listed', items: list.items };
  }

  async *#connect(version: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { contact, requests, http, timing, limits } = this.#parts;
    const seconds = SHORTEST_SECONDS + Math.floor(timing.random() * (LONGEST_SECONDS - SHORTEST_SECONDS));
    const request = requests.watch(this.#resource, this.#selector, { resourceVersion: version, seconds });
    const { body } = await http.send(request, signal);
    const begun = timing.now();
    this.#trouble.answered();
    let told = false;
    try {
      for await (const line of linesOf(chunksOf(body, { quiet: limits.watchQuiet }), limits.line)) {
        contact.heard();
        yield* this.#read(line);
        told = true;
        this.#trouble.progress();
      }
    } catch (error) {
      if (timing.now() - begun >= limits.watchAtOnce) this.#trouble.progress();
      throw asFailed(error);
    } finally {
      body.destroy();
    }
    if (told) return;
    if (timing.now() - begun >= limits.watchAtOnce) this.#trouble.progress();
    else await this.#closedAtOnce(signal);
  }

  *#read(line: string): Generator<WatchEvent> {
    const read = parseWatchLine(line, this.#resource);
    switch (read.kind) {
      case 'change': {
        const { object, gone } = read;
        if (this.#seen.isNews(object, gone)) yield { kind: gone ? 'deleted' : 'changed', object };
        this.#version = object.metadata.resourceVersion;
        break;
      }
      case 'bookmark':
        this.#version = read.version;
        break;
      case 'error':
        throw new Failed(read.verdict);
      case 'broken':
        throw new BrokenLine('a line of the watch is no event');
    }
  }

  async #closedAtOnce(signal: AbortSignal): Promise<void> {
    const { pause, relist } = this.#trouble.closedAtOnce();
    if (relist) this.#version = undefined;
    await this.#parts.timing.sleep(pause, signal);
  }

  /** Waits for what may pass, lists anew where the version is too old, gives up on the rest. */
  async #heal(failed: Failed, signal: AbortSignal): Promise<void> {
    const { verdict } = failed;
    if (verdict.kind === 'expired') {
      await this.#closedAtOnce(signal);
      this.#version = undefined;
      return;
    }
    const pause = verdict.again === 'no' ? undefined : this.#trouble.failed(failed);
    if (pause === undefined)
      throw faultOf(failed, this.#parts.requests.list(this.#resource, this.#selector).text.replace('list', 'watch'));
    await this.#parts.timing.sleep(pause, signal);
  }
}

/** A line that broke is a connection that broke. */
function asFailed(error: unknown): unknown {
  if (error instanceof Failed) return error;
  const known =
    error instanceof BrokenLine || (error instanceof Error && ('code' in error || error.name === 'NetworkError'));
  if (!known) return error;
  const failure = { kind: 'network', error: networkError(error, 'answering') } as const;
  return new Failed(classify(failure, 'reads'), undefined, error);
}
