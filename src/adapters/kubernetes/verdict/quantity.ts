/*
 * Kubernetes' quantities: `64Mi`, `1500m`, `1e3`, `2`. As numbers: bytes, cores, pieces.
 */

const BINARY: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const DECIMAL: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};
const FORM = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE])?)$/;

/** The value of a quantity; undefined for anything that is none. */
export function parseQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return Number.isFinite(quantity) ? quantity : undefined;
  if (typeof quantity !== 'string') return undefined;
  const [, digits, exponent, suffix = ''] = FORM.exec(quantity) ?? [];
  if (digits === undefined) return undefined;
  if (exponent !== undefined) return Number(digits + exponent);
  return Number(digits) * (BINARY[suffix] ?? DECIMAL[suffix] ?? 1);
}

/** Whether a resource is counted in bytes. */
function isBytes(resource: string): boolean {
  return /memory|storage|hugepages-/.test(resource);
}

/** A value as people write it: `64Mi` of memory, `0.5` of cpu, `4` pieces. */
export function formatQuantity(resource: string, value: number): string {
  if (!isBytes(resource)) return String(Math.round(value * 1000) / 1000);
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const size = BINARY[unit] ?? 1;
    if (value >= size) return `${Math.round((value / size) * 10) / 10}${unit}`;
  }
  return String(value);
}
