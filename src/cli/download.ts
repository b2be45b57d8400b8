import type { Downloaded, DownloadProgress } from '../actions/artifacts/download-artifacts.ts';
import { formatBytes } from '../ui/text/format.ts';
import { oneLine } from '../ui/text/sanitize.ts';
import type { Output } from './context.ts';

/** A terminal is written to when so many thousandths more have come. */
const STEPS = 200;

/** Shows how far a download is: one line that moves on a terminal, a line for each artifact elsewhere. */
export class DownloadLine {
  readonly #output: Output;
  #artifact = '';
  #step = -1;

  constructor(output: Output) {
    this.#output = output;
  }

  show({ artifact, received, total }: DownloadProgress): void {
    const isNew = artifact !== this.#artifact;
    if (isNew) this.#begin(artifact, total);
    if (!this.#moves) return;
    const step = total === 0 ? STEPS : Math.floor((STEPS * received) / total);
    if (step === this.#step) return;
    this.#step = step;
    const percent = Math.floor((100 * step) / STEPS);
    this.#output.write(`\r\u001b[K${oneLine(artifact)}: ${percent} % of ${formatBytes(total)}`);
  }

  /** The line goes: what follows is the result. */
  end(): void {
    if (this.#moves && this.#artifact !== '') this.#output.write('\r\u001b[K');
  }

  get #moves(): boolean {
    return this.#output.isTTY && !this.#output.isDumb;
  }

  #begin(artifact: string, total: number): void {
    this.#artifact = artifact;
    this.#step = -1;
    if (!this.#moves) this.#output.write(`${oneLine(artifact)}: ${formatBytes(total)}\n`);
  }
}

/** What came of it, in a line an artifact. */
export function downloadLines(done: readonly Downloaded[], folder: string): string {
  return done
    .map(({ path, files, size, kept }) => {
      const count = files === 1 ? '1 file' : `${files} files`;
      const before = kept === 0 ? '' : kept === files ? ', here already' : `, ${kept} of them here already`;
      return `${oneLine(`${folder}/${path}`)}  ${count}, ${formatBytes(size)}${before}`;
    })
    .join('\n');
}
