import { escapeText, html, Markup } from './markup.ts';

/*
 * As much of a document as Observable Plot asks for when it draws: a tree of elements that only grows, and is written as text
 * at the end. A whole DOM would be larger than Plot itself, and would escape by rules of its own.
 */

/** Where an element comes from, as Plot asks. */
class ChartDocument {
  readonly documentElement: ChartElement = new ChartElement('html', this, 'http://www.w3.org/1999/xhtml');

  createElementNS(_space: string, name: string): ChartElement {
    return new ChartElement(name, this);
  }

  createElement(name: string): ChartElement {
    return new ChartElement(name, this);
  }

  createTextNode(text: string): ChartText {
    return new ChartText(text);
  }
}

class ChartText {
  parentNode: ChartElement | null = null;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  write(): string {
    return escapeText(this.#text);
  }
}

class ChartElement {
  readonly ownerDocument: ChartDocument;
  readonly namespaceURI: string;
  readonly style: { setProperty(name: string, value: string): void; removeProperty(name: string): void };
  parentNode: ChartElement | null = null;
  readonly #name: string;
  readonly #attributes = new Map<string, string>();
  readonly #styles = new Map<string, string>();
  #children: (ChartElement | ChartText)[] = [];

  constructor(name: string, document: ChartDocument, space = 'http://www.w3.org/2000/svg') {
    this.#name = name;
    this.ownerDocument = document;
    this.namespaceURI = space;
    this.style = {
      setProperty: (property, value) => void this.#styles.set(property, value),
      removeProperty: (property) => void this.#styles.delete(property),
    };
  }

  get childNodes(): readonly (ChartElement | ChartText)[] {
    return this.#children;
  }

  setAttribute(name: string, value: unknown): void {
    // Plot names its groups; within a picture nobody may be told of them.
    if (name === 'aria-label') return;
    this.#attributes.set(name, String(value));
  }

  setAttributeNS(_space: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  appendChild<T extends ChartElement | ChartText>(child: T): T {
    child.parentNode = this;
    this.#children.push(child);
    return child;
  }

  insertBefore<T extends ChartElement | ChartText>(child: T, before: ChartElement | ChartText | null): T {
    const index = before === null ? -1 : this.#children.indexOf(before);
    child.parentNode = this;
    this.#children.splice(index < 0 ? this.#children.length : index, 0, child);
    return child;
  }

  append(...children: readonly (ChartElement | ChartText | string)[]): void {
    for (const child of children) this.appendChild(typeof child === 'string' ? new ChartText(child) : child);
  }

  set textContent(text: unknown) {
    this.#children = [new ChartText(String(text ?? ''))];
  }

  write(): string {
    // The sheet of the page has its rules.
    if (this.#name === 'style') return '';
    const styles = [...this.#styles].map(([name, value]) => `${name}:${value}`).join(';');
    // The picture as a whole has a name and a description; its parts are no images, and a reader skips them.
    const own = [...this.#attributes].filter(([name]) => this.#name === 'svg' || !name.startsWith('aria-'));
    const attributes = [...own, ...(styles === '' ? [] : [['style', styles] as const])];
    const written = attributes.map(([name, value]) => ` ${name}="${escapeText(value)}"`).join('');
    return `<${this.#name}${written}>${this.#children.map((child) => child.write()).join('')}</${this.#name}>`;
  }
}

/** Draws into a document of its own. `title` and `description` are what a screen reader says of the picture, `id` makes their names. */
export function drawn(
  draw: (document: unknown) => unknown,
  { id, title, description }: { readonly id: string; readonly title: string; readonly description: string },
): Markup {
  const document = new ChartDocument();
  const svg = draw(document);
  if (!(svg instanceof ChartElement)) throw new Error('the chart is no element');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-desc`);
  const parts: readonly (readonly [string, string, string])[] = [
    ['title', `${id}-title`, title],
    ['desc', `${id}-desc`, description],
  ];
  const [first] = svg.childNodes;
  for (const [name, key, text] of parts) {
    const element = document.createElement(name);
    element.setAttribute('id', key);
    element.textContent = text;
    svg.insertBefore(element, first ?? null);
  }
  return new Markup(svg.write());
}

/** Draws a chart twice: as wide as the page, and for a telephone; the sheet shows the one that fits. */
export function drawnForBoth(
  draw: (document: unknown, isNarrow: boolean) => unknown,
  names: { readonly id: string; readonly title: string; readonly description: string },
): Markup {
  const wide = drawn((document) => draw(document, false), names);
  const narrow = drawn((document) => draw(document, true), { ...names, id: `${names.id}-narrow` });
  return html`<div class="if-wide">${wide}</div><div class="if-narrow">${narrow}</div>`;
}
