import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runProgram, wholeProgram } from '../../src/cli/program.ts';
import { asksForJson, reportError } from '../../src/cli/report-error.ts';
import { ERRORS, UserError } from '../../src/domain/errors.ts';
import { Sheet, Terminal } from './terminal.ts';

const PERSON = { home: '/home/ada', isProgram: false };

async function type(
  line: string,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const terminal = new Terminal();
  const argv = line.split(' ').filter((word) => word !== '');
  const exitCode = await runProgram(argv, ['datagen', 'train'], terminal.context()).catch((error: unknown) =>
    reportError(error, terminal.stderr, PERSON),
  );
  return { exitCode, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
}

describe('help and version', () => {
  test.each(['--help', '-h', 'help'])(
    '%s goes to stdout, ends with 0 and names every command and stage',
    async (line) => {
      const { exitCode, stdout, stderr } = await type(line);
      expect(exitCode).toBe(0);
      expect(stderr).toBe('');
      for (const { name, summary } of COMMANDS) {
        expect(stdout).toContain(name);
        expect(stdout).toContain(summary);
      }
      expect(stdout).toContain('train');
    },
  );

  test('--version prints the version alone', async () => {
    expect(await type('--version')).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
  });

  test.each(COMMANDS.map(({ name }) => name))('%s --help shows its options', async (name) => {
    const { exitCode, stdout } = await type(`${name} --help`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`ilab-backend ${name}`);
    expect(stdout).toContain('Options:');
    expect(await type(`help ${name}`)).toMatchObject({ exitCode: 0, stdout });
  });
});

test('groups of flags come in one order in every help', async () => {
  const terminal = new Terminal();
  const orders: string[] = [];
  const visit = (command: Command): void => {
    const titles = command.helpInformation().match(/^[A-Z][A-Za-z ]*:$/gm) ?? [];
    orders.push(titles.filter((title) => !['Arguments:', 'Commands:', 'Examples:'].includes(title)).join(' '));
    command.commands.forEach(visit);
  };
  (await wholeProgram(['train'], terminal.context())).commands.forEach(visit);
  expect(orders).toContain('What runs: Values: Options: Where:');
  for (const order of orders) expect(order).toMatch(/^(What runs: ?)?(Values: ?)?(Options: ?)?(Where:)?$/);
});

test('no line of any help is wider than a terminal of 80 columns', async () => {
  const terminal = new Terminal();
  const lines = (await type('--help')).stdout.split('\n');
  const visit = (command: Command): void => {
    command.outputHelp();
    command.commands.forEach(visit);
  };
  (await wholeProgram(['train'], terminal.context())).commands.forEach(visit);
  const all = [...lines, ...terminal.stdout.text.split('\n')];
  expect(all.length).toBeGreaterThan(COMMANDS.length * 10);
  expect(all.filter((line) => line.length > 80)).toEqual([]);
});

describe('what is typed wrong ends with 2 and one clear message', () => {
  test.each([
    ['', 'Usage: ilab-backend'],
    ['stauts x', '(Did you mean status?)'],
    ['status', "missing required argument 'run'"],
    ['status x --outptu json', '(Did you mean --output?)'],
    ['status x -o jsno', 'Allowed choices are'],
    ['list a b', 'too many arguments'],
    ['watch x --timeout 3', 'Give a number and a unit: 30s, 5m, 2h, 7d.'],
    ['logs x --tail -1', ''],
    ['status x --target local -n team', '--target local has no --namespace'],
    ['status x --nope', 'see `ilab-backend help status`'],
    ['train --nope', 'see `ilab-backend help train`'],
    ['stauts x', 'docs/errors.md#bad-usage'],
    ['stauts --help', "unknown command 'stauts' (Did you mean status?)"],
    ['help stauts', "unknown command 'stauts' (Did you mean status?)"],
    ['explain', "missing required argument 'parameter'"],
    ['diff x', '`ilab-backend diff RUN @latest`'],
    ['diff', '`ilab-backend diff RUN @latest`'],
    ['version', 'the version: `ilab-backend --version`'],
    ['resume x --set a=b', '`ilab-backend run --set NAME=VALUE`'],
    ['resume x -f values.yaml', '`ilab-backend run --set NAME=VALUE`'],
    ['resume x --detach --takeover', "'--takeover' cannot be used with option '--detach'"],
  ])('%s', async (line, message) => {
    const { exitCode, stdout, stderr } = await type(line);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('what to type instead', () => {
  test.each([
    ['status', 'ilab-backend status @latest'],
    ['logs', 'ilab-backend logs @latest'],
    ['pipelines show', 'ilab-backend help pipelines'],
  ])('%s', async (line, hint) => {
    expect((await type(line)).stderr).toContain(hint);
  });

  const stage = (name: string) => ({ name, needs: [], engines: [], variants: [], inputs: [], outputs: [] });
  const library = {
    listPipelines: async () => ['broken', 'mine'].map((name) => ({ name, folder: `pipelines/${name}` })),
    describePipeline: async (_: unknown, name: string) => {
      if (name === 'broken') throw new UserError('bad-pipeline', 'it is');
      return { name, folder: '', version: '1.0.0', stages: [stage('tally')], profiles: [], params: [] };
    },
  };

  test('a stage of another pipeline than the default', async () => {
    await expect(runProgram(['tally'], ['datagen'], new Terminal().context(library))).rejects.toMatchObject({
      code: 'bad-usage',
      message: "unknown command 'tally'",
      hint: 'tally is a stage of the pipeline mine: `ilab-backend run mine --only tally`',
    });
  });

  test('a stage behind --no-reuse, which is taken for the pipeline', async () => {
    const noPipeline = (name: string, hint: string) => ({
      openProject: () => Promise.reject(new UserError('unknown-pipeline', `there is no pipeline ${name}`, { hint })),
    });
    const told = (argv: readonly string[], opener: ReturnType<typeof noPipeline>) =>
      expect(runProgram(argv, ['train'], new Terminal().context(opener))).rejects;
    const list = noPipeline('train', 'pipelines: mine');
    const meant = 'did you mean `--no-reuse=train`? pipelines: mine';
    await told(['plan', '--no-reuse', 'train'], list).toMatchObject({ code: 'unknown-pipeline', hint: meant });
    await told(['plan', 'train', '--no-reuse'], list).toMatchObject({ hint: 'pipelines: mine' });
    const near = noPipeline('mime', 'did you mean mine? pipelines: mine');
    await told(['plan', '--no-reuse', 'mime'], near).toMatchObject({ hint: 'did you mean mine? pipelines: mine' });
  });

  test('a word that is nothing', async () => {
    await expect(runProgram(['xyz'], ['datagen'], new Terminal().context(library))).rejects.toMatchObject({
      code: 'bad-usage',
      hint: 'see `ilab-backend help`',
    });
  });
});

describe('what stops a command', () => {
  test.each(Object.entries(ERRORS))(
    '%s has the exit code of the table and shows its hint and its page',
    (name, { exitCode, hint }) => {
      const code = name as keyof typeof ERRORS;
      const docs = `docs/errors.md#${code}`;
      const [person, program] = [new Sheet(), new Sheet()];
      const fault = new UserError(code, 'what happened');
      expect(reportError(fault, person, PERSON)).toBe(exitCode);
      expect(person.text).toBe(
        `ilab-backend: what happened\n  ${hint}\n  more: ilab-backend explain ${code} (${docs})\n`,
      );
      expect(reportError(fault, program, { ...PERSON, isProgram: true })).toBe(exitCode);
      expect(program.text.indexOf('\n')).toBe(program.text.length - 1);
      expect(JSON.parse(program.text)).toEqual({ error: { code, message: 'what happened', hint, docs, exitCode } });
    },
  );

  test.each(Object.keys(ERRORS))('%s is explained by its code, where nothing else can be read', async (code) => {
    const { exitCode, stdout } = await type(`explain ${code}`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${code}: exit code ${ERRORS[code as keyof typeof ERRORS].exitCode}\n`);
    expect(stdout).toContain('\nWhat to do:\n- ');
    expect(stdout).toContain('Page: /package/docs/errors.md');
  });

  test('so is the reason of an attempt', async () => {
    expect((await type('explain outcome-deadline')).stdout).toMatch(/^outcome-deadline: exit code 3, class \w+/);
    const { stdout } = await type('explain outcome-exit -o json');
    expect(JSON.parse(stdout)).toMatchObject({ code: 'outcome-exit', exitCode: 3, page: '/package/docs/errors.md' });
  });

  test.each([false, true])(
    'a bug of ours ends with 70 and shows a trace without home and tokens (program: %s)',
    (isProgram) => {
      const sheet = new Sheet();
      const error = new Error('boom in /home/ada/x with hf_abcdefghijklmnop');
      expect(reportError(error, sheet, { ...PERSON, isProgram })).toBe(70);
      expect(sheet.text).toContain('boom in ~/x with hf_***');
      expect(sheet.text).toContain('this is a bug of ilab-backend');
      expect(sheet.text).not.toContain('/home/ada');
      if (isProgram) expect(JSON.parse(sheet.text)).toMatchObject({ error: { code: 'bug', exitCode: 70 } });
    },
  );

  test.each<[string, boolean]>([
    ['status x -o json', true],
    ['status x -ojson', true],
    ['status x --output json', true],
    ['status x --output=json', true],
    ['status json -o yaml', false],
    ['run --set name=json', false],
  ])('%s asks for JSON: %s', (line, asked) => {
    expect(asksForJson(line.split(' '))).toBe(asked);
  });
});
