/** What a secret's value is replaced by. */
export const MASK = '***';

/** What names a secret and is none: a variable, a file of this machine. */
export const REFERENCE = /^(?:env|file):/;

/** Words that stand where a value would: it is not set, or it is a type. */
const NO_VALUE =
  /^(?:none|null|nil|true|false|undefined|unset|missing|required|optional|empty|invalid|expired|redacted|str|string|bytes|bool|int|any|union|secretstr)\b[.:]?$/i;
/** `<your token>`, `</s>`, `${HF_TOKEN}`, `$HF_TOKEN`, `%(token)s`, `{token}`. */
const PLACEHOLDER = /^(?:<[^<>]*>|\$[A-Z_][A-Z0-9_]*|\$[({].*|%\(\w+\)s|\{\{?[\w. -]*\}?\}?)$/;
/** A line of a program, as a traceback shows it. */
const CODE = /^(?:os|process|self|args|config|settings|secrets|vars)\.\w|^getenv\(/;
/** A file says nothing of what is in it. What is in base64 may begin with a slash, too, but not like this. */
const PATH =
  /^(?:~|\.{1,2}|\/(?:run|var|etc|home|root|tmp|mnt|opt|usr|srv|data|content|workspace|secrets))\/[\w./@-]*$/;
const NUMBER = /^[-+]?[\d.,_]+(?:e[-+]?\d+)?(?:[a-z%]{1,3}(?:\/s)?)?$/i;

/** Whether it can be a value at all, and none that is masked already. */
export function isValue(text: string): boolean {
  if (text.length < 4 || text.startsWith(MASK)) return false;
  return ![REFERENCE, NO_VALUE, PLACEHOLDER, CODE, PATH].some((other) => other.test(text));
}

/** `4096`, `0.12`, `12ms`, `151643`. */
export function isNumber(text: string): boolean {
  return text.length <= 40 && NUMBER.test(text);
}

/** No word of a language: letters and digits, and neither a number with its unit nor a version. */
export function isStrong(text: string): boolean {
  return (
    text.length >= 6 &&
    /[a-z]/i.test(text) &&
    /\d/.test(text) &&
    !isNumber(text) &&
    !/^v?\d+(?:\.\d+)+\S{0,8}$/.test(text)
  );
}
