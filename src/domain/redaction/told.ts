import { isStrong, isValue, MASK } from './value-shapes.ts';

/** User and password of a URL; what is not secret stays: the user of git over ssh, and an image with its digest. */
const USERINFO = /(?<=[a-z0-9])(:\/\/)(?!git@|\*{3}@)[^\s/"'<>]+@(?!sha256:)/gi;
/** A password may hold slashes; a port is none. */
const USERINFO_SLASHED = /(?<=[a-z0-9])(:\/\/)[^\s/:@"'<>]{1,80}:(?!\d{1,5}\/)[^\s@"'<>]{1,200}@(?!sha256:)/gi;
/** The same where it is a parameter of another URL. */
const USERINFO_ENCODED = /(%3A%2F%2F)[^\s%"'<>]{0,80}%3A[^\s"'<>]{1,200}?(?=%40)/gi;
/** Parameters of a URL that let whoever has the URL in. */
const SIGNED =
  /([?&#](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|sig|signature|code|key|(?:access_|auth_|id_|refresh_)?token|api_?key|password|secret|client_secret)=)[^&\s"'<>#]+/gi;
/** An address that is itself the secret. */
const WEBHOOK =
  /(https:\/\/(?:hooks\.slack\.com\/[a-z]+\/|discord(?:app)?\.com\/api\/webhooks\/|[a-z0-9-]{1,80}\.webhook\.office\.com\/|outlook\.office\.com\/webhook\/|api\.telegram\.org\/bot))[^\s"'<>]+/gi;
/** A header as logs and error messages write it. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token|private-token)(\\*["']?[ \t]{0,4}[:=][ \t]{0,4}\\*["']?)((?:[^\r\n"'\\]|\\(?!["']))+)/gi;
const BEARER = /\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi;
/** The secret that stands behind an id of AWS. */
const BEHIND_ID = /(\b(?:AKIA|ASIA)\*{3}["']?[\s,:;|/]{1,4}["']?)[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/])/g;
/** A variable as a manifest writes it: `{"name": "HF_TOKEN", "value": "..."}`. */
const NAMED =
  /(\bname\\*["']?\s*[:=]\s*\\*["']?[\w.-]{0,80}(?:token|password|passwd|passphrase|secret|[_-]key)\\*["']?,?\s+(?:\d\S{9,40} \[[\w.-]{1,63}\]\s+)?\\*["']?value\\*["']?\s*[:=]\s*\\*["']?)((?:[^\s"'\\,}]|\\(?!["'])){4,})/gi;
/** What a registry is logged in with, in a file of Docker. */
const REGISTRY = /("auth\\*"\s*:\s*\\*")[^"\\]{4,}/g;
/** Commands that take a secret where nothing says so. */
const TYPED: readonly RegExp[] = [
  /(\bcurl\b[^\r\n]{0,400}?\s(?:-u|--user)[\s=]+["']?[^\s:"']{1,80}:)[^\s"']+/gi,
  /(\b(?:docker|podman|helm|oras|skopeo|oc|az|buildah|nerdctl)\s[^\r\n]{0,40}?login\b[^\r\n]{0,200}?\s-p\s+["']?)[^\s"']+/gi,
  /(\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\r\n]{0,200}?\s-p["']?)[^\s"']+/gi,
  /(\b(?:sshpass\s+-p|redis-cli\b[^\r\n]{0,80}?\s-a)\s*["']?)[^\s"']+/gi,
  /(\bwandb\s+login\b[^\r\n]{0,80}?\s)[0-9a-f]{40}\b/gi,
  /(\s--from-literal[= ]["']?[\w.-]{1,80}=)[^\s"']+/gi,
  /(\s-pass(?:in|out|word)?\s+pass:)[^\s"']+/gi,
  /(\blogin\s+\S{1,80}\s+password\s+)\S+/gi,
];
const OPTION =
  /((?<=^|[\s"'=([])--?(?:[a-z0-9]+-)*(?:token|password|passwd|passphrase|secret|api-?key)\s+["']?)([^\s"'-][^\s"']{3,})/gim;

/** `the password is X`, `token was set to "X"`. */
const SENTENCE =
  /(token|password|passphrase|passwd|secret|(?:api|access|secret|private)[ _-]?key)(["']? (?:(?:is |was |has been )?(?:set|changed|reset) to|is now|is|was|are|now):? )(?:(["'`])([^\r\n"'`]{4,200})(?=["'`])|([^\s"'`]{4,200}))/gi;
/** `using token X`: a long word of letters and digits. */
const BESIDE = /((?:token|password|passphrase|(?:api|access)[ _-]?key)[ \t]{1,4})([A-Za-z0-9_]{16,})(?![\w-])/gi;

/** Headers, addresses, commands and sentences without the secrets in them. */
export function maskTold(text: string): string {
  const known = text
    .replace(USERINFO, `$1${MASK}@`)
    .replace(USERINFO_SLASHED, `$1${MASK}@`)
    .replace(USERINFO_ENCODED, `$1${MASK}`)
    .replace(SIGNED, `$1${MASK}`)
    .replace(WEBHOOK, `$1${MASK}`)
    .replace(HEADER, (whole, name: string, divider: string, value: string) =>
      isValue(value.trim()) ? `${name}${divider}${MASK}` : whole,
    )
    .replace(BEARER, `$1${MASK}`)
    .replace(BEHIND_ID, `$1${MASK}`)
    .replace(NAMED, keepsReference)
    .replace(REGISTRY, `$1${MASK}`)
    .replace(OPTION, keepsReference);
  return TYPED.reduce((masked, command) => masked.replace(command, `$1${MASK}`), known);
}

/** After names with their values: what a sentence tells. */
export function maskSentences(text: string): string {
  return text
    .replace(SENTENCE, (whole, name: string, verb: string, quote = '', quoted = '', bare = '') => {
      const value = quote === '' ? bare.replace(/[.,;:!?)]+$/, '') : quoted;
      if (!isTold(name.toLowerCase(), quote !== '', value)) return whole;
      return `${name}${verb}${quote}${MASK}${bare.slice(value.length)}`;
    })
    .replace(BESIDE, (whole, before: string, value: string) => (isStrong(value) ? `${before}${MASK}` : whole));
}

function isTold(name: string, quoted: boolean, value: string): boolean {
  if (!isValue(value)) return false;
  // Objects of Kubernetes are called so: `the secret is hub-v2`.
  if (name === 'secret') return isStrong(value) && /[A-Z]/.test(value);
  return isStrong(value) || (quoted && name !== 'token');
}

function keepsReference(whole: string, before: string, value: string): string {
  return isValue(value) ? `${before}${MASK}` : whole;
}
