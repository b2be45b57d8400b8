import { Box, Static, type SuspendTerminal, Text, useApp } from 'ink';
import { type ReactNode, useLayoutEffect } from 'react';

/** A block of lines above the table: what stays in the scrollback. */
export interface PastBlock {
  readonly id: number;
  readonly lines: readonly string[];
}

export interface RunScreenProps {
  /** Only ever appended to. */
  readonly past: readonly PastBlock[];
  /** What is drawn in place. */
  readonly lines: readonly string[];
  /** Told how the terminal is handed to another program and taken back. */
  readonly onReady: (suspend: SuspendTerminal) => void;
}

/** A run on a terminal: its past above, the frame of now below. Draws what it is given and does nothing else. */
export function RunScreen({ past, lines, onReady }: RunScreenProps): ReactNode {
  const { suspendTerminal } = useApp();
  useLayoutEffect(() => onReady(suspendTerminal), [suspendTerminal, onReady]);
  return (
    <>
      <Static items={[...past]}>{(block) => <Lines key={block.id} lines={block.lines} />}</Static>
      <Lines lines={lines} />
    </>
  );
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
