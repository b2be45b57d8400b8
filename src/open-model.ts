import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from './adapters/clock/system-clock.ts';
import { listContents, NotListable } from './adapters/files/file-digest.ts';
import { sha256 } from './domain/data/digest.ts';
import { UserError } from './domain/errors.ts';
import type { ModelFile, PublishedModel } from './ports/published-model.ts';

const HUB = /^hf:([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?$/;
/** How long a hub that does not answer is waited for, and one answer of it. */
const PATIENCE_S = { seconds: 60, answerSeconds: 30 };

/** Whose words these are, and where from. */
export interface ModelPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** A published model: a folder, or `hf:org/name@revision`. Throws `bad-usage`, `not-found`. */
export async function openModel(location: string, place: ModelPlace): Promise<PublishedModel> {
  if (!location.startsWith('hf:')) return openFolder(resolve(place.cwd, location));
  const [, repo, revision = 'main'] = HUB.exec(location) ?? [];
  if (repo === undefined) {
    throw new UserError('bad-usage', `${location} is no model of a hub`, {
      hint: 'write hf:org/name, or hf:org/name@revision',
    });
  }
  return openRepository(repo, revision, place);
}

function openFolder(folder: string): PublishedModel {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UserError('not-found', `${folder} is no folder`, { hint: 'name the folder of a published model' });
  return {
    readText: async (path) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined),
    files: async () => {
      try {
        return listContents(folder);
      } catch (error) {
        if (!(error instanceof NotListable)) throw error;
        throw new UserError('bad-input', `${folder}: ${error.message}`, {
          hint: 'a published model is made of files and folders; download it without links',
        });
      }
    },
  };
}

async function openRepository(repo: string, revision: string, { env, say }: ModelPlace): Promise<PublishedModel> {
  const { createHuggingFacePublisher } = await import('./adapters/huggingface/model-publisher.ts');
  const options = { endpoint: env['HF_ENDPOINT'] ?? '', token: env['HF_TOKEN'] ?? '' };
  const hub = createHuggingFacePublisher(options, { ...PATIENCE_S, clock: systemClock, onWait: say });
  return {
    readText: (path, signal) => hub.readText(repo, revision, path, signal),
    files: async (signal) => {
      const found: ModelFile[] = [];
      for await (const file of hub.files(repo, revision, signal)) {
        found.push(file.sha256 === undefined ? await withDigest(file, signal) : file);
      }
      return found;
    },
  };

  /** The hub knows digests of large files only. */
  async function withDigest(file: ModelFile, signal: AbortSignal): Promise<ModelFile> {
    const text = await hub.readText(repo, revision, file.path, signal);
    // What is no text does not come back as the bytes it was.
    if (text === undefined || Buffer.byteLength(text) !== file.size) return file;
    return { ...file, sha256: sha256(text) };
  }
}
