import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import { isExecutable } from '../images/image-folder.ts';

/**
 * Throws `bad-pipeline` for a program in `bin/` of an image's folder that no machine could start; what is not there may
 * come from elsewhere on PATH. `roots`: where the folder is looked for; `image`: its name.
 */
export function checkEngineProgram(roots: readonly string[], image: string, program: string): void {
  const folder = roots.map((root) => join(root, image)).find((path) => existsSync(path));
  const shown = `${image}/bin/${program}`;
  const file = folder === undefined || program.includes('/') ? undefined : join(folder, 'bin', program);
  if (file === undefined || !existsSync(file)) return;
  if (!isExecutable(file)) {
    throw new UserError('bad-pipeline', `${shown} cannot be started: it is not executable`, {
      hint: `\`chmod +x ${shown}\``,
    });
  }
  const [first = ''] = readFileSync(file, 'latin1').split('\n', 1);
  if (first.startsWith('#!') && first.endsWith('\r')) {
    throw new UserError('bad-pipeline', `${shown} cannot be started: its first line ends with CR LF`, {
      hint: `save it with the line ends of Unix: \`sed -i 's/\\r$//' ${shown}\``,
    });
  }
}
