import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { OPERATIONS, type Operation } from './operations.ts';

/*
 * GitHub's published description of its API, as scripts/github-openapi.ts cut it out of `@octokit/openapi`: what is asked
 * of the test server is judged by it, and so is what the server answers.
 */

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: { readonly type?: string };
  readonly 'x-multi-segment'?: boolean;
}
interface Content {
  readonly schema: object & { readonly properties?: object };
  readonly examples?: { readonly first: { readonly $ref?: string; readonly value?: unknown } };
}
interface Described {
  readonly parameters: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, Content> };
  readonly responses: Record<string, { readonly content: Record<string, Content> }>;
}
interface Description {
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: Record<string, Record<string, unknown>>;
}

/** A request as the description understands it. */
export interface Understood {
  readonly operation: Operation;
  /** Of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const ID = 'github';
/** Of a pull request whose author or fork is gone, GitHub sends null where its description has none. */
const NULL_ALL_THE_SAME = /^(?:\/\d+)?\/(?:user|head\/repo)$/;
const JSON_TYPE = 'application/json';
const whole = JSON.parse(readFileSync(join(import.meta.dirname, 'description.json'), 'utf8')) as Description;
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, coerceTypes: false });
ajv.addSchema({ $id: ID, ...whole });
const validators = new Map<string, ValidateFunction>();
const ways = OPERATIONS.map((operation) => ({ operation, pattern: patternOf(operation) }));

/** Which operation it is; undefined where the description, or this part of it, has none. */
export function findOperation(method: string, path: string): Pick<Understood, 'operation' | 'path'> | undefined {
  for (const { operation, pattern } of ways) {
    const match = operation.startsWith(`${method} `) ? pattern.exec(path) : null;
    if (match === null) continue;
    const values = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { operation, path: Object.fromEntries(values) };
  }
  return undefined;
}

/** What the description holds against a request; empty = it may be asked so. */
export function requestFaults({ operation, path, query, body }: Understood, hasBody: boolean): readonly string[] {
  const { requestBody } = described(operation);
  const parameters = parametersOf(operation);
  const faults: string[] = [];
  for (const { name, in: place, required = false, schema } of parameters) {
    if (place === 'header') continue;
    const value = (place === 'path' ? path : query)[name];
    if (value === undefined && required) faults.push(`${name} is missing`);
    if (value !== undefined) faults.push(...valueFaults(name, value, schema));
  }
  const known = new Set(parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name));
  faults.push(...Object.keys(query).flatMap((name) => (known.has(name) ? [] : [`${name} is no parameter`])));
  if (requestBody === undefined) return hasBody ? [...faults, 'it takes no body'] : faults;
  if (!hasBody) return requestBody.required ? [...faults, 'the body is missing'] : faults;
  const { schema } = requestBody.content[JSON_TYPE] as Content;
  const validate = compiled(`${operation} request`, schema);
  if (!validate(body)) faults.push(ajv.errorsText(validate.errors, { dataVar: 'body' }));
  // More would be taken and not looked at: what is meant does not happen.
  const fields = Object.keys(schema.properties ?? body);
  return [...faults, ...Object.keys(body).flatMap((key) => (fields.includes(key) ? [] : [`body/${key} is no field`]))];
}

/** What the description holds against an answer; statuses other than the good ones are not described here. */
export function answerFaults(operation: Operation, status: number, body: unknown): readonly string[] {
  if (status >= 300) return [];
  const content = described(operation).responses[status]?.content[JSON_TYPE];
  if (content === undefined) return [`${status} is not described`];
  const validate = compiled(`${operation} ${status}`, content.schema);
  if (validate(body)) return [];
  const errors = (validate.errors ?? []).filter(({ instancePath }) => !NULL_ALL_THE_SAME.test(instancePath));
  return errors.length === 0 ? [] : [ajv.errorsText(errors, { dataVar: 'answer' })];
}

/** A fresh copy of GitHub's own example of an answer. */
export function exampleOf(operation: Operation, status: number): unknown {
  const example = described(operation).responses[status]?.content[JSON_TYPE]?.examples?.first;
  const { $ref } = example ?? {};
  const found = $ref === undefined ? example : whole.components['examples']?.[$ref.split('/').at(-1) ?? ''];
  return structuredClone((found as { readonly value: unknown }).value);
}

function valueFaults(name: string, value: string, { type }: Parameter['schema']): readonly string[] {
  if (type === 'integer' && !/^\d+$/.test(value)) return [`${name} is no integer: ${value}`];
  if (type === 'boolean' && !/^(?:true|false)$/.test(value)) return [`${name} is no boolean: ${value}`];
  return value === '' ? [`${name} is empty`] : [];
}

function described(operation: Operation): Described {
  const [method = '', path = ''] = operation.split(' ');
  return whole.paths[path]?.[method.toLowerCase()] as Described;
}

function parametersOf(operation: Operation): readonly Parameter[] {
  return described(operation).parameters.map((parameter) =>
    '$ref' in parameter
      ? (whole.components['parameters']?.[parameter.$ref.split('/').at(-1) ?? ''] as Parameter)
      : parameter,
  );
}

function patternOf(operation: Operation): RegExp {
  const multi = new Set(parametersOf(operation).flatMap((it) => (it['x-multi-segment'] === true ? [it.name] : [])));
  const path = operation.split(' ')[1] ?? '';
  const pattern = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${multi.has(name) ? '.+' : '[^/]+'})`);
  return new RegExp(`^${pattern}$`);
}

/** Compiled when it is first needed: the schemas are large. */
function compiled(name: string, schema: object): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', `"${ID}#/`)) as object);
  validators.set(name, validate);
  return validate;
}
