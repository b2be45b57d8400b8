import { isJsonObject, type Json } from './json.ts';
import { maskTokens } from './token-shapes.ts';

/*
 * What is meant for strangers' eyes (a diagnosis in a public issue) passes through here. Two nets: what is known to be a secret
 * by its name is taken out as a value, wherever it stands; what looks like one is masked by its shape.
 */

const MASK = '***';

/** Words that a name of a secret ends with: `HF_TOKEN`, `dbPassword`, `apiKey`. */
const SECRET_NAME =
  /(?:token|password|passwd|passphrase|secret|credentials?|authorization|(?:api|access|private|secret|encryption|signing|ssh)[_-]?key|[_-](?:pat|pass|pwd))$/i;
/** What names a secret and is none: a variable, a file of this machine. */
const REFERENCE = /^(?:env|file):/;

/** A private key in PEM, cut or whole. */
const PEM = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g;
/** User and password of a URL. */
const USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/"'<>]*@/gi;
/** Parameters of a URL that let whoever has the URL in. */
const SIGNED =
  /([?&](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|sig|signature|code|key|(?:access_|auth_|id_|refresh_)?token|api_?key|password|secret|client_secret)=)[^&\s"'<>#]+/gi;
/** An address that is itself the secret. */
const WEBHOOK =
  /(https:\/\/(?:hooks\.slack\.com\/[a-z]+\/|discord(?:app)?\.com\/api\/webhooks\/|[a-z0-9-]+\.webhook\.office\.com\/|outlook\.office\.com\/webhook\/|api\.telegram\.org\/bot))[^\s"'<>]+/gi;
/** A header as logs and error messages write it. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token|private-token)(["']?\s*[:=]\s*["']?)[^\r\n"']+/gi;
const BEARER = /\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi;
/** `HF_TOKEN=...`, `"password": "..."`, `os.environ["API_KEY"] = "..."`, `clientSecret: ...`; also as JSON within JSON. */
const ASSIGNED =
  /((?:token|password|passwd|passphrase|secret|(?:api|access|secret|private|encryption|signing|ssh)[_-]?key|key-data|dockerconfigjson|(?<=[_-])(?:pat|pass|pwd))\\*["']?\]?(?:\s*[:=]\s*|\s+(?=["']))\\*["']?)(?!<)((?:[^\s"'\\,;}{[\]]|\\(?!["'])){4,})/gi;
/** A variable as a manifest writes it: `{"name": "HF_TOKEN", "value": "..."}`. */
const NAMED =
  /(\bname\\*["']?\s*[:=]\s*\\*["']?[\w.-]{0,80}(?:token|password|passwd|passphrase|secret|[_-]key)\\*["']?,?\s+\\*["']?value\\*["']?\s*[:=]\s*\\*["']?)((?:[^\s"'\\,}]|\\(?!["'])){4,})/gi;
/** What a registry is logged in with, in a file of Docker. */
const REGISTRY = /("auth\\*"\s*:\s*\\*")[^"\\]{4,}/g;
/** `curl -u user:...`, `docker login -p ...`, a line of `.netrc`. */
const TYPED =
  /(\bcurl\b[^\r\n]{0,400}?\s(?:-u|--user)[\s=]+["']?[^\s:"']{1,80}:|\b(?:docker|podman|helm|oras|skopeo)\s[^\r\n]{0,40}?login\b[^\r\n]{0,200}?\s-p\s+["']?|\blogin\s+\S{1,80}\s+password\s+)[^\s"']+/gi;
const OPTION = /(--?(?:[a-z0-9]+-)*(?:token|password|passwd|passphrase|secret|api-?key)\s+)([^\s"'-][^\s"']{3,})/gi;

/** Whether a parameter, a variable or a key of that name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Replaces whatever looks like a secret: tokens of known services, keys, passwords in URLs, headers and assignments. */
export function redactShapes(text: string): string {
  return maskTokens(text)
    .replace(PEM, `-----BEGIN $1----- ${MASK}`)
    .replace(USERINFO, `$1${MASK}@`)
    .replace(SIGNED, `$1${MASK}`)
    .replace(WEBHOOK, `$1${MASK}`)
    .replace(HEADER, `$1$2${MASK}`)
    .replace(BEARER, `$1${MASK}`)
    .replace(ASSIGNED, (whole, before: string, value: string) => (REFERENCE.test(value) ? whole : `${before}${MASK}`))
    .replace(NAMED, (whole, before: string, value: string) => (REFERENCE.test(value) ? whole : `${before}${MASK}`))
    .replace(REGISTRY, `$1${MASK}`)
    .replace(TYPED, `$1${MASK}`)
    .replace(OPTION, `$1${MASK}`);
}

/** The texts of a tree that are secrets by the name they stand under: a key, or the `name` beside a `value`. */
export function secretsNamed(tree: Json): readonly string[] {
  if (Array.isArray(tree)) return tree.flatMap((item: Json) => secretsNamed(item));
  if (!isJsonObject(tree)) return [];
  const named = Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' && isSecretAt(tree, name, value) ? [value] : secretsNamed(value),
  );
  return named;
}

/** The tree with every text passed through `mask`, and without those that are secrets by name. Keys stay as they are. */
export function redactTree<T>(tree: T, mask: (text: string) => string): T {
  return redacted(tree as Json, mask) as T;
}

function redacted(tree: Json, mask: (text: string) => string): Json {
  if (typeof tree === 'string') return mask(tree);
  if (Array.isArray(tree)) return tree.map((item: Json) => redacted(item, mask));
  if (!isJsonObject(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => {
      const isSecret = typeof value === 'string' && isSecretAt(tree, name, value);
      return [name, isSecret ? MASK : redacted(value, mask)];
    }),
  );
}

/** `path` names a value in a list of them: `params.hub.token`. */
function isSecretAt(object: { readonly [key: string]: Json }, name: string, value: string): boolean {
  if (value === '' || REFERENCE.test(value)) return false;
  if (name !== 'value') return isSecretName(name);
  const label = object['name'] ?? object['path'];
  return typeof label === 'string' && isSecretName(label);
}
