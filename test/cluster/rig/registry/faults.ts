import * as z from 'zod';

const common = {
  /** A regular expression on the path; absent: every request of the registry's own protocol. */
  match: z.string().optional(),
  /** For so many requests; absent: until told otherwise. */
  times: z.int().positive().optional(),
};

/** How the registry fails. */
export const registryFault = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfter: z.int().optional(),
  }),
  /** No answer, until the fault is cleared; then the connection is cut. */
  z.strictObject({ ...common, kind: z.literal('hang') }),
  z.strictObject({ ...common, kind: z.literal('slow'), bytesPerSecond: z.int().positive() }),
  /** The connection ends in the middle of the body. */
  z.strictObject({ ...common, kind: z.literal('cut'), afterBytes: z.int().nonnegative() }),
  /** Refuses whoever does not give this name and password. */
  z.strictObject({ ...common, kind: z.literal('login'), username: z.string(), password: z.string() }),
]);

export type RegistryFault = z.infer<typeof registryFault>;

/** The faults that hold at present, in the order in which they were set. */
export class Faults {
  #holding: { readonly fault: RegistryFault; left: number }[] = [];

  add(fault: RegistryFault): void {
    this.#holding.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#holding = [];
  }

  /** The fault of this request, which is counted with it. */
  take(path: string, authorization: string | undefined): RegistryFault | undefined {
    const found = this.#holding.find(({ fault }) => concerns(fault, path, authorization));
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#holding = this.#holding.filter((each) => each !== found);
    return found.fault;
  }
}

function concerns(fault: RegistryFault, path: string, authorization: string | undefined): boolean {
  if (fault.match !== undefined && !new RegExp(fault.match).test(path)) return false;
  if (fault.kind !== 'login') return true;
  const right = Buffer.from(`${fault.username}:${fault.password}`).toString('base64');
  return authorization !== `Basic ${right}`;
}
