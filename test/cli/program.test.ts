import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { reportError } from '../../src/cli/report-error.ts';
import { ERRORS, UserError } from '../../src/domain/errors.ts';
import { Sheet, Terminal } from './terminal.ts';

async function type(
  line: string,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const terminal = new Terminal();
  const argv = line.split(' ').filter((word) => word !== '');
  const exitCode = await runProgram(argv, ['datagen', 'train'], terminal.context()).catch((error: unknown) =>
    reportError(error, terminal.stderr, '/home/ada'),
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
    const terminal = new Terminal();
    expect(await runProgram(['tally'], ['datagen'], terminal.context(library))).toBe(2);
    expect(terminal.stderr.text).toContain("unknown command 'tally'");
    expect(terminal.stderr.text).toContain(
      'tally is a stage of the pipeline mine: `ilab-backend run mine --only tally`',
    );
  });

  test('a word that is nothing', async () => {
    const terminal = new Terminal();
    expect(await runProgram(['xyz'], ['datagen'], terminal.context(library))).toBe(2);
    expect(terminal.stderr.text).not.toContain('--only');
  });
});

describe('what stops a command', () => {
  test.each(Object.entries(ERRORS))(
    '%s has the exit code of the table and shows its hint',
    (code, { exitCode, hint }) => {
      const sheet = new Sheet();
      expect(reportError(new UserError(code as keyof typeof ERRORS, 'what happened'), sheet, '/home/ada')).toBe(
        exitCode,
      );
      expect(sheet.text).toBe(`ilab-backend: what happened\n  ${hint}\n`);
    },
  );

  test('a bug of ours ends with 70 and shows a trace without the home folder and without tokens', () => {
    const sheet = new Sheet();
    const error = new Error('boom in /home/ada/x with hf_abcdefghijklmnop');
    expect(reportError(error, sheet, '/home/ada')).toBe(70);
    expect(sheet.text).toContain('boom in ~/x with hf_***');
    expect(sheet.text).not.toContain('/home/ada');
  });
});
