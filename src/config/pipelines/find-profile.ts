import { closest, nameHint } from '../../domain/closest.ts';
import { UserError } from '../../domain/errors.ts';
import type { Variables } from '../environment.ts';
import { type Chosen, chooseProfile, type ProjectSettings, type TypedChoice } from '../settings/project-settings.ts';
import { readSettingsFile, refuseFiles, type SettingsFile } from '../settings/settings-file.ts';
import type { PipelineEntry, ProfileEntry } from './library.ts';

/** The profile that is meant. */
export interface FoundProfile {
  readonly chosen: Chosen;
  readonly file: SettingsFile;
  /** What it extends: from the one that extends nothing to the one that it names. */
  readonly bases: readonly SettingsFile[];
}

/** Undefined when none is meant, and with `orNone` for one that is not there. Throws `unknown-profile` with the closest right name, `bad-config` for a wrong file. */
export function findProfile(
  settings: ProjectSettings,
  entry: PipelineEntry,
  profiles: readonly ProfileEntry[],
  request: { readonly typed: TypedChoice; readonly env: Variables; readonly orNone?: boolean },
): FoundProfile | undefined {
  const known = profiles.map((profile) => profile.name);
  const chosen = chooseProfile(settings, { pipeline: entry.name, ...request, known });
  if (chosen === undefined) return undefined;
  const found = profiles.find((profile) => profile.name === chosen.name);
  if (found === undefined) {
    if (request.orNone === true) return undefined;
    throw unknownProfile(entry.name, chosen.name, known);
  }
  const file = readSettingsFile('profile', found.file, found.base);
  const bases = basesOf(file, [found.name], profiles);
  refuseFiles([...bases, file]);
  return { chosen, file, bases };
}

/** The fault that names all profiles there are, the nearest first. */
export function unknownProfile(pipeline: string, name: string, known: readonly string[]): UserError {
  const near = closest(name, known);
  const list = known.length === 0 ? 'it has none' : `profiles: ${known.join(', ')}`;
  return new UserError('unknown-profile', `pipeline ${pipeline} has no profile ${name}`, {
    hint: near === undefined ? list : `did you mean ${near}? ${list}`,
  });
}

/** `before`: the names that led here; a profile that extends one of them would extend itself. */
function basesOf(
  file: SettingsFile,
  before: readonly string[],
  profiles: readonly ProfileEntry[],
): readonly SettingsFile[] {
  if (file.extends === undefined) return [];
  const { name, node } = file.extends;
  if (before.includes(name)) {
    file.reader.report(node, `the profile extends itself: ${[...before, name].join(' -> ')}`);
    return [];
  }
  const found = profiles.find((profile) => profile.name === name);
  if (found === undefined) {
    const others = profiles.map((profile) => profile.name).filter((other) => !before.includes(other));
    file.reader.report(node, `there is no profile \`${name}\` to extend`, nameHint(name, others));
    return [];
  }
  const base = readSettingsFile('profile', found.file, found.base);
  return [...basesOf(base, [...before, name], profiles), base];
}
