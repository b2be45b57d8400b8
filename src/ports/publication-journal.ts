/** What was noted of a step. `asked`: it is about to be asked for; nobody knows yet whether it happened. */
export interface JournalNote {
  readonly step: string;
  readonly kind: 'asked' | 'done';
  /** What is asked for, or where it can be seen. */
  readonly detail?: string;
}

/** What the tries of one publication noted, across restarts. It is on the disk when `note` returns. */
export interface PublicationJournal {
  /** True when some try noted the end of a step. */
  wasDone(step: string): boolean;
  note(note: JournalNote): void;
}
