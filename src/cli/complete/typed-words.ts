import type { Argument, Command, Option } from 'commander';

/** What the last word of an unfinished command line can be, and what was said before it. */
export interface Typed {
  readonly command: Command;
  /** `value`: of an option. `option`: a word that begins with a dash. `argument`: absent where none follows. */
  readonly place:
    | { readonly kind: 'value'; readonly option: Option }
    | { readonly kind: 'option' }
    | { readonly kind: 'argument'; readonly argument: Argument | undefined };
  /** What stands before the part that is completed and has to stay: `--output=`. */
  readonly before: string;
  /** The part of the last word that is completed. */
  readonly current: string;
  /** Options that were given, by long name without dashes, with the last value. */
  readonly given: ReadonlyMap<string, string>;
  /** Arguments that were given to `command`. */
  readonly args: readonly string[];
}

/** Reads the words of a command line, the last one being unfinished; never fails. */
export function readWords(program: Command, words: readonly string[]): Typed {
  const reader = new Reader(program);
  for (const word of words.slice(0, -1)) reader.take(word);
  return reader.last(words.at(-1) ?? '');
}

class Reader {
  #command: Command;
  #waiting: Option | undefined;
  #onlyArguments = false;
  readonly #given = new Map<string, string>();
  #args: string[] = [];

  constructor(program: Command) {
    this.#command = program;
  }

  take(word: string): void {
    if (this.#waiting !== undefined) {
      this.#give(this.#waiting, word);
      this.#waiting = undefined;
    } else if (this.#onlyArguments || !word.startsWith('-') || word === '-') this.#takeArgument(word);
    else if (word === '--') this.#onlyArguments = true;
    else this.#takeOption(word);
  }

  last(word: string): Typed {
    const rest = { command: this.#command, given: this.#given, args: this.#args };
    const option = this.#waiting;
    if (option !== undefined) return { ...rest, place: { kind: 'value', option }, before: '', current: word };
    if (this.#onlyArguments || !word.startsWith('-')) {
      return { ...rest, place: { kind: 'argument', argument: this.#nextArgument() }, before: '', current: word };
    }
    const at = word.indexOf('=');
    const named = at < 0 ? undefined : this.#find(word.slice(0, at));
    if (named === undefined) return { ...rest, place: { kind: 'option' }, before: '', current: word };
    const [before, current] = [word.slice(0, at + 1), word.slice(at + 1)];
    return { ...rest, place: { kind: 'value', option: named }, before, current };
  }

  #takeArgument(word: string): void {
    const below = this.#command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (below === undefined || this.#args.length > 0) this.#args.push(word);
    else this.#command = below;
  }

  #takeOption(word: string): void {
    const at = word.indexOf('=');
    const option = this.#find(at < 0 ? word : word.slice(0, at));
    if (option === undefined) {
      // `-nteam`
      const short = this.#find(word.slice(0, 2));
      if (short?.required === true && word.length > 2) this.#give(short, word.slice(2));
    } else if (at >= 0) this.#give(option, word.slice(at + 1));
    else if (option.required) this.#waiting = option;
    else this.#give(option, '');
  }

  #give(option: Option, value: string): void {
    this.#given.set(longName(option), value);
  }

  #find(flag: string): Option | undefined {
    return this.#command.options.find(({ long, short }) => long === flag || short === flag);
  }

  #nextArgument(): Argument | undefined {
    const all = this.#command.registeredArguments;
    const last = all.at(-1);
    return all[this.#args.length] ?? (last?.variadic === true ? last : undefined);
  }
}

/** Without its dashes: `no-reuse`. */
export function longName({ long, short }: Option): string {
  return (long ?? short ?? '').replace(/^-+/, '');
}
