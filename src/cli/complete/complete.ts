import type { Command } from 'commander';
import { COMMANDS } from '../commands.ts';
import type { CliContext } from '../context.ts';
import type { Candidate, Offer } from './candidates.ts';

/** Who pressed a key waits two seconds at most, from the start of the program to its end; what is looked up gets what is left. */
const PATIENCE_MS = 1800;
const LEAST_PATIENCE_MS = 500;
/** What no shell reads as more than a word; nothing else is offered, whoever named it. */
const PLAIN = /^[A-Za-z0-9@._=:,/+-]+$/;
const LONGEST_MEANING = 70;

/** What was typed when Tab was pressed. */
export interface CompletionRequest {
  /** As typed behind the program's name; the last one is unfinished, and may be empty. */
  readonly words: readonly string[];
  readonly stageNames: readonly string[];
  /** The program with the options of the command that was typed. */
  readonly open: () => Promise<Command>;
}

/**
 * Prints what the last word can become, one a line with a tab and its meaning, and a last line `:words`, `:nospace`, `:files` or
 * `:folders`. Writes nothing else, changes nothing, and ends in time: with nothing where it cannot tell.
 */
export async function complete(request: CompletionRequest, context: CliContext): Promise<void> {
  const { candidates, kind, before, current } = await find(request, context);
  const lines = candidates
    .filter(({ text }) => text.startsWith(current) && PLAIN.test(text))
    .map(({ text, meaning }) => `${before}${text}\t${oneLine(meaning ?? '')}`);
  context.stdout.write(`${[...lines, `:${kind}`].join('\n')}\n`);
}

type Found = Offer & { readonly before: string; readonly current: string };

const NOTHING: Offer = { candidates: [], kind: 'words' };

async function inTime(found: Promise<Offer>): Promise<Offer> {
  const late = Promise.withResolvers<Offer>();
  const timer = setTimeout(() => late.resolve(NOTHING), Math.max(LEAST_PATIENCE_MS, PATIENCE_MS - performance.now()));
  try {
    return await Promise.race([found, late.promise]);
  } catch {
    // A project that cannot be read, a cluster that refuses: people hear of it when they enter the line.
    return NOTHING;
  } finally {
    clearTimeout(timer);
  }
}

async function find({ words, stageNames, open }: CompletionRequest, context: CliContext): Promise<Found> {
  const [first = '', ...rest] = words;
  // Nothing is loaded for the first word.
  if (rest.length === 0 && !first.startsWith('-')) {
    return { candidates: commandNames(stageNames), kind: 'words', before: '', current: first };
  }
  if (first === 'help') {
    const candidates = rest.length === 1 ? commandNames(stageNames) : [];
    return { candidates, kind: 'words', before: '', current: rest.at(-1) ?? '' };
  }
  const [{ readWords }, { offer }, program] = await Promise.all([
    import('./typed-words.ts'),
    import('./candidates.ts'),
    open(),
  ]);
  const typed = readWords(program, words);
  return { ...(await inTime(offer(typed, context))), before: typed.before, current: typed.current };
}

function commandNames(stageNames: readonly string[]): readonly Candidate[] {
  return [
    ...COMMANDS.map(({ name, summary }) => ({ text: name, meaning: summary })),
    ...stageNames.map((name) => ({ text: name, meaning: `Run the stage ${name} alone` })),
    { text: 'help', meaning: 'Show help of a command' },
  ];
}

/** Of a project's files or a stranger's run: shown, so nothing in it may steer a terminal. */
function oneLine(text: string): string {
  const plain = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  return plain.length > LONGEST_MEANING ? `${plain.slice(0, LONGEST_MEANING - 1)}…` : plain;
}
