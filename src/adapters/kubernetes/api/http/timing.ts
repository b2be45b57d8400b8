import { setTimeout as delay } from 'node:timers/promises';

/** Time and chance as the transport sees them; tests bring their own. */
export interface Timing {
  /** Milliseconds of a clock that only goes forward; a sleeping machine may stop it. */
  now(): number;
  /** Milliseconds since 1970, for people only. */
  wall(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** Throws the signal's reason when it fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemTiming: Timing = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

/** How long each step may take, in milliseconds; the other limits of the transport beside them. */
export interface Limits {
  /** Name lookup, TCP and TLS together. */
  readonly connect: number;
  /** From the last byte sent to the head of the answer. */
  readonly headers: number;
  /** The same for what the server has to store. */
  readonly writeHeaders: number;
  /** One try of a GET or DELETE as a whole. */
  readonly read: number;
  /** One page of a LIST as a whole. */
  readonly list: number;
  /** One try of a POST or PUT as a whole. */
  readonly write: number;
  /** Without a byte in the answer of a pod proxy. */
  readonly proxyQuiet: number;
  /** Without a byte in a watch. */
  readonly watchQuiet: number;
  /** A watch that ends sooner than this, having told nothing, has been refused. */
  readonly watchAtOnce: number;
  /** A credential plugin. */
  readonly plugin: number;
  /** How long a call waits for a server that has never answered. */
  readonly firstContact: number;
  /** How long a call waits for a server that has answered before, and is away. */
  readonly offline: number;
  /** How long a call waits for a server that answers 500. */
  readonly broken: number;
  /** Objects in a page of a LIST. */
  readonly page: number;
  /** The same, where each may be a mebibyte. */
  readonly largePage: number;
  /** Requests in a second, and how many may come at once. */
  readonly rate: number;
  readonly burst: number;
  /** Bytes in one line of a watch. */
  readonly line: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const LIMITS: Limits = {
  connect: 5 * SECOND,
  headers: 15 * SECOND,
  writeHeaders: 30 * SECOND,
  read: 30 * SECOND,
  list: MINUTE,
  write: MINUTE,
  proxyQuiet: MINUTE,
  watchQuiet: 5 * MINUTE,
  watchAtOnce: SECOND,
  plugin: MINUTE,
  firstContact: 15 * SECOND,
  offline: 30 * MINUTE,
  broken: 2 * MINUTE,
  page: 500,
  largePage: 20,
  rate: 10,
  burst: 20,
  line: 32 * 1024 * 1024,
};
