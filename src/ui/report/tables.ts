import { type Content, html, type Markup } from './markup.ts';

/** A column: how it is called, and whether it holds figures or what machines call things. */
export interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'code' | 'text';
}

/** A row; its first cell is its name. */
export interface Row {
  readonly cells: readonly Content[];
  /** The runs of a page differ in it. */
  readonly differs?: boolean;
}

/** More of them share the width of a sheet of paper evenly. */
const MANY_COLUMNS = 7;

/** A table with a caption, nothing where it has no rows, in a frame of its own that is wide enough for it, whatever the page is. */
export function dataTable(caption: string, columns: readonly Column[], rows: readonly Row[], name = ''): Markup {
  if (rows.length === 0) return html``;
  const [first, ...others] = columns;
  const head = html`<th scope="col">${first?.title ?? ''}</th>${others.map(
    ({ title, kind }) => html`<th scope="col"${kind === 'number' ? html` class="n"` : ''}>${title}</th>`,
  )}`;
  const body = rows.map(({ cells: [key, ...cells], differs }) => {
    const rest = cells.map((cell, index) => html`<td${cellClass(others[index])}>${cell ?? ''}</td>`);
    return html`<tr${differs === true ? html` class="differs"` : ''}><th scope="row"${cellClass(first)}>${key ?? ''}</th>${rest}</tr>\n`;
  });
  const names = [name, columns.length > MANY_COLUMNS ? 'wide' : ''].filter((one) => one !== '').join(' ');
  const table = html`<table${names === '' ? '' : html` class="${names}"`}><caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table>`;
  return scrolling(caption, table);
}

function cellClass(column: Column | undefined): Markup {
  switch (column?.kind) {
    case 'number':
      return html` class="n"`;
    case 'code':
      return html` class="code"`;
    case 'text':
      return html` class="text"`;
    case undefined:
      return html``;
  }
}

/** What may be wider than a small screen moves sideways by itself; the keyboard reaches it. */
export function scrolling(name: string, content: Content): Markup {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${name}">${content}</div>`;
}

/** A part of the page, and its place in the table of contents. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Content;
}

/** Nothing where there is nothing to say. */
export function section(id: string, title: string, content: Content): readonly Section[] {
  return content === undefined || content === false || (Array.isArray(content) && content.every((one) => !one))
    ? []
    : [{ id, title, content }];
}
