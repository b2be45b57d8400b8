import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeTexts, type Publication } from './actions/publication/content.ts';
import { type PublishDeps, type Published, publishModel } from './actions/publication/publish-model.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import { listContents } from './adapters/files/file-digest.ts';
import type { HubPatience } from './adapters/huggingface/connection.ts';
import { Masker } from './adapters/logs/masking.ts';
import { copyFiles } from './adapters/stage/copy-files.ts';
import { openJournal } from './adapters/stage/file-journal.ts';
import { addToRegistry, lockFolder, requireRegistry } from './adapters/stage/registry-folder.ts';
import { share, sharingOf } from './adapters/stage/shared-folder.ts';
import { StageFolder, type StageInput } from './adapters/stage/stage-folder.ts';
import { UserError } from './domain/errors.ts';
import { closingWords, namesPlaces, titled } from './domain/publication/closing-words.ts';
import type { Lineage } from './domain/publication/lineage.ts';
import { parseManifest } from './domain/publication/manifest.ts';
import { plainLine } from './domain/publication/markdown.ts';
import { parseReport } from './domain/publication/report.ts';
import { type PublicationSettings, parseSettings } from './domain/publication/settings.ts';
import { STATEMENT_FILE } from './domain/publication/statement.ts';
import { publicationOutcome, type StepReport } from './domain/publication/step-report.ts';
import { unifiedDiff } from './domain/publication/unified-diff.ts';
import { maskTokens } from './domain/redaction/token-shapes.ts';
import type { CodeHost } from './ports/code-host.ts';
import type { ModelPublisher } from './ports/model-hub.ts';
import type { RunLock } from './ports/run-store.ts';

/*
 * The program as the last stage of a run: `ilab-publish` in its own image and on the local target. It keeps the stage
 * contract (docs/stage-contract.md) and does what docs/publish.md says.
 */

type Variables = Readonly<Record<string, string | undefined>>;

const EXIT = { done: 0, crash: 1, badInput: 64, tryLater: 75, stopped: 143 } as const;
const INPUTS = ['model', 'scores', 'manifest'] as const;
const SECRETS = ['HF_TOKEN', 'GITHUB_TOKEN'] as const;
const LONGEST_LINE = 2000;
/** How long a registry that others write to is waited for, and a hub or host that does not answer. */
const PATIENCE_S = 600;
/** How long one answer is waited for. */
const ANSWER_S = 120;

const masker = new Masker(SECRETS.flatMap((name) => process.env[name] ?? []));
const shown = (text: string): string => maskTokens(masker.text(plainLine(text, LONGEST_LINE)));
const say = (line: string): void => console.log(shown(line));

async function main(env: Variables, stage: StageFolder, signal: AbortSignal): Promise<number> {
  stage.begin();
  const settings = parseSettings(stage.params());
  const places = await openPlaces(env, settings);
  if (settings.registry !== undefined) requireRegistry(settings.registry);
  const inputs = { model: stage.input('model'), scores: stage.input('scores'), manifest: stage.input('manifest') };
  const lineage = lineageOf(settings, inputs);
  const report = parseReport(readFileSync(inputs.scores.path, 'utf8'));
  requireModel(inputs.model);

  if (settings.isDryRun && !namesPlaces(settings)) say(closingWords(settings, { reports: [], pending: 0 }));
  progress(titled(settings.isDryRun, 'Putting the files together'), 0);
  const home = join(stage.freshFolder('registry'), settings.model, settings.run.name);
  copyFiles(inputs.model.path, home, inputs.model.files);
  for (const name of ['scores', 'manifest'] as const) copyFileSync(inputs[name].path, join(home, `${name}.json`));
  const files = listContents(home).map((entry) => ({ ...entry, file: join(home, entry.path) }));
  const publication: Publication = { lineage, report, files };
  const texts = composeTexts(publication, { changelog: '' });
  writeFileSync(join(home, 'README.md'), texts.card);
  writeFileSync(join(home, 'CHANGELOG.md'), texts.changelog);
  writeFileSync(join(home, STATEMENT_FILE), texts.statement);
  const made = stage.addArtifact('registry', 'registry');

  if (settings.registry !== undefined) await toRegistry(settings, settings.registry, { home, texts }, signal);
  const published = await publishModel(
    {
      ...places,
      journal: openJournal(join(stage.work, 'publication.jsonl'), settings.run.id, systemClock),
      onProgress: eachPercent((fraction) => progress('Sending the model', fraction)),
      ...{ say, signal },
    },
    settings,
    publication,
  );
  const reports = published.kind === 'run' ? published.reports : [];
  leavePublication(stage, settings, reports);
  const outcome = publicationOutcome(reports);
  if (outcome.exitCode !== 0) return fail(stage, outcome.exitCode, outcome.message, outcome.details.slice(1));
  const pending = published.kind === 'run' ? 0 : published.pending;
  const folder = settings.registry && join(settings.registry, settings.model, settings.run.name);
  progress(closingWords(settings, { reports, pending, ...(folder === undefined ? {} : { folder }) }), 1);
  stage.finish(metricsOf(settings, published, lineage, made.size), report.chosen);
  return EXIT.done;
}

function lineageOf(
  settings: PublicationSettings,
  inputs: Readonly<Record<(typeof INPUTS)[number], StageInput>>,
): Lineage {
  const { model, run, base, parameters, tags, license, plan, images } = settings;
  return {
    ...{ model, run, base, parameters, tags, images, program: programVersion() },
    ...(plan === undefined ? {} : { plan }),
    manifest: parseManifest(readFileSync(inputs.manifest.path, 'utf8')),
    digests: Object.fromEntries(INPUTS.map((name) => [name, inputs[name].digest])),
    ...(license === undefined ? {} : { license }),
  };
}

function requireModel({ files }: StageInput): void {
  const names = files.map(({ path }) => path);
  if (names.includes('config.json') && names.some((name) => /^[^/]+\.safetensors$/.test(name))) return;
  throw new UserError('bad-input', 'input model is no model folder: it has no config.json or no .safetensors file');
}

async function toRegistry(
  settings: PublicationSettings,
  registry: string,
  { home, texts }: { readonly home: string; readonly texts: { readonly entry: string; readonly changelog: string } },
  signal: AbortSignal,
): Promise<void> {
  const { model, run, isDryRun } = settings;
  const place = join(registry, model, run.name);
  if (isDryRun) {
    say(`Registry folder: ${place} would be added`);
    for (const line of unifiedDiff('CHANGELOG.md', undefined, texts.changelog).trimEnd().split('\n')) say(`  ${line}`);
    return;
  }
  progress('Adding to the registry', 0.1);
  const { takeLock } = await import('./adapters/sqlite/run-lock.ts');
  const until = systemClock.now().getTime() + PATIENCE_S * 1000;
  const take = (): RunLock | undefined =>
    takeLock(lockFolder(registry), model, (path) => share(path, sharingOf(registry)));
  let lock = take();
  while (lock === undefined) {
    if (systemClock.now().getTime() > until) throw new UserError('unreachable', `${registry} is written to by others`);
    await systemClock.sleep(0.5, signal);
    lock = take();
  }
  try {
    const isNew = addToRegistry(registry, { model, run: run.name, made: home, entry: texts.entry });
    say(`${isNew ? 'added' : 'there already'}: ${place}`);
  } finally {
    await lock.release();
  }
}

/** What speaks with the places that are named; loaded only then. Throws `bad-input` where a token is missing. */
async function openPlaces(env: Variables, settings: PublicationSettings): Promise<Pick<PublishDeps, 'hub' | 'host'>> {
  const patience = { clock: systemClock, seconds: PATIENCE_S, onWait: wait };
  const [hubToken, hostToken] = SECRETS.map((name) => env[name] ?? '');
  if (settings.hub !== undefined) requireToken(hubToken, 'HF_TOKEN', 'publish.huggingFace.token');
  if (settings.host !== undefined) requireToken(hostToken, 'GITHUB_TOKEN', 'publish.github.token');
  return {
    ...(settings.hub === undefined ? {} : { hub: await openHub(env, { ...patience, answerSeconds: ANSWER_S }) }),
    ...(settings.host === undefined ? {} : { host: await openHost(env) }),
  };
}

async function openHub(env: Variables, patience: HubPatience): Promise<ModelPublisher> {
  const { createHuggingFacePublisher } = await import('./adapters/huggingface/model-publisher.ts');
  return createHuggingFacePublisher({ endpoint: env['HF_ENDPOINT'] ?? '', token: env['HF_TOKEN'] ?? '' }, patience);
}

async function openHost(env: Variables): Promise<CodeHost> {
  const { createGitHub } = await import('./adapters/github/code-host.ts');
  const apiUrl = env['GITHUB_API_URL'];
  return createGitHub({
    ...{ token: env['GITHUB_TOKEN'] ?? '', patienceSeconds: PATIENCE_S, onWait: wait, env },
    ...(apiUrl === undefined ? {} : { apiUrl }),
  });
}

function requireToken(token: string | undefined, name: string, parameter: string): void {
  if (token !== undefined && token !== '') return;
  throw new UserError('bad-input', `there is no token in ${name}: name the Secret, or the variable, in ${parameter}`);
}

/** What became of each step, for people and programs; there also when the stage fails. */
function leavePublication(stage: StageFolder, settings: PublicationSettings, steps: readonly StepReport[]): void {
  const { model, run, isDryRun } = settings;
  const document = { version: 1, model, run: run.name, isDryRun, steps };
  writeFileSync(join(stage.artifacts, 'publication.json'), `${JSON.stringify(document, null, 2)}\n`);
  stage.addArtifact('publication', 'publication.json');
}

function metricsOf(settings: PublicationSettings, published: Published, { manifest }: Lineage, bytes: number) {
  const isPublished = !settings.isDryRun && namesPlaces(settings);
  return {
    published: isPublished ? 1 : 0,
    // Where nothing is named, zeros would read as if something had been left out.
    ...(namesPlaces(settings) ? stepsOf(published) : {}),
    leaves: manifest.leaves.length,
    bytes,
  };
}

function stepsOf(published: Published): { readonly steps: number; readonly pending: number } {
  if (published.kind === 'preview') return { steps: published.steps, pending: published.pending };
  return { steps: published.reports.length, pending: 0 };
}

/** A place that keeps it waiting is told where people look, too. */
function wait(sentence: string): void {
  say(sentence);
  progress(shown(sentence), reached);
}

let reached = 0;

function progress(message: string, fraction: number): void {
  reached = fraction;
  console.log(`ilab-progress: ${JSON.stringify({ message, fraction: Math.round(fraction * 1e4) / 1e4 })}`);
}

/** Gigabytes go in many pieces: not a line for each. */
function eachPercent(tell: (fraction: number) => void): (fraction: number) => void {
  let told = -1;
  return (fraction) => {
    const percent = Math.floor(fraction * 100);
    if (percent === told) return;
    told = percent;
    tell(fraction);
  };
}

function programVersion(): string {
  const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function fail(stage: StageFolder, code: number, message: string, details: readonly string[] = []): number {
  // The sentence has the first of them.
  const others = details.filter((detail) => !message.includes(detail)).map(shown);
  for (const other of others) console.error(other);
  console.error(`error: ${shown(message)}`);
  stage.fail(shown(message), others);
  return code;
}

function codeOf(error: UserError): number {
  return error.code === 'unreachable' ? EXIT.tryLater : EXIT.badInput;
}

const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
const stage = new StageFolder(process.env);
process.exitCode = await main(process.env, stage, stopping.signal).catch((error: unknown) => {
  if (stopping.signal.aborted) return fail(stage, EXIT.stopped, 'stopped on request (SIGTERM)');
  if (error instanceof UserError) return fail(stage, codeOf(error), error.message);
  console.error(shown(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return fail(stage, EXIT.crash, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
});
