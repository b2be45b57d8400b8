import { readFileSync } from 'node:fs';
import { UserError } from '../../domain/errors.ts';
import { type SecretSource, secretVariable } from './attempt-spec.ts';

/** The environment of this program: where secrets by reference are read. */
export type HostEnv = Readonly<Record<string, string | undefined>>;

/** What a secret is called in messages. */
function nameOfSecret(source: SecretSource): string {
  return source.kind === 'env' ? `env:${source.name}` : `file:${source.path}`;
}

/** The value of a secret as this process can see it; undefined when it cannot. A file loses its last line end. */
export function valueOfSecret(source: SecretSource, env: HostEnv): string | undefined {
  if (source.kind === 'env') return env[source.name];
  try {
    return readFileSync(source.path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** The supervisor's variables for all secrets. Throws `cannot-start` with all that are missing or cannot be passed on. */
export function secretVariables(sources: readonly SecretSource[], env: HostEnv): Readonly<Record<string, string>> {
  const values = sources.map((source) => valueOfSecret(source, env));
  const missing = sources.filter((_, index) => values[index] === undefined);
  if (missing.length > 0) {
    const names = missing.map(nameOfSecret).join(', ');
    throw new UserError('cannot-start', `the stage needs ${names}, and there is no such value here`, {
      hint: howToSet(missing),
    });
  }
  const broken = sources.filter((_, index) => values[index]?.includes('\0'));
  if (broken.length > 0) {
    throw new UserError(
      'cannot-start',
      `${broken.map(nameOfSecret).join(', ')} holds a NUL character, which no environment can`,
    );
  }
  return Object.fromEntries(values.map((value, index) => [secretVariable(index), value ?? '']));
}

function howToSet(missing: readonly SecretSource[]): string {
  return missing
    .map((source) => (source.kind === 'env' ? `export ${source.name}=...` : `write it to ${source.path}`))
    .join('; ');
}
