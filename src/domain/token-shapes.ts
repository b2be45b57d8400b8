/**
 * Shapes of well-known tokens: Hugging Face, GitHub, GitLab, AWS key ids, Slack, NVIDIA, Docker, npm, PyPI, Google, Groq, Vault,
 * OpenAI-like keys, secrets of webhooks, JSON Web Tokens. A known prefix stays, so that a reader sees what was there.
 */
const SHAPES =
  /\b(hf_|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-|xox[abpors]-|AKIA|ASIA|dckr_pat_|(?:nvapi-|api_org_|gsk_|AIza|hvs\.)(?=[A-Za-z0-9_-]{20})|npm_(?=[A-Za-z0-9]{30})|pypi-(?=AgE)|sk-(?=[A-Za-z0-9_-]{20}))[A-Za-z0-9_-]{8,}|\b(whsec_)[A-Za-z0-9+/]{16,}={0,2}|\b(eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g;

/** Replaces whatever looks like a token by its prefix and `***`. */
export function maskTokens(text: string): string {
  return text.replace(
    SHAPES,
    (_, ...groups: readonly (string | undefined)[]) => `${groups.slice(0, 3).find(Boolean) ?? ''}***`,
  );
}

/** False when `maskTokens` would leave the text as it is. */
export function hasToken(text: string): boolean {
  return text.search(SHAPES) >= 0;
}
