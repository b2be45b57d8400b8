/** A part of a row that looks the same throughout. */
export interface Run extends Look {
  readonly text: string;
  /** Of its first character, from 0. */
  readonly column: number;
}

interface Look {
  /** Absent = that of the terminal. */
  readonly color?: string;
  readonly isBold: boolean;
  readonly isFaint: boolean;
  readonly isInverse: boolean;
}

const PLAIN: Look = { isBold: false, isFaint: false, isInverse: false };
/** On a dark ground: black, red, green, yellow, blue, magenta, cyan, white; then the bright ones. */
const COLORS = ['#4b5263', '#e8747c', '#8fc77a', '#e2bd6b', '#6fb1f0', '#c58be0', '#62c2cf', '#d7dae0'];
const BRIGHT = ['#7b8496', '#f08c93', '#a6d893', '#efd08a', '#8dc4f7', '#d5a3ec', '#80d4df', '#ffffff'];
const ESCAPE = String.fromCharCode(27);
const CODE = new RegExp(`${ESCAPE}\\[([\\d;]*)m`);

/** The rows of `tmux capture-pane -e`: text and SGR codes, which hold beyond the end of a row. Spaces around a part are left out. */
export function readScreen(screen: string): readonly (readonly Run[])[] {
  let look = PLAIN;
  return screen.split('\n').map((row) => {
    const runs: Run[] = [];
    let column = 0;
    row.split(CODE).forEach((part, index) => {
      if (index % 2 === 1) {
        look = changed(look, part === '' ? [0] : part.split(';').map(Number));
        return;
      }
      const text = look.isInverse ? part : part.trim();
      const from = look.isInverse ? 0 : part.length - part.trimStart().length;
      if (text !== '') runs.push({ ...look, text, column: column + from });
      column += [...part].length;
    });
    return runs;
  });
}

function changed(look: Look, codes: readonly number[]): Look {
  const { color: _, ...colorless } = look;
  const [code = 0, ...rest] = codes;
  const after = ((): Look => {
    if (code === 0) return PLAIN;
    if (code === 1) return { ...look, isBold: true };
    if (code === 2) return { ...look, isFaint: true };
    if (code === 22) return { ...look, isBold: false, isFaint: false };
    if (code === 7) return { ...look, isInverse: true };
    if (code === 27) return { ...look, isInverse: false };
    if (code === 39) return colorless;
    if (code === 49) return look;
    const color = code >= 90 ? BRIGHT[code - 90] : COLORS[code - 30];
    if (color === undefined) throw new Error(`the colour ${codes.join(';')} is not known here: add it`);
    return { ...look, color };
  })();
  return rest.length === 0 ? after : changed(after, rest);
}
