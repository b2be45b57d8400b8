import { type Document, isNode } from 'yaml';
import type { Problem, SourceFile } from '../domain/pipeline/source-file.ts';
import type { Present } from './cel/cel-program.ts';
import type { Door } from './doors.ts';
import type { TypeScope } from './scope.ts';
import { problemAt } from './yaml/source-position.ts';
import { spanOf } from './yaml/yaml-source.ts';

/** What stays the same while the files of one tree are compiled. */
export interface Session {
  readonly partials: (name: string) => SourceFile | undefined;
  readonly problems: Problem[];
  /** True for manifests: where YAML 1.1 would read a value differently, it must be in quotes. */
  readonly manifest: boolean;
  /** Nodes that may still be compiled; aliases and includes can multiply few lines into very many. */
  budget: number;
}

/** Where in the tree the compiler is. */
export interface At {
  readonly file: SourceFile;
  readonly document: Document;
  readonly scope: TypeScope;
  readonly door: Door;
  /** The files that include each other, the innermost last. */
  readonly includes: readonly string[];
  /** The aliases of this file that are being followed, the outermost first, and the nodes they lead to. */
  readonly aliases: readonly { readonly node: unknown; readonly target: unknown }[];
  /** What the `$if`s around it have asked for with `has()`. */
  readonly present: Present;
  /** How many mappings and lists are around it. */
  readonly depth: number;
  /** True in a patch (below the siblings of an `$include`, in an overlay), where an item may carry `$patch`. */
  readonly over: boolean;
}

/** Adds a problem at a YAML node; one over several lines is marked on its first. */
export function addProblem(session: Session, at: At, node: unknown, message: string, hint?: string): void {
  const { start, end } = isNode(node) ? spanOf(node) : { start: 0, end: 1 };
  const line = at.file.text.slice(start, end).split(/\r?\n/, 1)[0] ?? '';
  const span = { start, end: start + Math.max(1, line.trimEnd().length) };
  session.problems.push(problemAt(at.file, span, message, hint));
}
