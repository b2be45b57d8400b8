import { PassThrough } from 'node:stream';
import { type Instance, render, type SuspendTerminal, type TerminalSuspension } from 'ink';
import { type PastBlock, RunScreen } from './run-screen.tsx';

/**
 * The frame on a terminal, with what stays above it. It writes only what differs from what stands there, and nothing while
 * the terminal is stopped, slow, or somebody else's.
 */
export class Canvas {
  readonly #stream: NodeJS.WriteStream;
  /** Called when it can be drawn again. */
  readonly #onFree: () => void;
  #instance: Instance | undefined;
  #suspend: SuspendTerminal | undefined;
  #suspension: Promise<TerminalSuspension> | undefined;
  #drawn = '';
  #isWaiting = false;
  #fault: unknown;

  constructor(stream: NodeJS.WriteStream, onFree: () => void) {
    this.#stream = stream;
    this.#onFree = onFree;
  }

  get isAway(): boolean {
    return this.#suspension !== undefined;
  }

  /** Replaces the frame; `past` is only ever appended to. With `last` it waits for nothing. */
  draw(past: readonly PastBlock[], lines: readonly string[], last = false): void {
    if (this.#fault !== undefined || this.isAway) return;
    if (!last && this.#stream.writableNeedDrain) {
      this.#drawWhenTaken();
      return;
    }
    const text = `${past.length}\n${lines.join('\n')}`;
    if (text === this.#drawn) return;
    this.#drawn = text;
    const screen = <RunScreen past={past} lines={lines} onReady={this.#ready} />;
    if (this.#instance === undefined) this.#open(screen);
    else this.#instance.rerender(screen);
  }

  /** Takes the frame off the terminal and shows its cursor; nothing is drawn until `comeBack`. */
  leave(): void {
    this.#suspension ??= this.#suspend?.();
  }

  async comeBack(): Promise<void> {
    const suspension = this.#suspension;
    if (suspension === undefined) return;
    await (await suspension).resume();
    this.#suspension = undefined;
    this.#drawn = '';
    this.#onFree();
  }

  /** The last frame stays. Throws the fault of a frame, which must not stop the run. */
  async close(): Promise<void> {
    await this.#instance?.waitUntilRenderFlush();
    this.#instance?.unmount();
    await this.#instance?.waitUntilExit().catch(() => undefined);
    if (this.#fault !== undefined) throw this.#fault;
  }

  readonly #ready = (suspend: SuspendTerminal): void => {
    this.#suspend = suspend;
  };

  #open(screen: React.JSX.Element): void {
    this.#instance = render(screen, {
      stdout: this.#stream,
      stderr: this.#stream,
      // Ink would put the terminal into raw mode, and Ctrl-C would be a key: keys are read elsewhere.
      stdin: new PassThrough() as unknown as NodeJS.ReadStream,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
      incrementalRendering: true,
      maxFps: 10,
    });
    this.#instance.waitUntilExit().catch((error: unknown) => {
      this.#fault = error;
    });
  }

  /** A terminal that was stopped is shown how things are once it goes on, not all that was. */
  #drawWhenTaken(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#stream.once('drain', () => {
      this.#isWaiting = false;
      this.#onFree();
    });
  }
}
