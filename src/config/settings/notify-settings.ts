import type { JsonObject } from '../../domain/json.ts';
import { NOTIFICATION_KINDS } from '../../domain/notification.ts';
import { addressFault, shownAddressFault } from '../../domain/webhook-address.ts';
import { ParamSchema } from '../../template/schema/param-schema.ts';
import { readSchema } from '../../template/schema/schema-reader.ts';
import { type Fault, typedFault } from '../faults.ts';
import { type Given, givenInFile } from '../values/given-values.ts';
import { type ResolvedValues, resolveValues } from '../values/resolve-values.ts';
import type { SettingsLayer } from '../values/value-layers.ts';

/** The `notify:` block of a profile, project or user file: who is told of runs, by one webhook. */
export const NOTIFY_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    url: { title: 'Where messages go: https://HOST/PATH', type: 'string', minLength: 1 },
    urlFrom: { title: 'The same, where the address is itself a secret', type: 'object', 'x-secret': true },
    secret: { title: 'What messages are signed with', type: 'object', 'x-secret': true },
    on: {
      title: 'What is told',
      type: 'array',
      minItems: 1,
      items: { type: 'string', enum: NOTIFICATION_KINDS },
      default: NOTIFICATION_KINDS,
    },
  },
};

export const NOTIFY_SETTINGS = new ParamSchema(NOTIFY_SCHEMA, readSchema(NOTIFY_SCHEMA, { strict: true }).type);

/** What the layers say together; undefined where they name nobody. */
export function resolveNotify(
  layers: readonly SettingsLayer[],
): { readonly resolved: ResolvedValues; readonly faults: readonly Fault[] } | undefined {
  const given = layers.map(({ file }) => givenNotify(file));
  const resolved = resolveValues(NOTIFY_SETTINGS, given, 'notify');
  const { url, urlFrom, secret } = resolved.values;
  if (url === undefined && urlFrom === undefined && secret === undefined) return undefined;
  const both = url !== undefined && urlFrom !== undefined;
  const faults = [
    ...resolved.faults,
    ...(both
      ? [typedFault('notify', '`url` and `urlFrom` name the same: give one', 'take the other back: `url: null`')]
      : []),
    ...(url === undefined && urlFrom === undefined
      ? [typedFault('notify', 'no address is named', 'add `url:` or `urlFrom:`')]
      : []),
    ...(secret === undefined
      ? [typedFault('notify', 'no secret is named', 'add `secret:`, a reference to what messages are signed with')]
      : []),
  ];
  return { resolved, faults };
}

/** What one file says. An address that may not be shown is reported without its line, and is marked. */
export function givenNotify(file: SettingsLayer['file']): readonly (Given & { readonly isHidden: boolean })[] {
  const { reader, notify } = file;
  return givenInFile(file, notify, NOTIFY_SCHEMA, 'notify').map((one) => {
    const { path, value, at } = one;
    const fault = path[0] === 'url' && typeof value === 'string' ? shownAddressFault(value) : undefined;
    if (fault === undefined || at === undefined) return { ...one, isHidden: false };
    const isUnfit = typeof value === 'string' && addressFault(value) !== undefined;
    const hint = isUnfit ? 'write https://HOST/PATH' : 'name an address that is a secret by `urlFrom:`';
    reader.reportHidden(at.value, `\`notify.url\` ${fault}`, hint);
    return { ...one, isHidden: true };
  });
}
