import { readFileSync } from 'node:fs';
import { OPERATIONS } from '../test/github/operations.ts';

/*
 * Cuts out of GitHub's published OpenAPI description what the test server needs: the operations of
 * test/github/operations.ts, what they refer to, the first example of what each answers. The whole package is 437 MB, too
 * much for everybody's node_modules. With a new version of the package:
 *
 *   npm pack @octokit/openapi@VERSION && tar xzf octokit-openapi-VERSION.tgz package/generated/api.github.com.json
 *   node scripts/github-openapi.ts package/generated/api.github.com.json >test/github/description.json
 *
 * test/long/github-openapi.test.ts does it anew.
 */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** Words for people, and what only GitHub's own generators read. */
const LEFT_OUT = new Set(['description', 'summary', 'tags', 'externalDocs', 'x-github', 'x-octokit', 'deprecated']);

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('usage: github-openapi.ts DESCRIPTION.json');
const whole = JSON.parse(readFileSync(source, 'utf8')) as JsonObject;
const components: Record<string, Record<string, Json>> = {};
const paths: Record<string, Record<string, Json>> = {};
for (const name of OPERATIONS) {
  const [method = '', path = ''] = name.split(' ');
  const operation = objectAt('paths', path, method.toLowerCase());
  paths[path] = { ...paths[path], [method.toLowerCase()]: keep(cut(operation)) };
}
const { openapi = null, info = null } = whole;
const version = (info as JsonObject)['version'] ?? null;
const description = { openapi, info: { title: 'GitHub REST API, a part', version }, paths, components };
process.stdout.write(`${JSON.stringify(description)}\n`);

/** What an operation is asked with, and what it answers when all is well. */
function cut(operation: JsonObject): JsonObject {
  const { parameters = [], requestBody, responses = {} } = operation;
  const well = Object.entries(responses as JsonObject).filter(([status]) => /^2/.test(status));
  return {
    parameters,
    ...(requestBody === undefined ? {} : { requestBody: withoutExamples(requestBody as JsonObject) }),
    responses: Object.fromEntries(well.map(([status, response]) => [status, withOneExample(response as JsonObject)])),
  };
}

function withoutExamples(part: JsonObject): JsonObject {
  const schema = jsonContent(part)['schema'] ?? {};
  return { required: part['required'] ?? false, content: { 'application/json': { schema } } };
}

function withOneExample(response: JsonObject): JsonObject {
  const { schema = {}, examples = {} } = jsonContent(response);
  const [first] = Object.values(examples as JsonObject);
  return { content: { 'application/json': { schema, ...(first === undefined ? {} : { examples: { first } }) } } };
}

function jsonContent(part: JsonObject): JsonObject {
  return ((part['content'] as JsonObject | undefined)?.['application/json'] ?? {}) as JsonObject;
}

/** A copy without words; what it refers to is kept beside it. */
function keep(value: Json, isNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => keep(item));
  if (value === null || typeof value !== 'object') return value;
  const { $ref } = value as JsonObject;
  if (typeof $ref === 'string') keepComponent($ref);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => isNames || !(LEFT_OUT.has(key) || (key === 'example' && inner !== undefined)))
      // The names inside `properties` are the field's, and an example is data.
      .map(([key, inner]) => [
        key,
        key === 'value' && !isNames ? inner : keep(inner, key === 'properties' && !isNames),
      ]),
  );
}

function keepComponent($ref: string): void {
  const [, kind = '', name = ''] = /^#\/components\/([^/]+)\/(.+)$/.exec($ref) ?? [];
  components[kind] ??= {};
  const kept = components[kind];
  if (kept[name] !== undefined) return;
  kept[name] = true; // it may refer to itself
  kept[name] = keep(objectAt('components', kind, name));
}

function objectAt(...way: readonly string[]): JsonObject {
  let value: Json = whole;
  for (const key of way) value = (value as JsonObject)?.[key] ?? null;
  if (value === null) throw new Error(`the description has no ${way.join(' ')}`);
  return value as JsonObject;
}
