import { Box, Static, Text, useWindowSize } from 'ink';
import type { ReactNode } from 'react';
import type { RunView } from '../run-view.ts';
import type { Display } from '../subscriber.ts';
import { finalLines, frameLines, type OnInterrupt } from '../text/run-lines.ts';

/** A block of lines above the table: what stays in the scrollback. */
export interface PastBlock {
  readonly id: number;
  readonly lines: readonly string[];
}

export interface RunScreenProps {
  readonly view: RunView;
  /** Only ever appended to. */
  readonly past: readonly PastBlock[];
  readonly now: Date;
  readonly display: Pick<Display, 'color' | 'unicode' | 'place'>;
  readonly onInterrupt: OnInterrupt;
  /** The last frame: the whole table is put into the scrollback and nothing is left to be redrawn. */
  readonly last: boolean;
}

/** A run on a terminal: its past above, the stages as they are now below. Draws what it is given and does nothing else. */
export function RunScreen({ view, past, now, display, onInterrupt, last }: RunScreenProps): ReactNode {
  const { columns, rows } = useWindowSize();
  const gap = past.length > 0 ? [''] : [];
  const look = { ...display, columns, rows: rows - gap.length };
  if (!last) {
    const frame = frameLines(view, now, look, onInterrupt);
    return (
      <>
        <Past blocks={past} />
        <Lines lines={[...gap, ...frame]} />
      </>
    );
  }
  // All but the last line: a table of any height may be put above the frame, but not be one.
  const final = finalLines(view, now, look);
  return (
    <>
      <Past blocks={[...past, { id: past.length, lines: [...gap, ...final.slice(0, -1)] }]} />
      <Lines lines={final.slice(-1)} />
    </>
  );
}

function Past({ blocks }: { readonly blocks: readonly PastBlock[] }): ReactNode {
  return <Static items={[...blocks]}>{(block) => <Lines key={block.id} lines={block.lines} />}</Static>;
}

function Lines({ lines }: { readonly lines: readonly string[] }): ReactNode {
  return (
    <Box flexDirection="column">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
        <Text key={index}>{line === '' ? ' ' : line}</Text>
      ))}
    </Box>
  );
}
