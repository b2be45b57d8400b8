/** A text that a step would change. `before` undefined = it is not there. */
export interface TextChange {
  readonly name: string;
  readonly before?: string;
  readonly after: string;
}

/** What asking for a step came to; `conflict`: somebody changed it in between, so it has to be looked at again. */
export type Acted = { readonly kind: 'made'; readonly address?: string } | { readonly kind: 'conflict' };

/** What a look at the other side found. */
export type Look =
  /** `note`: why it is not this run's, and need not be. */
  | { readonly kind: 'done'; readonly address?: string; readonly note?: string }
  | {
      readonly kind: 'due';
      /** What would be asked for, one line each. */
      readonly requests: readonly string[];
      readonly texts: readonly TextChange[];
      act(signal: AbortSignal): Promise<Acted>;
    };

/** One side effect of a publication. Whether it has happened can be seen, so it is looked for before it is asked for. */
export interface Step {
  readonly id: string;
  /** For people; begins a sentence. */
  readonly title: string;
  /** Ids of steps that must be done before. */
  readonly needs: readonly string[];
  look(signal: AbortSignal): Promise<Look>;
}
