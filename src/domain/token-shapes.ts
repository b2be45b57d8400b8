/**
 * Shapes of well-known tokens: Hugging Face, GitHub, GitLab, AWS key ids, Slack, OpenAI-like keys, JSON Web Tokens. A known prefix
 * stays, so that a reader sees what was there.
 */
const SHAPES =
  /\b(hf_|gh[pousr]_|github_pat_|glpat-|xox[abpors]-|AKIA|ASIA|sk-(?=[A-Za-z0-9_-]{20}))[A-Za-z0-9_-]{8,}|\b(eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g;

/** Replaces whatever looks like a token by its prefix and `***`. */
export function maskTokens(text: string): string {
  return text.replace(SHAPES, (_, prefix: string | undefined, jwt: string | undefined) => `${prefix ?? jwt ?? ''}***`);
}

/** False when `maskTokens` would leave the text as it is. */
export function hasToken(text: string): boolean {
  return text.search(SHAPES) >= 0;
}
