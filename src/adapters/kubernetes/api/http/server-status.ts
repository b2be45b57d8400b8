import * as z from 'zod';

/** What the API server says of a request it did not do. */
export interface ServerStatus {
  readonly message: string;
  readonly reason: string | undefined;
  /** The object's name; absent where the path itself leads nowhere. */
  readonly name: string | undefined;
  /** `field: message`. */
  readonly causes: readonly string[];
}

const text = z.string().nullish();
const schema = z.looseObject({
  kind: z.literal('Status'),
  message: text,
  reason: text,
  details: z
    .looseObject({
      name: text,
      causes: z.array(z.looseObject({ reason: text, field: text, message: text })).nullish(),
    })
    .nullish(),
});

/** Reads a `Status` object; undefined for anything else, such as the page of a proxy in between. */
function readStatus(body: unknown): ServerStatus | undefined {
  const { success, data } = schema.safeParse(body);
  if (!success) return undefined;
  const causes = (data.details?.causes ?? []).map(({ field, message, reason }) => {
    const said = message ?? reason ?? '';
    return field == null || field === '' ? said : `${field}: ${said}`;
  });
  return {
    message: data.message ?? '',
    reason: data.reason ?? undefined,
    name: data.details?.name ?? undefined,
    causes,
  };
}

/** The same from the text of an answer. */
export function parseStatus(body: string): ServerStatus | undefined {
  try {
    return readStatus(JSON.parse(body));
  } catch {
    return undefined;
  }
}
