import type { Command } from 'commander';
import type { CliContext } from './context.ts';

/** Adds options, arguments and the action of one command. Resolves the exit code when the action has run. */
export type DefineCommand = (command: Command, context: CliContext, done: (exitCode: number) => void) => void;
