import { PROGRAM_IMAGE } from '../domain/image/image-name.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { previewBindings } from '../domain/pipeline/bindings.ts';
import { buildCommand } from '../domain/plan/plan.ts';
import { containersOf } from '../domain/plan/workload.ts';
import type { ClusterNeeds, Endpoint } from '../ports/doctor.ts';
import type { ImageIdentity, PlanTarget } from '../ports/target.ts';
import { destinationsIn } from './check-destinations.ts';
import { renderedKinds } from './plan/render-stages.ts';
import type { OpenProject } from './project/open-project.ts';

export type { ClusterNeeds, Doctor, Endpoint } from '../ports/doctor.ts';

/** What a run of a project would ask of a cluster; of no cluster anything is asked. `typed`: its folder as it was named. */
export async function clusterNeeds(
  project: Pick<OpenProject, 'pipeline'>,
  target: Pick<PlanTarget, 'identify'>,
  typed?: string,
): Promise<ClusterNeeds> {
  const { pipeline } = project;
  const images = new Map<string, ImageIdentity>();
  const stages: { readonly stage: string; readonly objects: readonly JsonObject[] }[] = [];
  const program = pipeline.pod['storage'] === undefined ? undefined : await target.identify(PROGRAM_IMAGE);
  if (program !== undefined) images.set(PROGRAM_IMAGE, program);
  for (const stage of pipeline.pipeline.stages) {
    const { image } = pipeline.choice(stage.name);
    const identity = images.get(image) ?? (await target.identify(image));
    images.set(image, identity);
    const given = new Set(pipeline.sourceInputs(stage.name).map((input) => input.name));
    const absent = stage.inputs.filter((input) => input.kind === 'source' && !given.has(input.name));
    const bindings = previewBindings(
      stage,
      identity.reference,
      new Set(absent.map((input) => input.name)),
      program?.reference,
    );
    stages.push({ stage: stage.name, objects: pipeline.render(stage.name, bindings) });
  }
  return {
    persona: 'owner',
    kinds: renderedKinds(project),
    stages,
    pod: pipeline.pod,
    images: [...images.values()],
    buildCommand: buildCommand({ pipeline: pipeline.pipeline, profile: pipeline.profile }, [], typed),
    endpoints: endpointsOf(
      pipeline.params,
      stages.flatMap(({ objects }) => objects),
    ),
    destinations: destinationsIn(pipeline),
  };
}

/** What is looked at where no project is: the rights of the driver and the endpoints that it is told. */
export function needsInside(endpoints: readonly Endpoint[], pod: JsonObject): ClusterNeeds {
  return { persona: 'driver', kinds: [], stages: [], pod, images: [], endpoints, destinations: [] };
}

const HUB: Endpoint = { name: 'the model hub', url: 'https://huggingface.co' };

/** Every URL that parameters or the environment of containers name, each once, and the hub where models come from it. */
function endpointsOf(params: JsonObject, objects: readonly JsonObject[]): readonly Endpoint[] {
  const named = textsIn(params, []).map(([path, text]) => ({ name: path, url: text }));
  const given = containersOf(objects).flatMap(envOf);
  const found = new Map<string, Endpoint>();
  for (const endpoint of [...named, ...given]) {
    const url = endpoint.url.startsWith('hf:') ? HUB.url : endpoint.url;
    const key = originOf(url);
    if (key !== undefined && !found.has(key)) found.set(key, url === HUB.url ? HUB : endpoint);
  }
  return [...found.values()];
}

/** What a pod finds in itself is nothing to ask for. */
function originOf(url: string): string | undefined {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, origin } = new URL(url);
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? undefined : origin;
}

function textsIn(value: Json, path: readonly string[]): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[path.join('.'), value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item as Json, [...path, String(index)]));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => textsIn(child, [...path, name]));
}

/** Proxies are a way, not an end. */
function envOf(container: JsonObject): readonly Endpoint[] {
  const env = container['env'];
  if (!Array.isArray(env)) return [];
  return env.flatMap((entry: Json) => {
    if (!isJsonObject(entry) || typeof entry['value'] !== 'string') return [];
    const name = String(entry['name']);
    return /_PROXY$|^PARAM_/.test(name) ? [] : [{ name, url: entry['value'] }];
  });
}
