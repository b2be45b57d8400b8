import { type Run, readScreen } from './sgr.ts';

/** A screen as tmux prints it, with the codes of its colours, and for how long it stands. */
export interface Frame {
  readonly screen: string;
  readonly seconds: number;
}

const CELL = { width: 8.4, height: 18 };
const EDGE = 14;
const FONT = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace";

/**
 * One SVG that plays the frames for ever: they stand below each other in a strip that is moved by a frame's height at a
 * time. A row that comes again is written once. Who wants no motion sees the last frame.
 */
export function renderFrames(
  frames: readonly Frame[],
  size: { readonly columns: number; readonly rows: number },
): string {
  const width = Math.ceil(size.columns * CELL.width + 2 * EDGE);
  const height = size.rows * CELL.height + 2 * EDGE;
  const rows = new Map<string, string>();
  const strip = frames.map(({ screen }, index) => {
    const uses = readScreen(screen).flatMap((runs, line) => {
      const row = runs.map(renderRun).join('');
      if (row === '') return [];
      const id = rows.get(row) ?? `r${rows.size}`;
      rows.set(row, id);
      return [`<use href="#${id}" y="${EDGE + line * CELL.height}"/>`];
    });
    return `<g transform="translate(0 ${index * height})">${uses.join('')}</g>`;
  });
  const total = frames.reduce((sum, { seconds }) => sum + seconds, 0);
  let passed = 0;
  const steps = frames.map(({ seconds }, index) => {
    const step = `${((100 * passed) / total).toFixed(3)}%{transform:translateY(${-index * height}px)}`;
    passed += seconds;
    return step;
  });
  const last = `transform:translateY(${-(frames.length - 1) * height}px)`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" fill="#d7dae0">`,
    '<title>A run of the InstructLab pipeline in a terminal</title>',
    '<style>',
    `text{font:14px ${FONT};white-space:pre}`,
    '.b{font-weight:700}.d{opacity:.62}',
    `@keyframes play{${steps.join('')}100%{${last}}}`,
    `.strip{animation:play ${total.toFixed(1)}s step-end infinite}`,
    `@media (prefers-reduced-motion:reduce){.strip{animation:none;${last}}}`,
    '</style>',
    '<defs>',
    ...[...rows].map(([row, id]) => `<g id="${id}">${row}</g>`),
    '</defs>',
    `<rect width="${width}" height="${height}" rx="8" fill="#16181d"/>`,
    `<svg width="${width}" height="${height}"><g class="strip">`,
    ...strip,
    '</g></svg></svg>',
    '',
  ].join('\n');
}

function renderRun({ text, column, color, isBold, isFaint, isInverse }: Run): string {
  const kinds = [...(isBold ? ['b'] : []), ...(isFaint ? ['d'] : [])];
  const x = (EDGE + column * CELL.width).toFixed(1);
  const width = ([...text].length * CELL.width).toFixed(1);
  const fill = isInverse ? '#16181d' : color;
  const ground = isInverse
    ? `<rect x="${x}" width="${width}" height="${CELL.height}" fill="${color ?? '#d7dae0'}"/>`
    : '';
  const look = `${kinds.length === 0 ? '' : ` class="${kinds.join(' ')}"`}${fill === undefined ? '' : ` fill="${fill}"`}`;
  // The length is said, so that a font of another width still stands in its columns.
  return `${ground}<text x="${x}" y="${CELL.height - 4}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${look}>${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
