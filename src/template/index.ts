// biome-ignore-all lint/performance/noBarrelFile: the face of this room; what is not named here is its own business.

export type { Compiled } from './compiled.ts';
export { type CompiledExpression, compileExpression, type ExpectedType, type ExpressionInput } from './expression.ts';
export { EvaluationFault } from './expression-fault.ts';
export {
  applyOverlays,
  type CompiledOverlay,
  compileOverlay,
  type Overlaid,
  type Overlay,
} from './overlay.ts';
export type { OverlayOrigin } from './overlay-origins.ts';
export { formatProblems } from './schema/format-problems.ts';
export type { ParamLeaf } from './schema/param-leaves.ts';
export { compileSchema, type ParamSchema, type SchemaPlace } from './schema/param-schema.ts';
export type { ValueFault } from './schema/value-fault.ts';
export { createScope, type TypeScope, type VariableType } from './scope.ts';
export {
  type CompiledTemplate,
  type CompiledTree,
  compileTemplate,
  compileTree,
  type Partials,
  type TemplateSource,
  type TreeSource,
} from './template.ts';
export { toYaml } from './yaml/to-yaml.ts';
