import { join } from 'node:path';
import { sha256 } from '../../domain/data/digest.ts';

/** Where everything of one attempt lies. The folder plays the object of a cluster; its first claim carries the uid. */
export class AttemptFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** What the program asks for; written once. */
  get spec(): string {
    return join(this.root, 'spec.json');
  }
  /** How it ended; the last thing that is written. */
  get outcome(): string {
    return join(this.root, 'outcome.json');
  }
  /** The wish that it ends; there is no way back. */
  get terminate(): string {
    return join(this.root, 'terminate');
  }
  /** Why the supervisor ends it; written before the first SIGTERM. */
  get stopping(): string {
    return join(this.root, 'stopping.json');
  }
  /** What the supervisor says when it cannot even claim the folder. */
  get complaint(): string {
    return join(this.root, 'supervisor.err');
  }
  /** The content root, `$ILAB_CONTENT`. */
  get content(): string {
    return join(this.root, 'content');
  }
  get home(): string {
    return join(this.root, 'home');
  }
  get logs(): string {
    return join(this.root, 'logs');
  }
  /** Pipes, process ids and exit codes of containers; gone once the outcome is durable. */
  get runtime(): string {
    return join(this.root, 'runtime');
  }

  /** The identity file of a generation of supervisors; counts from 1. */
  claim(generation: number): string {
    return join(this.root, `supervisor.${generation}.json`);
  }

  /** The stored log of a container; a restarted sidecar has one an instance. */
  log(container: string, instance: number): string {
    return join(this.logs, instance === 0 ? `${container}.log` : `${container}.${instance}.log`);
  }

  /** What the files of a running container begin with. */
  instance(container: string, instance: number): string {
    return join(this.runtime, `${container}.${instance}`);
  }

  /** $TMPDIR: short, because sockets are made in it and their paths may have about 100 characters. */
  tmp(tmpRoot: string): string {
    return join(tmpRoot, `ilab-${sha256(this.root).slice(0, 12)}`);
  }
}

/** The generation in the name of an identity file; undefined for other files. */
export function generationOf(fileName: string): number | undefined {
  const match = /^supervisor\.([1-9][0-9]*)\.json$/.exec(fileName);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
