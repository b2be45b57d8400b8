import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ArtifactResult } from '../../domain/attempt/outcome.ts';
import {
  compareToListing,
  digestOfListing,
  formatListing,
  LISTING_SUFFIX,
  type ListingEntry,
  parseListing,
} from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { syncFile, writeDurably } from '../files/durable-file.ts';
import { digestFile, listContents, listSizes, NotListable } from '../files/file-digest.ts';

/** An input of a stage, as it lies on the disk. */
export interface StageInput {
  /** Where it really lies: a place under `inputs/` may be a link. */
  readonly path: string;
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Of a folder its files; of a file itself, under its own name. */
  readonly files: readonly ListingEntry[];
}

/** The termination log's size, which the kubelet cuts at. */
const TERMINATION_BYTES = 4096;

/** The folders of one attempt of a stage (docs/stage-contract.md), for a stage that this program is itself. */
export class StageFolder {
  readonly artifacts: string;
  readonly work: string;
  readonly #content: string;
  readonly #terminationLog: string;
  readonly #made: ArtifactResult[] = [];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#content = env['ILAB_CONTENT'] || '/content';
    this.#terminationLog = env['ILAB_TERMINATION_LOG'] || '/dev/termination-log';
    this.artifacts = join(this.#content, 'artifacts');
    this.work = join(this.#content, 'work');
  }

  /** What an earlier try of the attempt left must not outlive the start of this one. */
  begin(): void {
    rmSync(join(this.artifacts, 'result.json'), { force: true });
    mkdirSync(this.artifacts, { recursive: true });
  }

  /** Throws `bad-input`. */
  params(): unknown {
    const path = join(this.#content, 'params.json');
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new UserError('bad-input', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  /** An input with its digest. Throws `bad-input` when it is absent, is not what its producer made, or holds a link. */
  input(name: string): StageInput {
    const place = join(this.#content, 'inputs', name);
    if (!existsSync(place)) throw new UserError('bad-input', `input ${name} is missing: ${place} does not exist`);
    const path = realpathSync(place);
    try {
      const isFolder = lstatSync(path).isDirectory();
      checkSizes(name, place, path, isFolder);
      const files = isFolder ? listContents(path) : [digestFile(path, basename(path))];
      checkContents(name, place, path, files, isFolder);
      const [file] = files;
      const digest = isFolder ? digestOfListing(formatListing(files)) : `sha256:${file?.sha256}`;
      return { path, digest, files };
    } catch (error) {
      if (!(error instanceof NotListable)) throw error;
      throw new UserError('bad-input', `input ${name} is refused: ${error.message}`, { cause: error });
    }
  }

  /** An empty folder below artifacts. */
  freshFolder(name: string): string {
    const path = join(this.artifacts, name);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Declares a file or folder below artifacts, forces it to the disk and writes its listing beside it. */
  addArtifact(name: string, path: string): ArtifactResult {
    const place = join(this.artifacts, path);
    const isFolder = statSync(place).isDirectory();
    const files = isFolder ? listContents(place) : [digestFile(place, basename(place))];
    for (const file of files) syncFile(isFolder ? join(place, file.path) : place);
    const listing = formatListing(files);
    writeDurably(place + LISTING_SUFFIX, listing);
    const artifact = {
      ...{ name, path },
      digest: isFolder ? digestOfListing(listing) : `sha256:${files[0]?.sha256}`,
      size: files.reduce((sum, { size }) => sum + size, 0),
    };
    this.#made.push(artifact);
    return artifact;
  }

  /** Hands the result in; the last thing a stage does. Metrics that decide come first. */
  finish(metrics: Readonly<Record<string, number>>, chosen: string): void {
    const result = { version: 1, metrics, artifacts: this.#made, chosen };
    this.#terminate(JSON.stringify(result));
    writeDurably(join(this.artifacts, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  }

  /** Says why there is no result, further faults on lines of their own. */
  fail(message: string, details: readonly string[]): void {
    const text = Buffer.from([message, ...details].join('\n'));
    this.#terminate(
      `${text
        .subarray(0, TERMINATION_BYTES - 1)
        .toString('utf8')
        .replace(/\ufffd+$/, '')}\n`,
    );
  }

  /** Outside of a container there may be no such file; the kubelet's can be written, not replaced. */
  #terminate(text: string): void {
    try {
      writeFileSync(this.#terminationLog, text);
    } catch {
      // It stands in the log.
    }
  }
}

/** Names and sizes first: they are compared before gigabytes are read. */
function checkSizes(name: string, place: string, path: string, isFolder: boolean): void {
  if (isFolder) compare(name, listingBeside(place, path), listSizes(path));
}

function checkContents(
  name: string,
  place: string,
  path: string,
  files: readonly ListingEntry[],
  isFolder: boolean,
): void {
  const listing = listingBeside(place, path);
  const [entry] = listing === undefined ? [] : (parseListing(listing) ?? []);
  // A mount may have given a file another name than its producer.
  const found = isFolder || entry === undefined ? files : files.map((file) => ({ ...file, path: entry.path }));
  compare(name, listing, found);
}

function listingBeside(place: string, path: string): string | undefined {
  const found = [place, path]
    .map((one) => one + LISTING_SUFFIX)
    .find((one) => existsSync(one) && statSync(one).isFile());
  return found === undefined ? undefined : readFileSync(found, 'utf8');
}

function compare(
  name: string,
  text: string | undefined,
  found: readonly { readonly path: string; readonly size: number; readonly sha256?: string }[],
): void {
  if (text === undefined) return;
  const listing = parseListing(text);
  const [difference] = listing === undefined ? ['its listing is none'] : compareToListing(listing, found);
  if (difference !== undefined)
    throw new UserError('bad-input', `input ${name} is not what its producer made: ${difference}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
