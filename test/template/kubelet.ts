/**
 * What the kubelet makes of `$(NAME)` in command, args and env values (third_party/forked/golang/expansion of
 * Kubernetes): `$$` is `$`, a known name is its value, an unknown reference stays.
 */
export function expand(text: string, known: Readonly<Record<string, string>> = {}): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '$' || at + 1 === text.length) {
      out += text[at];
      continue;
    }
    const close = text.indexOf(')', at);
    if (text[at + 1] === '$') {
      out += '$';
      at++;
    } else if (text[at + 1] === '(' && close !== -1) {
      const name = text.slice(at + 2, close);
      out += known[name] ?? `$(${name})`;
      at = close;
    } else {
      out += `$${text[++at]}`;
    }
  }
  return out;
}
