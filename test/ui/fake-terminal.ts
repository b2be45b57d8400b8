import { Writable } from 'node:stream';

const ESC = '\u001b';
const SEQUENCE = new RegExp(`^${ESC}\\[([?0-9;]*)([A-Za-z])`);

/**
 * A terminal as far as Ink uses one: lines, a cursor, erasing, colours ignored. A sequence it does not know is an
 * error: whatever else is written would do something to a real screen.
 */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  /** Everything that was written, as it was. */
  raw = '';
  cursorIsHidden = false;
  #stopped: (() => void)[] | undefined;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ highWaterMark: 1 });
    this.columns = columns;
    this.rows = rows;
  }

  /** What stands on the screen and above it, without spaces at the ends of lines. */
  get screen(): string {
    return this.#lines.map((line) => line.trimEnd()).join('\n');
  }

  /** Ctrl-S: what is written from now on is taken only after `goOn`. */
  stop(): void {
    this.#stopped = [];
  }

  goOn(): void {
    const stopped = this.#stopped ?? [];
    this.#stopped = undefined;
    for (const take of stopped) take();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error) => void): void {
    if (this.#stopped !== undefined) {
      this.#stopped.push(() => this._write(chunk, encoding, done));
      return;
    }
    const text = chunk.toString();
    this.raw += text;
    let rest = text;
    while (rest !== '') {
      const sequence = SEQUENCE.exec(rest);
      const taken = sequence?.[0] ?? [...rest][0] ?? '';
      if (sequence !== null) this.#obey(sequence[1] ?? '', sequence[2] ?? '');
      else this.#put(taken);
      rest = rest.slice(taken.length);
    }
    done();
  }

  #put(character: string): void {
    if (character === '\n') {
      this.#row += 1;
      this.#column = 0;
      this.#lines[this.#row] ??= '';
      return;
    }
    if (character < ' ' || character === '\u007f')
      throw new Error(`control ${JSON.stringify(character)} reached the terminal`);
    if (this.#column >= this.columns) this.#put('\n');
    const line = [...(this.#lines[this.#row] ?? '').padEnd(this.#column)];
    line[this.#column] = character;
    this.#lines[this.#row] = line.join('');
    this.#column += 1;
  }

  #obey(parameter: string, command: string): void {
    const count = Number(parameter === '' ? 1 : parameter);
    switch (`${parameter.startsWith('?') ? parameter : ''}${command}`) {
      case 'm':
      case '?2026h':
      case '?2026l':
        return;
      case '?25l':
        this.cursorIsHidden = true;
        return;
      case '?25h':
        this.cursorIsHidden = false;
        return;
      case 'A':
        if (count > this.rows) throw new Error('the cursor left the screen');
        this.#row = Math.max(0, this.#row - count);
        return;
      case 'G':
        this.#column = count - 1;
        return;
      case 'K':
        if (parameter === '2') this.#lines[this.#row] = '';
        else if (parameter === '')
          this.#lines[this.#row] = [...(this.#lines[this.#row] ?? '')].slice(0, this.#column).join('');
        else throw new Error(`unknown erasing ${parameter}K`);
        return;
      case 'E':
        this.#row += count;
        this.#column = 0;
        return;
      default:
        throw new Error(`unknown sequence ${parameter}${command}`);
    }
  }
}
