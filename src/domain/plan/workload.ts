import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** Every container of a stage's objects, init containers first, whatever the workload's kind (Job, PyTorchJob, TrainJob). */
export function containersOf(objects: readonly JsonObject[]): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const object of objects) collect(object, found);
  return found;
}

function collect(value: Json, found: JsonObject[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const key of ['initContainers', 'containers']) {
    const list = value[key];
    if (Array.isArray(list)) found.push(...list.filter(isJsonObject));
  }
  const trainer = value['trainer'];
  if (isJsonObject(trainer) && 'image' in trainer) found.push({ name: 'trainer', ...trainer });
  for (const [key, child] of Object.entries(value)) {
    if (key !== 'initContainers' && key !== 'containers' && key !== 'trainer') collect(child, found);
  }
}

/** GPUs the objects' pods hold at once: the larger of an init container and the sum of the others, per pod. */
export function gpusOf(objects: readonly JsonObject[]): number {
  return objects.reduce((sum, object) => sum + gpusIn(object), 0);
}

function gpusIn(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + gpusIn(item), 0);
  if (!isJsonObject(value)) return 0;
  if (Array.isArray(value['containers'])) return podGpus(value);
  const replicas = numberIn(value, 'replicas') * numberIn(value['mlPolicy'], 'numNodes');
  const inside = Object.values(value).reduce<number>((sum, child) => sum + gpusIn(child), 0);
  return inside * replicas;
}

/** How often what is described runs; once where nothing says so. */
function numberIn(value: Json | undefined, field: string): number {
  const number = isJsonObject(value) ? value[field] : undefined;
  return typeof number === 'number' ? number : 1;
}

function podGpus(pod: JsonObject): number {
  const init = list(pod['initContainers']);
  const sidecars = init.filter((container) => container['restartPolicy'] === 'Always');
  const beside = sum([...list(pod['containers']), ...sidecars]);
  const before = Math.max(0, ...init.filter((container) => !sidecars.includes(container)).map(containerGpus));
  return Math.max(beside, before);
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function sum(containers: readonly JsonObject[]): number {
  return containers.reduce((total, container) => total + containerGpus(container), 0);
}

function containerGpus(container: JsonObject): number {
  const resources = container['resources'];
  const limits = isJsonObject(resources) ? resources['limits'] : undefined;
  if (!isJsonObject(limits)) return 0;
  return Object.entries(limits)
    .filter(([name]) => name.endsWith('/gpu'))
    .reduce((total, [, count]) => total + Number(count), 0);
}
