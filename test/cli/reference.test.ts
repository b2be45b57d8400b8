import { expect, test } from 'vitest';
import { readStageNames } from '../../scripts/stage-names.ts';
import { wholeProgram } from '../../src/cli/program.ts';
import { reference } from './reference.ts';
import { Terminal } from './terminal.ts';

test('docs/cli.md is what the commands are', async () => {
  const { defaultPipeline, pipelines } = readStageNames('templates');
  const program = await wholeProgram(pipelines[defaultPipeline] ?? [], new Terminal().context());
  await expect(reference(program)).toMatchFileSnapshot('../../docs/cli.md');
});
