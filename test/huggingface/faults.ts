import * as z from 'zod';

/** What goes wrong with a request. */
const faultSchema = z.discriminatedUnion('kind', [
  /** An answer instead of what was asked; with `isDone` it is done all the same. */
  z.object({
    kind: z.literal('status'),
    status: z.int(),
    headers: z.record(z.string(), z.string()).default({}),
    /** What stands in `error`; `$authorization` becomes the header that came. */
    error: z.string().default('told to'),
    isDone: z.boolean().default(false),
  }),
  /** Never an answer. */
  z.object({ kind: z.literal('hang'), isDone: z.boolean().default(false) }),
  /** The connection is closed without an answer: before anything was done, or after. */
  z.object({ kind: z.literal('cut'), isDone: z.boolean().default(false) }),
  /** It is done, and the connection is closed in the middle of the answer. */
  z.object({ kind: z.literal('cut-answer') }),
  /** What is sent is read with a pause after every so many bytes; it arrives in the end. */
  z.object({ kind: z.literal('slow-upload'), bytes: z.int(), pauses: z.int(), seconds: z.number() }),
  /** The connection is closed after so many bytes of what is sent. */
  z.object({ kind: z.literal('cut-upload'), bytes: z.int() }),
]);

export type Fault = z.infer<typeof faultSchema>;
/** As it is written. */
export type FaultInput = z.input<typeof faultSchema>;

export const faultRuleSchema = z.object({
  /** A regular expression over `POST /api/...`. */
  match: z.string(),
  fault: faultSchema,
  /** How often; the requests that match are counted. */
  times: z.int().default(1),
  /** So many pass before. */
  after: z.int().default(0),
});

/** The faults that are to come, the first that matches a request is taken. */
export class Faults {
  /** Called when a request that gets no answer was seen, or done. */
  onHang: () => void = () => undefined;
  #rules: { match: RegExp; fault: Fault; times: number; after: number }[] = [];

  add(rule: z.input<typeof faultRuleSchema>): void {
    const { match, ...rest } = faultRuleSchema.parse(rule);
    this.#rules.push({ match: new RegExp(match), ...rest });
  }

  clear(): void {
    this.#rules = [];
  }

  take(request: string): Fault | undefined {
    const rule = this.#rules.find(({ match, times }) => times > 0 && match.test(request));
    if (rule === undefined) return undefined;
    if (rule.after > 0) {
      rule.after -= 1;
      return undefined;
    }
    rule.times -= 1;
    return rule.fault;
  }
}
