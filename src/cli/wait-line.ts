import type { PlanDeps } from '../actions/deps.ts';
import { oneLine } from '../ui/text/sanitize.ts';
import { cutTo } from '../ui/text/text-width.ts';
import type { CliContext, Output } from './context.ts';

/** Until then nobody wonders. */
const QUIET_MS = 1000;

/** Says on a terminal what a command waits for, once it took a second, in a line that goes before the result comes. */
class WaitLine {
  readonly #output: Output;
  readonly #began: number;
  #timer: NodeJS.Timeout | undefined;
  #what = '';
  #shown = '';

  constructor(output: Output) {
    this.#output = output;
    this.#began = performance.now();
  }

  /** What is waited for from now on. Also where whoever works gives no timer a turn, the line is right from the next call on. */
  readonly at = (what: string): void => {
    this.#what = what;
    const left = QUIET_MS - (performance.now() - this.#began);
    if (left <= 0) this.#show();
    else this.#timer ??= setTimeout(() => this.#show(), left).unref();
  };

  end(): void {
    clearTimeout(this.#timer);
    if (this.#shown !== '') this.#output.write('\r\u001b[K');
    this.#shown = '';
  }

  #show(): void {
    const { isTTY, isDumb, columns } = this.#output;
    if (!isTTY || isDumb || this.#shown === this.#what) return;
    this.#shown = this.#what;
    // A line that breaks could not be taken back.
    this.#output.write(`\r\u001b[K${cutTo(oneLine(this.#what), columns - 1)}`);
  }
}

/** Does work that may take long; `at` says what is being done. */
export async function telling<T>(context: CliContext, work: (at: (what: string) => void) => Promise<T>): Promise<T> {
  const line = new WaitLine(context.stderr);
  try {
    return await work(line.at);
  } finally {
    line.end();
  }
}

/** The same place, which says what of it is being read. */
export function tellingDeps<T extends PlanDeps>(deps: T, at: (what: string) => void): T {
  const { sources, store } = deps;
  const pin: typeof sources.pin = (request, ...rest) => {
    at(`reading ${request.location}`);
    return sources.pin(request, ...rest).finally(() => at(`looking what ${store.place} has`));
  };
  // A store may be an object of a class: what is not named here would be lost.
  const told: PlanDeps['sources'] = {
    pin,
    place: (...asked) => sources.place(...asked),
    placed: () => sources.placed(),
    free: (...asked) => sources.free(...asked),
  };
  return { ...deps, sources: told };
}
