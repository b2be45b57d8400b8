import { isJsonObject, type Json } from '../domain/json.ts';
import type { Problem } from '../domain/pipeline/source-file.ts';
import type { Outline } from './outline.ts';

/** Programs that run a text given to them as an option, and the options that take it. */
const SHELL = /^(ba|da|a|z|k|mk|c|tc|fi|pw)?sh$|^busybox$|^(powershell|cmd)(\.exe)?$/;
const SHELL_OPTION = /^-[a-z]*c[a-z]*$|^--command$|^\/[ck]$/i;
const INTERPRETER = /^(python|perl|ruby|node|php|lua|deno|bun)[\d.]*$/;
const INTERPRETER_OPTION = /^-[a-z]*[cerp]$|^--(eval|print)$|^eval$/i;

/**
 * Expressions that would become program text: anywhere in `command` and `args` of a container that calls a shell with
 * `-c`, and the code given to an interpreter. A value there could run anything.
 */
export function shellProblems(outline: Outline): readonly Problem[] {
  const problems: Problem[] = [];
  for (const object of outline.objects) walk(object, (call) => problems.push(...problemsOf(call, outline)));
  return problems;
}

interface Call {
  readonly argv: readonly string[];
  /** The first element of `command`; absent when the image decides. */
  readonly program: string | undefined;
}

/** Every mapping with a command: containers, but also probes, hooks and whatever a custom resource calls a container. */
function walk(value: Json, found: (call: Call) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item as Json, found);
    return;
  }
  if (!isJsonObject(value)) return;
  const command = texts(value['command']);
  const argv = [...command, ...texts(value['args'])];
  if (argv.length > 0) found({ argv, program: command[0] });
  for (const inner of Object.values(value)) walk(inner as Json, found);
}

function texts(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function problemsOf(call: Call, outline: Outline): readonly Problem[] {
  const { argv } = call;
  const unsafe = callsShell(call, outline) ? argv : argv.filter((_, index) => isCode(argv, index));
  const seen = new Set(unsafe.flatMap((text) => outline.marks.expressionsIn(text)));
  return [...seen].map(({ site }) =>
    site.problem({
      start: site.text.length - site.text.trimStart().length,
      end: site.text.trimEnd().length,
      message: 'a value must not become the text of a shell or another interpreter: it could run anything',
      hint: 'put it in `env` and write "$NAME" in the script, or call the program without a shell',
    }),
  );
}

/** A program that is itself an expression may be a shell. */
function callsShell({ argv, program }: Call, outline: Outline): boolean {
  const unknown = program !== undefined && outline.marks.expressionsIn(program).length > 0;
  return argv.some((text, index) => {
    const shell = SHELL.test(baseName(text)) || (index === 0 && unknown);
    return shell && argv.slice(index + 1).some((option) => SHELL_OPTION.test(option));
  });
}

function isCode(argv: readonly string[], index: number): boolean {
  const called = argv.slice(0, index).some((text) => INTERPRETER.test(baseName(text)));
  return called && INTERPRETER_OPTION.test(argv[index - 1] ?? '');
}

function baseName(program: string): string {
  return program.slice(program.lastIndexOf('/') + 1).toLowerCase();
}
