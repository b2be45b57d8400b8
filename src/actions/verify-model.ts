import { UserError } from '../domain/errors.ts';
import { compareToStatement, parseStatement, STATEMENT_FILE } from '../domain/publication/statement.ts';
import type { PublishedModel } from '../ports/published-model.ts';

/** What a model's files are, held against what its statement says. */
export interface VerifiedModel {
  /** How many files the statement is about. */
  readonly files: number;
  /** What does not match, a phrase each; empty = all of it does. */
  readonly differences: readonly string[];
}

/**
 * Compares every file of a model with the in-toto statement beside it. It shows that nothing was changed since; not who
 * wrote the statement. Throws `bad-input` where there is none; `location` is for the message.
 */
export async function verifyModel(
  model: PublishedModel,
  location: string,
  signal: AbortSignal,
): Promise<VerifiedModel> {
  const text = await model.readText(STATEMENT_FILE, signal);
  if (text === undefined) {
    throw new UserError('bad-input', `${location} has no ${STATEMENT_FILE}`, {
      hint: 'name the folder, or the hf:org/name, that a run published (docs/publish.md)',
    });
  }
  const stated = parseStatement(text);
  const found = await model.files(signal);
  const names = new Set(stated.map(({ path }) => path));
  const untold = found.filter(({ path, sha256 }) => names.has(path) && sha256 === undefined);
  const differences = [
    ...compareToStatement(stated, found),
    ...untold.map(({ path }) => `${path} cannot be read here, so its contents were not compared`),
  ];
  return { files: stated.length, differences };
}
