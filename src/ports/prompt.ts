/** Asks a person one thing after the other. */
export interface Prompt {
  /** What was typed, without the space around it; undefined when the person leaves instead (Ctrl-C, Ctrl-D). */
  ask(question: string): Promise<string | undefined>;
  /** Gives the terminal back. */
  close(): void;
}
