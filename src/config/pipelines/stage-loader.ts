import { isScalar, type Node } from 'yaml';
import { nameHint } from '../../domain/closest.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import type { ExpressionText, Stage, StageInput } from '../../domain/pipeline/pipeline.ts';
import type { Problem, SourceFile } from '../../domain/pipeline/source-file.ts';
import type { Compiled } from '../../template/compiled.ts';
import {
  type CompiledExpression,
  compileExpression,
  type ExpectedType,
  type ExpressionInput,
  expressionProblems,
} from '../../template/expression.ts';
import { splitExpressions } from '../../template/interpolation.ts';
import type { TypeScope } from '../../template/scope.ts';
import { type CompiledTemplate, type CompiledTree, compileTree } from '../../template/template.ts';
import { problemAt } from '../../template/yaml/source-position.ts';
import { spanOf } from '../../template/yaml/yaml-source.ts';
import type { FileReader } from '../file-reader.ts';
import { builtinNames } from '../locations.ts';
import { dotted, namedPaths, schemaAt } from '../schema-paths.ts';
import type { EngineSection, InputSection, Requirements, StageSection } from '../settings/stage-section.ts';
import type { LoadedGate, LoadedSource, LoadedStage, Requirement } from './loaded-pipeline.ts';
import { undeclaredMetrics } from './metric-names.ts';
import { fileOf, type PipelineSource, type partialsOf } from './pipeline-source.ts';
import { type StageGraph, upstream } from './stage-graph.ts';
import type { InputShape, PipelineScopes } from './stage-scopes.ts';

/** What all stages of a pipeline are loaded with. */
export interface StageContext {
  readonly reader: FileReader;
  readonly source: PipelineSource;
  readonly partials: ReturnType<typeof partialsOf>;
  readonly schema: JsonObject;
  readonly scopes: PipelineScopes;
  readonly graph: StageGraph;
  /** Compiles a template in a scope, once for all stages that share both. */
  readonly compiled: (file: SourceFile, scope: TypeScope) => Compiled<CompiledTemplate>;
  /** Only these variants are compiled, by stage; absent = all of them. */
  readonly variants?: Readonly<Record<string, string>>;
}

/** Compiles what a stage says; every fault goes to `problems`. */
export class StageLoader {
  readonly #context: StageContext;
  readonly #section: StageSection;
  readonly #problems: Problem[];
  #before: readonly StageName[] | undefined;

  constructor(context: StageContext, section: StageSection, problems: Problem[]) {
    this.#context = context;
    this.#section = section;
    this.#problems = problems;
  }

  load(): LoadedStage {
    const section = this.#section;
    const { scopes, partials } = this.#context;
    const before = () => this.#stagesBefore();
    const sources = section.inputs.flatMap((input) => this.#source(input));
    const shapes = section.inputs.map((input) => this.#shape(input, sources));
    const scope = scopes.template(shapes);
    const params = section.params === undefined ? undefined : this.#params(scopes.params(shapes));
    const when = section.when === undefined ? undefined : this.#condition(section.when);
    const approval = section.approval === undefined ? undefined : this.#approval(section.approval);
    return {
      stage: this.#stage(),
      get before() {
        return before();
      },
      ...(params === undefined ? {} : { params }),
      ...(when === undefined ? {} : { when }),
      gates: section.gates.flatMap((gate) => this.#gate(gate)),
      condition: (input) => this.#judged(input),
      ...(approval === undefined ? {} : { approval }),
      sources: sources.map((source) => source.loaded),
      templates: this.#templates(scope),
      scope,
      partials,
      requires: this.#requires(),
    };
  }

  /** Only conditions ask: of a chain of a thousand stages all these lists are half a million names. */
  #stagesBefore(): readonly StageName[] {
    if (this.#before !== undefined) return this.#before;
    const { graph } = this.#context;
    const above = upstream(graph, this.#section.name);
    this.#before = graph.order.map((stage) => stage.name).filter((name) => above.has(name));
    return this.#before;
  }

  #stage(): Stage {
    const section = this.#section;
    const { graph } = this.#context;
    return {
      name: section.name,
      needs: graph.needs.get(section.name) ?? [],
      inputs: section.inputs.map((input) => this.#input(input)),
      ...(section.when === undefined ? {} : { when: this.#text(section.when) }),
      gates: section.gates.map(({ name, node, when }) => ({
        ...{ name, condition: this.#text(node) },
        ...(when === undefined ? {} : { when: this.#text(when) }),
      })),
      ...(section.approval === undefined ? {} : { approval: this.#text(section.approval) }),
      engines: Object.fromEntries(section.engines.map((engine) => [engine.name, this.#engine(engine)])),
      variants: Object.fromEntries(section.variants.map(({ name, path }) => [name, path])),
      params: section.params === undefined ? {} : (this.#context.reader.object(section.params, '`params`') ?? {}),
      outputs: section.outputs,
      ...(section.metrics === undefined ? {} : { metrics: section.metrics }),
      timeouts: section.timeouts,
      retry: section.retry,
      stopOn: section.stopOn,
      contract: section.contract,
      reuse: section.reuse,
      ...(section.regardless.length === 0 ? {} : { regardless: this.#regardless(section.regardless) }),
      ...(section.dryRun === undefined ? {} : { dryRun: this.#dryRun(section.dryRun) }),
    };
  }

  #engine({ image, watch }: EngineSection): Stage['engines'][string] {
    for (const { path, node } of watch?.named ?? []) this.#known(path, node);
    return watch === undefined ? { image } : { image, watch: watch.advice };
  }

  #input(input: InputSection): StageInput {
    if (input.kind === 'output') {
      const from = input.from.map(({ stage, output }) => ({ stage: stage as Stage['name'], output }));
      return { kind: 'output', name: input.name, from };
    }
    return {
      kind: 'source',
      name: input.name,
      source: this.#inside(input.source),
      ...(input.changedSince === undefined ? {} : { changedSince: this.#inside(input.changedSince) }),
      ...(input.pulls === undefined ? {} : { pulls: this.#inside(input.pulls) }),
    };
  }

  /** An output may be absent when every stage that makes it may be skipped; a source when its expression says so. */
  #shape(input: InputSection, sources: readonly FoundSource[]): InputShape {
    if (input.kind === 'source') {
      const found = sources.find((source) => source.loaded.name === input.name);
      return { name: input.name, placed: false, optional: found?.optional ?? false };
    }
    const makers = input.from.map((ref) => this.#context.graph.order.find((stage) => stage.name === ref.stage));
    return { name: input.name, placed: true, optional: makers.every((maker) => maker?.when !== undefined) };
  }

  #source(input: InputSection): readonly FoundSource[] {
    if (input.kind === 'output') return [];
    const certain = this.#compile(input.source, 'string');
    const location = certain.kind === 'ok' ? certain : this.#compile(input.source, 'optional<string>');
    const changedSince = this.#optional(input.changedSince, 'optional<string>');
    const pulls = this.#optional(input.pulls, 'optional<list<int>>');
    if (location.kind === 'problems') this.#problems.push(...location.problems);
    if (location.kind === 'problems' || changedSince === 'wrong' || pulls === 'wrong') return [];
    const loaded = {
      name: input.name,
      location: location.value,
      ...(changedSince && { changedSince }),
      ...(pulls && { pulls }),
      builtin: this.#builtin(this.#inside(input.source).text),
    };
    return [{ loaded, optional: certain.kind === 'problems' }];
  }

  #optional(node: Node | undefined, expected: ExpectedType): CompiledExpression | 'wrong' | undefined {
    return node === undefined ? undefined : (this.#take(this.#compile(node, expected)) ?? 'wrong');
  }

  /** The names built into the engine, of the parameter that the expression reads. */
  #builtin(text: string): readonly string[] {
    const path = /^\s*params((?:\.\??[A-Za-z_]\w*)+)\s*$/.exec(text)?.[1]?.split(/\.\??/).slice(1);
    return path === undefined ? [] : builtinNames(schemaAt(this.#context.schema, path)?.['x-source']);
  }

  #params(scope: TypeScope): CompiledTree | undefined {
    const { reader, partials } = this.#context;
    const path = ['stages', this.#section.name, 'params'];
    return this.#take(compileTree({ file: reader.file, path, scope, partials }));
  }

  #gate(gate: StageSection['gates'][number]): readonly LoadedGate[] {
    const condition = this.#condition(gate.node);
    const loaded = { name: gate.name, text: this.#text(gate.node).text };
    if (gate.when === undefined) return condition === undefined ? [] : [{ ...loaded, condition }];
    const file = this.#context.reader.file;
    // Over the parameters alone, so that a plan knows it before there are results.
    const when = this.#take(compileExpression({ ...this.#text(gate.when), file }, this.#context.scopes.source, 'bool'));
    return condition === undefined || when === undefined ? [] : [{ ...loaded, condition, when }];
  }

  #approval(node: Node): LoadedStage['approval'] {
    return this.#text(node).text === 'required' ? 'required' : this.#condition(node);
  }

  #condition(node: Node): CompiledExpression | undefined {
    return this.#take(this.#judged({ ...this.#text(node), file: this.#context.reader.file }));
  }

  /** Types say that a metric is a number; which there are is known of stages that list them. */
  #judged(input: ExpressionInput): Compiled<CompiledExpression> {
    const { scopes, graph } = this.#context;
    const compiled = conditionOver(scopes, this.#stagesBefore(), input);
    if (compiled.kind === 'problems') return compiled;
    const declared = graph.order.flatMap(({ name, metrics }) =>
      metrics === undefined ? [] : [[name, metrics] as const],
    );
    const faults = undeclaredMetrics(input.text, new Map(declared));
    return faults.length === 0 ? compiled : { kind: 'problems', problems: expressionProblems(input, faults) };
  }

  #templates(scope: TypeScope): ReadonlyMap<string, CompiledTemplate> {
    const { source, reader, variants } = this.#context;
    const templates = new Map<string, CompiledTemplate>();
    for (const { name, path, node } of this.#section.variants) {
      if (variants !== undefined && variants[this.#section.name] !== name) continue;
      const file = fileOf(source, path);
      if (file === undefined) {
        const paths = source.files.map((other) => other.path.slice(source.folder.length + 1));
        reader.report(node, `there is no file \`${source.folder}/${path}\``, nameHint(path, paths));
        continue;
      }
      const template = this.#take(this.#context.compiled(file, scope));
      if (template !== undefined) templates.set(name, template);
    }
    return templates;
  }

  #requires(): readonly Requirement[] {
    const { engines, variants } = this.#section;
    return [
      ...engines.flatMap((engine) => this.#requirements('engine', engine)),
      ...variants.flatMap((variant) => this.#requirements('variant', variant)),
    ];
  }

  #requirements(
    kind: Requirement['kind'],
    { name, requires }: { readonly name: string; readonly requires: Requirements },
  ): readonly Requirement[] {
    return requires.map(({ path, node }) => {
      this.#known(path, node);
      return { kind, name, path };
    });
  }

  #dryRun({ path, node }: NonNullable<StageSection['dryRun']>): string {
    const { schema, reader } = this.#context;
    const known = namedPaths(schema)
      .filter((named) => schemaAt(schema, named)?.['type'] === 'boolean')
      .map(dotted);
    if (!known.includes(path)) reader.report(node, `there is no boolean parameter \`${path}\``, nameHint(path, known));
    return path;
  }

  /** A key is made as if these had no value, so each must be one that can have none. */
  #regardless(named: Requirements): readonly string[] {
    const { schema, reader } = this.#context;
    for (const { path, node } of named) {
      this.#known(path, node);
      const steps = path.split('.');
      const around = schemaAt(schema, steps.slice(0, -1));
      const required = around?.['required'];
      const isNeeded = Array.isArray(required) && required.includes(steps.at(-1) ?? '');
      if (isNeeded || schemaAt(schema, steps)?.['default'] !== undefined) {
        reader.report(
          node,
          `\`${path}\` always has a value`,
          'only a parameter that may have none can be left out of a reuse key',
        );
      }
    }
    return named.map(({ path }) => path);
  }

  #known(path: string, node: Node): void {
    const { schema, reader } = this.#context;
    const known = namedPaths(schema).map(dotted);
    if (!known.includes(path)) reader.report(node, `there is no parameter \`${path}\``, nameHint(path, known));
  }

  #compile(node: Node, expected: ExpectedType): Compiled<CompiledExpression> {
    const { reader, scopes } = this.#context;
    const inside = this.#inside(node);
    if (inside.text === '') {
      const message = 'where data comes from is one whole expression over the parameters';
      return { kind: 'problems', problems: [problemAt(reader.file, spanOf(node), message)] };
    }
    return compileExpression({ ...inside, file: reader.file }, scopes.source, expected);
  }

  /** The expression of a scalar that is nothing but `${ }`; empty when it is something else. */
  #inside(node: Node): ExpressionText {
    const { text, place } = this.#text(node);
    const [only, ...rest] = splitExpressions(text).parts;
    return { text: only?.kind === 'expression' && rest.length === 0 ? only.text : '', place };
  }

  #text(node: Node): ExpressionText {
    const value: unknown = isScalar(node) ? node.value : '';
    return { text: typeof value === 'string' ? value : '', place: this.#context.reader.place(node) };
  }

  #take<T>(result: Compiled<T>): T | undefined {
    if (result.kind === 'ok') return result.value;
    this.#problems.push(...result.problems);
    return undefined;
  }
}

function conditionOver(
  scopes: PipelineScopes,
  before: readonly StageName[],
  input: ExpressionInput,
): Compiled<CompiledExpression> {
  // Types of a thousand results for a condition over one of them would cost more than all the rest.
  const named = before.filter((name) => input.text.includes(name));
  const compiled = compileExpression(input, scopes.condition(named), 'bool');
  return compiled.kind === 'ok' ? compiled : compileExpression(input, scopes.condition(before), 'bool');
}

interface FoundSource {
  readonly loaded: LoadedSource;
  readonly optional: boolean;
}
