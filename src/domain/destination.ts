import * as z from 'zod';

const place = z.strictObject({
  /** The parameter that names it: `publish.huggingFace`. */
  name: z.string(),
  /** `pull-requests`: a code host in whose repository nothing but these is written to. */
  kind: z.enum(['model-hub', 'code-host', 'pull-requests']),
  /** `owner/name`. */
  repo: z.string(),
  /** Its address; absent = the public one. */
  endpoint: z.string().exactOptional(),
  /** Where its token is: a variable or a file of this machine, or a Secret; absent = none is named. */
  token: z.strictObject({ name: z.string(), key: z.string() }).exactOptional(),
});

/** A hub or host, by a repository of it. */
export type OutsideDestination = Readonly<z.infer<typeof place>>;

/** A folder that collects what runs make. */
export interface FolderDestination {
  /** The parameter that names it. */
  readonly name: string;
  readonly kind: 'folder';
  readonly path: string;
  /** `pod`: it is one of the stage's container, which nobody else sees. */
  readonly of: 'here' | 'pod';
}

/** A place outside that a run writes to when it is nearly done: what it lacks there should be known before it starts. */
export type Destination = OutsideDestination | FolderDestination;

/** From JSON, as one program tells another; undefined for anything else. */
export function parseDestination(text: string): OutsideDestination | undefined {
  try {
    return place.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What somebody who holds the token may do there. */
export interface DestinationRights {
  /**
   * `lacking`: it is refused later, as sure as can be told. `untold`: nobody here can tell, because the token is in a Secret
   * or the place does not say.
   */
  readonly kind: 'granted' | 'lacking' | 'untold';
  readonly message: string;
  /** What to do; absent where nothing is to be mended or known. */
  readonly fix?: string;
  /** Of `lacking`: an object of the cluster is missing, so the stage could not start. */
  readonly isMissing?: true;
}
