/** A place outside that a run writes to when it is nearly done: what it lacks there should be known before it starts. */
export interface Destination {
  /** The parameter that names it: `publish.huggingFace`. */
  readonly name: string;
  readonly kind: 'model-hub' | 'code-host';
  /** `owner/name`. */
  readonly repo: string;
  /** Its address; absent = the public one. */
  readonly endpoint?: string;
  /** Where its token is: a variable or a file of this machine, or a Secret; absent = none is named. */
  readonly token?: { readonly name: string; readonly key: string };
}

/** What somebody who holds the token may do there. */
export type DestinationRights =
  | { readonly kind: 'granted'; readonly message: string }
  /** It is refused later, as sure as can be told. */
  | { readonly kind: 'lacking'; readonly message: string; readonly fix?: string }
  /** Nobody here can tell: the token is in a Secret, the place does not say. */
  | { readonly kind: 'untold'; readonly message: string; readonly fix?: string };
