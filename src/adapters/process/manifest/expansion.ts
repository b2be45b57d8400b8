/**
 * Expands `$(NAME)` as a kubelet does in `command`, `args` and `env`: a name that is not there stays as it is written,
 * and `$$` is a `$` that begins nothing.
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const next = text[at + 1];
    if (text[at] !== '$' || next === undefined) {
      out += text[at];
      at += 1;
    } else if (next === '(') {
      const close = text.indexOf(')', at + 2);
      if (close < 0) return out + text.slice(at, at + 2) + expand(text.slice(at + 2), values);
      const name = text.slice(at + 2, close);
      out += values.get(name) ?? `$(${name})`;
      at = close + 1;
    } else {
      out += next === '$' ? '$' : `$${next}`;
      at += 2;
    }
  }
  return out;
}
