import { homedir, tmpdir } from 'node:os';
import { openImages } from '../../../src/open-images.ts';
import { PACKAGE_ROOT } from '../../config/harness.ts';

/** The image of the program as these sources make it, which `npm run cluster:images` brings to the nodes. */
export async function programImage(): Promise<string> {
  const named = process.env['ILAB_TEST_PROGRAM_IMAGE'];
  if (named !== undefined) return named;
  const { sources } = await openImages({
    ...{ packageRoot: PACKAGE_ROOT, projectDir: PACKAGE_ROOT, cwd: PACKAGE_ROOT, home: homedir(), env: {} },
    stateDir: tmpdir(),
  });
  return sources.read('program').reference;
}
