import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execaSync } from 'execa';

/** Writes `<folder>/<leaf>/qna.yaml`. */
export function writeLeaf(folder: string, leaf: string, text: string): void {
  const file = join(folder, leaf, 'qna.yaml');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A good leaf of a skill: `examples` questions on `subject`. */
export function skill(subject: string, { author = 'somebody', examples = 6 } = {}): string {
  const seeds = Array.from({ length: examples }, (_, number) =>
    [
      `  - question: ${JSON.stringify(`What does ${subject} say to number ${number}?`)}`,
      `    answer: ${JSON.stringify(`It says that ${number} follows ${number - 1}.`)}`,
    ].join('\n'),
  );
  const head = ['version: 3', `created_by: ${JSON.stringify(author)}`, `task_description: ${JSON.stringify(subject)}`];
  return [...head, 'seed_examples:', ...seeds, ''].join('\n');
}

/** A leaf of knowledge whose document is `patterns` of `repo`. */
export function knowledge({ repo = 'https://github.com/somebody/handbook', pattern = 'pond.md' } = {}): string {
  const pairs = [1, 2, 3].map(
    (number) => `      - {question: "What lives at ${number} m?", answer: "Fish ${number}."}`,
  );
  const seeds = [1, 2, 3, 4, 5].flatMap((number) => [
    `  - context: ${JSON.stringify(`At depth ${number} live fish and frogs.`)}`,
    '    questions_and_answers:',
    ...pairs.map((pair) => pair.replace('lives', `${number} lives`)),
  ]);
  return [
    'version: 3',
    'created_by: somebody',
    'domain: ponds',
    'document_outline: What lives in a pond',
    'document:',
    `  repo: ${JSON.stringify(repo)}`,
    '  commit: 0123456789abcdef0123456789abcdef01234567',
    `  patterns: [${JSON.stringify(pattern)}]`,
    'seed_examples:',
    ...seeds,
    '',
  ].join('\n');
}

/** `git` as nobody in particular, in `folder`. */
export function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.org', '-c', 'commit.gpgsign=false'];
  return execaSync('git', [...who, ...args], { cwd: folder }).stdout;
}
