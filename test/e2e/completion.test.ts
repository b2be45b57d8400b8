import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SqliteRunStore } from '../../src/adapters/sqlite/run-store.ts';
import { completionScript, type Shell } from '../../src/cli/completion/scripts.ts';
import { recordOf } from '../fakes/records.ts';
import { LAUNCHER, Person } from './program.ts';

/* The scripts of `completion` in the shells they are for. */

/** What would be there if anything of it were run. */
const TRAP = 'pwned';
const HOSTILE = `$(touch ${TRAP})`;
/** util-linux: gives a program a terminal, and shows what it writes there. */
const SCRIPT = '/usr/bin/script';

let person: Person;
let script: Record<Shell, string>;
beforeEach(async () => {
  person = new Person();
  // A folder that a shell would trip over, if its name were not quoted.
  const home = join(person.folder, `it's ${HOSTILE} "here" \\`);
  mkdirSync(home);
  symlinkSync(LAUNCHER, join(home, 'ilab-backend.js'));
  const written = (shell: Shell): string => {
    const path = join(person.folder, `completion.${shell}`);
    writeFileSync(path, completionScript(shell, join(home, 'ilab-backend.js')));
    return path;
  };
  script = { bash: written('bash'), zsh: written('zsh'), fish: written('fish'), powershell: written('powershell') };
  const store = new SqliteRunStore(person.stateDir);
  await store.create(recordOf('weekly-47'), '{}');
  await store.create({ ...recordOf('other'), id: 'other', name: HOSTILE as never }, '{}');
  mkdirSync(join(person.project, 'pipelines', HOSTILE), { recursive: true });
  writeFileSync(join(person.project, 'pipelines', HOSTILE, 'pipeline.yaml'), 'kind: Pipeline\n');
});
afterEach(() => {
  expect(readdirSync(person.project)).not.toContain(TRAP);
  person.leave();
});

function inProject(program: string, ...args: readonly string[]) {
  return execa(program, args, { cwd: person.project, env: person.env, extendEnv: false, reject: false });
}

/** What divides words in bash, as it begins; `@` goes where hostnames are not completed, as with bash-completion. */
const BREAKS = ' \t\n"\'@><=;|&(:';

/** COMPREPLY after TAB at the end of `line`, `words` being what bash makes of it. */
async function bash(line: string, words: readonly string[], breaks = BREAKS): Promise<readonly string[]> {
  const program = `source "$1"; COMP_WORDBREAKS=$2; shift 2; COMP_LINE=$1 COMP_POINT=\${#1}; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _ilab_backend ilab-backend; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await inProject(
    'bash',
    '--norc',
    '-c',
    program,
    'bash',
    script.bash,
    breaks,
    line,
    ...words,
  );
  expect(stderr).toBe('');
  return stdout.split('\n');
}

async function fish(line: string): Promise<readonly string[]> {
  const { stdout, stderr } = await inProject(
    'fish',
    '--no-config',
    '-c',
    `source $argv[1]; complete -C $argv[2]`,
    script.fish,
    line,
  );
  expect(stderr).toBe('');
  return stdout.split('\n').map((one) => one.split('\t')[0] ?? '');
}

/** Types `keys` to a shell on a terminal, until it has shown `wanted`. */
async function typed(shell: string, setUp: string, keys: string, wanted: RegExp): Promise<void> {
  const terminal = execa(SCRIPT, ['-qec', `stty cols 200; exec ${shell}`, '/dev/null'], {
    ...{ cwd: person.project, env: { ...person.env, TERM: 'xterm', PS1: '> ' }, extendEnv: false, reject: false },
  });
  let shown = '';
  let look = (): void => undefined;
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    look();
  });
  const until = (text: RegExp): Promise<void> =>
    new Promise((done, failed) => {
      look = () => text.test(shown) && done();
      terminal.stdout.once('end', () => failed(new Error(`it ended without ${text}: ${shown}`)));
      look();
    });
  // What is echoed does not count: the words are put together by the shell.
  terminal.stdin.write(`${setUp}; printf '%s%s\\n' rea dy\r`);
  await until(/ready/);
  shown = '';
  terminal.stdin.write(keys);
  await until(wanted);
  // To the end of the line, away with it, and out.
  terminal.stdin.write('\u0005\u0015exit\r');
  await terminal;
}

describe('bash', () => {
  test('offers names of runs, and nothing that it would run', async () => {
    expect(await bash('ilab-backend logs ', ['ilab-backend', 'logs', ''])).toEqual(['weekly-47', '@latest']);
    expect(await bash('ilab-backend run ', ['ilab-backend', 'run', ''])).toEqual(['hello', 'instructlab']);
  });

  test('puts together what it divides at = and @, and takes off what it keeps', async () => {
    const output = ['ilab-backend', 'run', '--output', '=', 'j'];
    expect(await bash('ilab-backend run --output=j', output)).toEqual(['json']);
    // With it goes the @ itself.
    expect(await bash('ilab-backend logs @l', ['ilab-backend', 'logs', '@', 'l'])).toEqual(['@latest']);
    expect(await bash('ilab-backend logs @l', ['ilab-backend', 'logs', '@l'], ' =:')).toEqual(['@latest']);
    expect(await bash("ilab-backend logs 'w", ['ilab-backend', 'logs', "'w"])).toEqual(['weekly-47']);
    const quoted = ['ilab-backend', 'logs', '--state-dir', `"${person.stateDir}"`, 'w'];
    expect(await bash(quoted.join(' '), quoted)).toEqual(['weekly-47']);
  });

  test('runs nothing of what was typed', async () => {
    for (const word of [HOSTILE, `"${HOSTILE}"`, `\`touch ${TRAP}\``, `x;touch ${TRAP}`]) {
      const words = ['ilab-backend', 'logs', word, '--project', word, ''];
      await bash(words.join(' '), words);
    }
  });

  test('completes on a terminal', async ({ skip }) => {
    if (!existsSync(SCRIPT)) skip(`needs ${SCRIPT}`);
    await typed('bash --norc -i', `source '${script.bash}'`, 'ilab-backend resume week\t', /weekly-47 /);
  });
});

describe('zsh', () => {
  test('completes on a terminal, and runs nothing', async ({ skip }) => {
    if (!existsSync('/usr/bin/zsh') || !existsSync(SCRIPT)) skip('needs zsh and script');
    const setUp = `autoload -U compinit; compinit -u -D; source '${script.zsh}'`;
    await typed('zsh -f -i', setUp, 'ilab-backend resume week\t', /weekly-47/);
    await typed(
      'zsh -f -i',
      setUp,
      `ilab-backend logs '${HOSTILE}' --output-form=x week\t\u0015ilab-backend stat\t`,
      /status/,
    );
  });
});

describe('fish', () => {
  test('offers names, and runs nothing', async ({ skip }) => {
    if (!existsSync('/usr/bin/fish')) skip('needs fish');
    expect(await fish('ilab-backend logs ')).toEqual(expect.arrayContaining(['weekly-47', '@latest']));
    expect(await fish('ilab-backend run --output=j')).toEqual(['--output=json']);
    for (const word of [`'${HOSTILE}'`, `(touch ${TRAP})`, `x;touch ${TRAP}`]) await fish(`ilab-backend logs ${word} `);
  });
});

test('looking makes no state folder', async () => {
  const place = join(person.folder, 'none');
  const { stdout, exitCode } = await person.type('__complete', '--', 'logs', '--state-dir', place, '');
  expect([exitCode, stdout]).toEqual([0, ':words\n']);
  expect(existsSync(place)).toBe(false);
});

test('nor does it change one', async () => {
  const before = readdirSync(person.stateDir);
  await person.type('__complete', '--', 'logs', '');
  expect(readdirSync(person.stateDir)).toEqual(before);
  expect(
    new DatabaseSync(join(person.stateDir, 'journal.db'), { readOnly: true }).prepare('SELECT 1').get(),
  ).toBeDefined();
});
