import type { Diagnosis } from '../../../domain/diagnosis/diagnosis.ts';
import type { Finding } from '../../../domain/diagnosis/finding.ts';
import { type Cause, endedWell } from '../../../domain/diagnosis/likely-causes.ts';
import { counted } from '../../../domain/publication/markdown.ts';
import { eventLine } from '../event-line.ts';
import { oneLine, sanitize, type TextOptions } from '../sanitize.ts';
import { statusText } from './status-text.ts';

/** One section, and how much is in it. */
export interface DiagnosisPart {
  readonly title: string;
  /** `14 events`; for the list that is printed. */
  readonly amount: string;
  readonly body: string;
}

/** The sections of a diagnosis in the order of the page; those with nothing in them are left out. */
export function diagnosisParts(diagnosis: Diagnosis): readonly DiagnosisPart[] {
  const { causes, findings, events, values, manifests, logs, objects, placeEvents, missing, record, sights } =
    diagnosis;
  const now = new Date(diagnosis.madeAt);
  const known = {
    ending: diagnosis.ending,
    sights: new Map(sights.map(({ stage, sight }) => [stage, sight] as const)),
    now,
    place: diagnosis.place,
  };
  const toldEvents = events.flatMap((event) => {
    const line = eventLine(event);
    return line === undefined ? [] : [{ ...line, time: event.time }];
  });
  const parts: readonly (DiagnosisPart | undefined)[] = [
    endedWell(diagnosis.ending) ? goodEnd(diagnosis) : badEnd(causes),
    { title: 'How it stands', amount: 'the status', body: fenced(statusText(record, known)) },
    listed(
      'What could not be had',
      missing,
      ['thing that could not be had', 'things that could not be had'],
      (sentence) => `- ${plain(sentence)}`,
    ),
    place(findings, ({ name, state, message, fix }) => {
      return `- ${state}: ${plain(name)}: ${plain(message)}${fix === undefined ? '' : `. ${plain(fix)}`}`;
    }),
    block('Events of the run', toldEvents, ['event', 'events'], ({ time, subject, text }) => {
      return `${time} ${subject === undefined ? '' : `${subject}: `}${text}`;
    }),
    block('Events of the cluster', placeEvents, ['event of the cluster', 'events of the cluster'], (event) => {
      const often = event.count > 1 ? ` (${event.count} times)` : '';
      return oneLine(`${event.time} ${event.type} ${event.object} ${event.reason}: ${event.message}${often}`);
    }),
    block('Objects of the cluster', objects, ['object of the cluster', 'objects of the cluster'], ({ name, state }) => {
      return `${oneLine(name)} ${sanitize(JSON.stringify(state))}`;
    }),
    block('Values and where they come from', values, ['value', 'values'], ({ path, value, origin }) => {
      return oneLine(`${path} = ${JSON.stringify(value)}   (${origin})`);
    }),
    several(
      'Manifests',
      counted(manifests.length, 'manifest', 'manifests'),
      manifests.map(({ stage, attempt, digest, isSame, yaml }) => {
        const how = isSame ? 'as they were submitted' : 'NOT as they were submitted: an input can no longer be had';
        return `### ${stage}, attempt ${attempt}\n\nsha256:${digest}, ${how}\n\n${fenced(shown(yaml), 'yaml')}`;
      }),
    ),
    several(
      'Logs',
      counted(
        logs.reduce((sum, { lines }) => sum + lines, 0),
        'log line',
        'log lines',
      ),
      logs.map(({ stage, attempt, text, lines }) => {
        const head = `### ${stage}, attempt ${attempt}`;
        return lines === 0
          ? `${head}\n\nno line`
          : `${head}\n\nThe last ${counted(lines, 'line', 'lines')}:\n\n${fenced(shown(text))}`;
      }),
    ),
    {
      title: 'The record',
      amount: 'the record',
      body: fenced(shown(JSON.stringify(record, undefined, 1)), 'json'),
    },
  ];
  return parts.filter((part) => part !== undefined);
}

/** What is well is no finding; it is in the page all the same, and counted as looks. */
function place(findings: Diagnosis['findings'], line: (finding: Finding) => string): DiagnosisPart | undefined {
  const part = listed('The place it runs in', findings, ['look at the place', 'looks at the place'], line);
  const wrong = findings.filter(isWrong).length;
  const found = wrong === 0 ? 'nothing to mend' : counted(wrong, 'thing to mend', 'things to mend');
  return part && { ...part, amount: `${part.amount}: ${found}` };
}

function isWrong({ state }: Finding): boolean {
  return state === 'problem' || state === 'warning';
}

function badEnd(causes: readonly Cause[]): DiagnosisPart {
  const title = 'Likely causes';
  if (causes.length === 0) return { title, amount: 'no likely cause', body: 'Nothing wrong was found.' };
  const amount = counted(causes.length, 'likely cause', 'likely causes');
  return { title, amount, body: causes.map(causeText).join('\n\n') };
}

function goodEnd({ causes, ending, findings }: Diagnosis): DiagnosisPart {
  const found = findings.filter(isWrong);
  const body = [
    `${plain(ending.message)}.`,
    ...(causes.length === 0 ? [] : ['What went wrong on the way:', causes.map(causeText).join('\n\n')]),
    ...(found.length === 0
      ? []
      : [`${findingsPhrase(found.length)} where it lives, below; the run came to its end all the same.`]),
  ];
  return { title: 'It ended well', amount: 'that it ended well', body: body.join('\n\n') };
}

/** What a person is told once the page is written: what is likeliest, or that it ended well. */
export function diagnosisVerdict({ causes, ending, findings }: Diagnosis, options?: TextOptions): string {
  const [first] = causes;
  const what = first === undefined ? undefined : oneLine(first.what, options);
  if (!endedWell(ending)) return what === undefined ? 'nothing wrong was found' : `likeliest: ${what}`;
  const found = findings.filter(isWrong).length;
  return [
    `it ended well: ${oneLine(ending.message, options)}`,
    ...(what === undefined ? [] : [`on the way: ${what}`]),
    ...(found === 0 ? [] : [`${findingsPhrase(found)} where it lives`]),
  ].join('; ');
}

function findingsPhrase(count: number): string {
  return `\`doctor\` finds ${counted(count, 'thing', 'things')} to mend`;
}

/** A diagnosis as a page of Markdown: what matters first, everything else below. */
export function diagnosisPage(diagnosis: Diagnosis): string {
  const { run, madeAt, program, place } = diagnosis;
  const parts = diagnosisParts(diagnosis);
  return `${[
    `# Diagnosis of ${run}`,
    `Made ${madeAt} by ilab-backend ${program.version} (Node ${program.node}, ${program.os}); the run lives in ${plain(place)}.`,
    DIAGNOSIS_CONTENTS,
    `In it: ${parts.map(({ amount }) => amount).join(', ')}.`,
    ...parts.map(({ title, body }) => `## ${title}\n\n${body}`),
  ].join('\n\n')}\n`;
}

/** What a reader must know before the page is given away. */
export const DIAGNOSIS_CONTENTS = `It names users, hosts, folders, addresses and images, and has the values and the last log lines of the run. Values of secrets are taken out: those that this machine knows, and what looks like one. Look through it before you give it to anybody.`;

function causeText({ what, because, remedies }: Cause, index: number): string {
  const more = [
    ...because.map((text) => `   - ${plain(text)}`),
    ...remedies.map((text) => `   - to do: ${plain(text)}`),
  ];
  return [`${index + 1}. ${plain(what)}`, ...more].join('\n');
}

function listed<T>(
  title: string,
  items: readonly T[],
  [one, many]: readonly [string, string],
  line: (item: T) => string,
): DiagnosisPart | undefined {
  if (items.length === 0) return undefined;
  return { title, amount: counted(items.length, one, many), body: items.map(line).join('\n') };
}

function block<T>(
  title: string,
  items: readonly T[],
  [one, many]: readonly [string, string],
  line: (item: T) => string,
): DiagnosisPart | undefined {
  const part = listed(title, items, [one, many], line);
  return part && { ...part, body: fenced(part.body) };
}

function several(title: string, amount: string, bodies: readonly string[]): DiagnosisPart | undefined {
  return bodies.length === 0 ? undefined : { title, amount, body: bodies.join('\n\n') };
}

/** A block that nothing in it can end. */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

function shown(text: string): string {
  return text
    .split('\n')
    .map((line) => sanitize(line))
    .join('\n');
}

/** One line outside a block: what is in it is no HTML and mentions nobody, but for the commands in code spans. */
function plain(text: string): string {
  return oneLine(text)
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('@', '[at]')))
    .join('');
}
