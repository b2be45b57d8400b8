import type { Json, JsonObject } from '../../../domain/json.ts';
import { at, listAt, textAt } from '../api/kube-api.ts';
import { parseQuantity } from './quantity.ts';

/** Amounts by resource name. */
export type Amounts = ReadonlyMap<string, number>;

/** What the scheduler sets aside for a pod, as it counts: the larger of the init containers and of what runs at once. */
export function requestsOf(pod: Json | undefined): Amounts {
  const spec = at(pod, 'spec');
  const beside = new Map<string, number>();
  let most = new Map<string, number>();
  for (const container of listAt(spec, 'initContainers')) {
    const own = containerRequests(container);
    if (textAt(container, 'restartPolicy') === 'Always') add(beside, own);
    else most = larger(most, sumOf(beside, own));
  }
  for (const container of listAt(spec, 'containers')) add(beside, containerRequests(container));
  const total = larger(most, beside);
  // Resources of the whole pod go before those of its containers.
  for (const [name, amount] of amountsAt(spec, 'resources', 'requests')) total.set(name, amount);
  add(total, amountsAt(spec, 'overhead'));
  return total;
}

/** The amounts at a path of an object, those that are quantities. */
export function amountsAt(value: Json | undefined, ...path: readonly string[]): Map<string, number> {
  const found = at(value, ...path);
  const amounts = new Map<string, number>();
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return amounts;
  for (const [name, quantity] of Object.entries(found)) {
    const amount = parseQuantity(quantity);
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

/** A limit without a request is the request too. */
function containerRequests(container: JsonObject): Map<string, number> {
  return new Map([...amountsAt(container, 'resources', 'limits'), ...amountsAt(container, 'resources', 'requests')]);
}

function add(total: Map<string, number>, more: Amounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount);
}

function sumOf(a: Amounts, b: Amounts): Map<string, number> {
  const total = new Map(a);
  add(total, b);
  return total;
}

function larger(a: Amounts, b: Amounts): Map<string, number> {
  const most = new Map(a);
  for (const [name, amount] of b) most.set(name, Math.max(most.get(name) ?? 0, amount));
  return most;
}
