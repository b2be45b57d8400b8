import type { Json } from '../json.ts';

/** Who may give a value. */
type ValueLayer =
  | 'built-in'
  | 'pipeline'
  | 'defaults'
  | 'profile'
  | 'user'
  | 'project'
  | 'environment'
  | 'values'
  | 'flag';

/** One layer's say of a value. */
export interface GivenLayer {
  readonly layer: ValueLayer;
  readonly origin: string;
  /** Null takes back what lower layers say. */
  readonly value: Json;
  readonly holds: boolean;
}

/** What there is to know of one value, or of an object of values. */
export interface Explanation {
  readonly pipeline: string;
  readonly profile?: string;
  /** The key of the project file that it stands under: `params`, `pod`, `stages`, ... */
  readonly block: string;
  /** A parameter as `--set` takes it; everything else begins with its key: `pod.queue`. */
  readonly path: string;
  /** `integer`, `list of string`, `secret`, `object`. */
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly enum?: readonly Json[];
  readonly examples?: readonly Json[];
  /** Names built into an engine that it may have beside paths and addresses. */
  readonly builtin?: readonly string[];
  /** Keywords of JSON Schema that bound it: `minimum`, `pattern`, ... */
  readonly limits: Readonly<Record<string, Json>>;
  readonly required: boolean;
  readonly default?: Json;
  /** What holds now; absent = none. */
  readonly value?: Json;
  /** Where that comes from. */
  readonly origin?: string;
  /** Why it cannot be used. */
  readonly fault?: string;
  /** Who gave it, from the lowest layer to the highest; of an object nobody. */
  readonly layers: readonly GivenLayer[];
  /** What would go over it, from the lowest layer to the highest. */
  readonly overriddenBy: readonly string[];
  /** The stages that read it. */
  readonly readBy: readonly string[];
  /** What an object holds. */
  readonly children: readonly ExplainedChild[];
}

/** A value inside an object, in one line. */
export interface ExplainedChild {
  readonly path: string;
  readonly type: string;
  readonly title?: string;
  readonly value?: Json;
}
