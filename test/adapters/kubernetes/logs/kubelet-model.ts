/** A line as the kubelet has it. */
export interface ModelLine {
  /** Nanoseconds since the container began; the container began at BEGAN. */
  readonly nanos: number;
  readonly text: string;
  /** As it is sent: stamp and text. */
  readonly line: string;
}

const BEGAN = Date.parse('2026-01-01T00:00:00Z');

export type Random = () => number;

/** A generator of numbers in [0, 1) whose sequence follows from its start value. */
export function randomFrom(start: number): Random {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seconds = new Map<number, string>();

function stamp(nanos: number): string {
  const second = Math.floor(nanos / 1e9);
  const text = seconds.get(second) ?? new Date(BEGAN + second * 1000).toISOString().slice(0, 19);
  seconds.set(second, text);
  return `${text}.${String(Math.floor(nanos - second * 1e9)).padStart(9, '0')}Z`;
}

/**
 * What a container wrote, in the order of the file: 5 % of the neighbours stand inverted, by at most 50 ms; the clock of 30 % of the containers
 * is coarse, so that stamps are equal, and there one line in ten says what the one before it said.
 */
export function writeLines(
  random: Random,
  count: number,
  { mayRepeat }: { readonly mayRepeat: boolean },
): readonly ModelLine[] {
  const isCoarse = random() < 0.3;
  const lines: Written[] = [];
  let now = Math.floor(random() * 1e9);
  for (let nth = 0; nth < count; nth += 1) {
    now += Math.floor(random() ** 6 * 4e8);
    const repeats = mayRepeat && isCoarse && nth > 0 && random() < 0.1;
    const text = repeats ? (lines[nth - 1]?.text ?? '') : `line ${nth}${'.'.repeat(Math.floor(random() * 20))}`;
    lines.push({ nanos: isCoarse ? now - (now % 1e8) : now, text });
  }
  for (let nth = 1; nth < count; nth += 1) {
    const [before, after] = [lines[nth - 1] as Written, lines[nth] as Written];
    if (random() < 0.05 && after.nanos - before.nanos <= 5e7) [lines[nth - 1], lines[nth]] = [after, before];
  }
  return lines.map(({ nanos, text }) => ({ nanos, text, line: `${stamp(nanos)} ${text}` }));
}

type Written = Pick<ModelLine, 'nanos' | 'text'>;

export interface ModelOptions {
  /** How many of the newest lines the kubelet still serves when a connection begins; absent = all. */
  readonly keeps?: number;
  /** How often a connection begins its file anew in the middle, as a kubelet does after two rotations; never two in a row. */
  readonly rereads?: number;
  readonly cuts: 'at any byte' | 'between lines';
}

/** How one connection went: `isWhole` when everything written was sent and the container has ended. */
export interface Connection {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** The log of one container, served as a kubelet does while the container goes on. */
export class KubeletModel {
  readonly #lines: readonly ModelLine[];
  readonly #random: Random;
  readonly #options: ModelOptions;
  #written = 0;
  /** Lines before it are rotated away. */
  #base = 0;
  #hasReread = false;

  constructor(lines: readonly ModelLine[], random: Random, options: ModelOptions) {
    this.#lines = lines;
    this.#random = random;
    this.#options = options;
  }

  get hasEnded(): boolean {
    return this.#written === this.#lines.length;
  }

  /** `sinceTime` is cut to whole seconds and is inclusive. A connection before the end is cut somewhere. */
  connect(sinceTime: string | undefined): Connection {
    const { keeps, rereads = 0, cuts } = this.#options;
    const hadEnded = this.hasEnded;
    if (keeps !== undefined) this.#base = Math.max(this.#base, this.#written - keeps);
    this.#written = Math.min(this.#lines.length, this.#written + Math.floor(this.#random() * 40));
    const from = sinceTime === undefined ? 0 : (Math.floor(Date.parse(sinceTime) / 1000) * 1000 - BEGAN) * 1e6;
    const sent = this.#lines.slice(this.#base, this.#written).filter(({ nanos }) => nanos >= from);
    this.#hasReread = !hadEnded && !this.#hasReread && this.#random() < rereads;
    if (this.#hasReread) {
      sent.push(...sent.slice(Math.floor(this.#random() * sent.length)));
    }
    const texts = sent.map(({ line }) => `${line}\n`);
    if (hadEnded) return { bytes: Buffer.from(texts.join('')), isWhole: true };
    if (cuts === 'between lines') {
      const whole = texts.slice(0, Math.floor(this.#random() * (texts.length + 1)));
      return { bytes: Buffer.from(whole.join('')), isWhole: false };
    }
    const bytes = Buffer.from(texts.join(''));
    return { bytes: bytes.subarray(0, Math.floor(this.#random() * (bytes.length + 1))), isWhole: false };
  }
}
