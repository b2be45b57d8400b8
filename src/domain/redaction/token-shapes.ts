/**
 * Shapes of well-known tokens, by what they begin with: hubs and registries of models, code and packages (Hugging Face, GitHub, GitLab,
 * Docker, npm, PyPI), clouds (AWS, Google, DigitalOcean, Databricks, OpenShift), what serves and watches models (NVIDIA, OpenAI and the
 * like, Anthropic, Groq, Replicate, Weights & Biases), Slack, SendGrid, Stripe, Vault, age, secrets of webhooks, JSON Web Tokens. What
 * may also begin an ordinary word must be long, or hold a digit. A known prefix stays, so that a reader sees what was there.
 */
const SHAPES = new RegExp(
  [
    String.raw`\b(gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft|imt|soat|agent)-|xox[abepors]-|dckr_[po]at_|hf_(?=[A-Za-z0-9]{16})` +
      String.raw`|(?:nvapi-|api_org_|gsk_|AIza|hv[sbr]\.|r8_|ya29\.|GOCSPX-|do[opr]_v1_|wandb_v1_|tgp_v1_|xai-|pplx-|lsv2_[ps][tk]_|xapp-|[sr]k_(?:live|test)_|sha256~)(?=[A-Za-z0-9_-]{20})` +
      String.raw`|npm_(?=[A-Za-z0-9]{30})|pypi-(?=AgE|[A-Za-z0-9_-]{60})|sk-(?=[A-Za-z0-9_-]{20})(?=[A-Za-z_-]{0,60}\d))[A-Za-z0-9_-]{8,}`,
    String.raw`\b(AKIA|ASIA)[A-Z0-9]{12,}`,
    String.raw`\b(dapi)[0-9a-f]{32}`,
    String.raw`\b(AGE-SECRET-KEY-1)[A-Z0-9]{20,}`,
    String.raw`\b(SG\.)[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16,}`,
    String.raw`\b(whsec_)[A-Za-z0-9+/]{16,}={0,2}`,
    String.raw`(?<![A-Za-z0-9_-])(eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`,
  ].join('|'),
  'g',
);

/** The password in an address; an image may have a digest there (`docker://name:tag@sha256:...`). */
const OF_URL = /(:\/\/[^\s/:@"'<>]{0,256}:)(?!\*{3}@)[^\s/@"'<>]{1,256}(?=@(?!sha256:))/g;
/** What a header logs somebody in with. */
const OF_HEADER =
  /(authorization\\*["']?[ \t]{0,4}[:=][ \t]{0,4}\\*["']?(?:bearer|basic|token)[ \t]{1,4})[\w.~+/=-]{8,}/gi;

/** Replaces whatever looks like a token by its prefix and `***`. One line says all there is to know: what is around it does not count. */
export function maskTokens(text: string): string {
  const shaped = text.replace(
    SHAPES,
    (_, ...groups: readonly unknown[]) => `${groups.find((group) => typeof group === 'string') ?? ''}***`,
  );
  const named = shaped.includes('://') && shaped.includes('@') ? shaped.replace(OF_URL, '$1***') : shaped;
  return namesHeader(named) ? named.replace(OF_HEADER, '$1***') : named;
}

/** False when `maskTokens` would leave the text as it is. */
export function hasToken(text: string): boolean {
  return (
    text.search(SHAPES) >= 0 ||
    (text.includes('://') && text.includes('@') && text.search(OF_URL) >= 0) ||
    (namesHeader(text) && text.search(OF_HEADER) >= 0)
  );
}

function namesHeader(text: string): boolean {
  return text.includes('uthorization') || text.includes('UTHORIZATION');
}
