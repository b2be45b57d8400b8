import { posix } from 'node:path';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { CONTENT_ROOT } from '../../../domain/pipeline/bindings.ts';
import type { ImageRef } from '../../../ports/target.ts';
import type { ContainerSpec, ContentItem, SecretSource } from '../attempt-spec.ts';
import { type ConfigMaps, readConfigMap } from './config-maps.ts';
import { readEnvironment } from './environment-values.ts';
import { expand } from './expansion.ts';
import { FieldJudge, integer, text } from './field-judge.ts';
import {
  CONTAINER_FIELDS,
  INIT_FIELDS,
  JOB_FIELDS,
  JOB_SPEC_FIELDS,
  POD_FIELDS,
  SIDECAR_FIELDS,
  TEMPLATE_FIELDS,
} from './field-rules.ts';
import { joinContent, readMounts, readVolumes, type Volumes } from './mounts.ts';
import { namedPorts, readStartupProbe } from './startup-probe.ts';

const DEFAULT_GRACE_S = 30;

/** What an attempt's objects come to on this machine. */
export interface Workload {
  readonly containers: readonly WorkloadContainer[];
  readonly content: readonly ContentItem[];
  readonly secrets: readonly SecretSource[];
  readonly deadline?: number;
  readonly grace: number;
}

export interface WorkloadContainer extends Omit<ContainerSpec, 'bin'> {
  readonly image: ImageRef;
}

/** What was read, and what was not as it would be on a cluster. */
export interface WorkloadReading {
  /** Makes sense only when there are no problems. */
  readonly workload: Workload;
  /** What cannot be honoured, each with its place. */
  readonly problems: readonly string[];
  readonly notEnforced: readonly string[];
}

/** Rendered objects, and where what they mount lies on this machine. */
export interface WorkloadRequest {
  readonly objects: readonly JsonObject[];
  readonly images: readonly ImageRef[];
  /** Absolute. */
  readonly workspace: string;
  readonly contentRoot: string;
}

/** Reads the rendered objects of an attempt: ConfigMaps and one Job. */
export function readWorkload(request: WorkloadRequest): WorkloadReading {
  const judge = new FieldJudge();
  const maps = new Map<string, ReadonlyMap<string, Buffer>>();
  const jobs: JsonObject[] = [];
  for (const object of request.objects) {
    const kind = text(object['kind']) ?? '';
    if (kind === 'ConfigMap') maps.set(...readConfigMap(judge, object));
    else if (kind === 'Job' && object['apiVersion'] === 'batch/v1') jobs.push(object);
    else refuseKind(judge, kind);
  }
  const [job] = jobs;
  if (jobs.length > 1) judge.refuse('the objects', 'hold more than one Job');
  if (job === undefined && judge.problems.length === 0) judge.refuse('the objects', 'hold no Job');
  const ofObjects = [...judge.problems];
  const workload = new WorkloadReader(judge, request, maps).read(job ?? {});
  // Without a Job, what its fields lack says nothing.
  return { workload, problems: job === undefined ? ofObjects : judge.problems, notEnforced: judge.notEnforced };
}

function refuseKind(judge: FieldJudge, kind: string): void {
  const hint = /Job$/.test(kind) ? ': choose the variant "job" of this stage' : '';
  judge.refuse(`the object of kind ${kind === '' ? '(none)' : kind}`, `exists on a cluster only${hint}`);
}

class WorkloadReader {
  readonly #judge: FieldJudge;
  readonly #request: WorkloadRequest;
  readonly #maps: ConfigMaps;
  readonly #secrets: SecretSource[] = [];
  readonly #content: ContentItem[] = [];

  constructor(judge: FieldJudge, request: WorkloadRequest, maps: ConfigMaps) {
    this.#judge = judge;
    this.#request = request;
    this.#maps = maps;
  }

  read(job: JsonObject): Workload {
    const judge = this.#judge;
    const at = `Job ${text(judge.object(job['metadata'], 'Job.metadata')['name']) ?? ''}: spec`;
    judge.fields(job, at.replace(/: spec$/, ''), JOB_FIELDS);
    const spec = judge.object(job['spec'], at);
    judge.fields(spec, at, JOB_SPEC_FIELDS);
    const template = judge.object(spec['template'], `${at}.template`);
    judge.fields(template, `${at}.template`, TEMPLATE_FIELDS);
    const podAt = `${at}.template.spec`;
    const pod = judge.object(template['spec'], podAt);
    judge.fields(pod, podAt, POD_FIELDS);
    const containers = this.#containers(pod, podAt);
    const deadlines = [integer(spec['activeDeadlineSeconds']), integer(pod['activeDeadlineSeconds'])];
    const deadline = Math.min(...deadlines.map((seconds) => seconds ?? Number.POSITIVE_INFINITY));
    return {
      containers,
      content: joinContent(judge, this.#content),
      secrets: this.#secrets,
      ...(Number.isFinite(deadline) ? { deadline } : {}),
      grace: integer(pod['terminationGracePeriodSeconds']) ?? DEFAULT_GRACE_S,
    };
  }

  #containers(pod: JsonObject, at: string): readonly WorkloadContainer[] {
    const judge = this.#judge;
    const volumes = readVolumes(judge, pod['volumes'], `${at}.volumes`, this.#maps);
    const helpers = judge.list(pod['initContainers'], `${at}.initContainers`);
    const main = judge.list(pod['containers'], `${at}.containers`);
    if (main.length !== 1) {
      judge.refuse(
        `${at}.containers`,
        `there are ${main.length}; a stage has one container, and its helpers are initContainers`,
      );
    }
    const all = [
      ...helpers.map(({ item, path }) => this.#container(item, path, volumes, roleOf(judge, item, path))),
      ...main.slice(0, 1).map(({ item, path }) => this.#container(item, path, volumes, 'main')),
    ];
    const names = all.map((container) => container.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) judge.refuse(at, `two containers are called ${twice}`);
    return all;
  }

  #container(item: JsonObject, at: string, volumes: Volumes, role: ContainerSpec['role']): WorkloadContainer {
    const judge = this.#judge;
    judge.fields(item, at, role === 'main' ? CONTAINER_FIELDS : role === 'init' ? INIT_FIELDS : SIDECAR_FIELDS);
    const name = text(item['name']) ?? '';
    if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) judge.refuse(`${at}.name`, 'is no name of a container');
    const environment = readEnvironment(judge, item['env'], `${at}.env`, this.#maps);
    const { workspace } = this.#request;
    this.#content.push(...readMounts(judge, item['volumeMounts'], `${at}.volumeMounts`, { workspace, volumes }));
    const ports = namedPorts(judge, item['ports'], `${at}.ports`);
    const probe =
      role === 'sidecar' ? readStartupProbe(judge, item['startupProbe'], `${at}.startupProbe`, ports) : undefined;
    return {
      name,
      role,
      image: this.#image(item, at),
      argv: this.#argv(item, at, new Map(environment.values.map((entry) => [entry.name, entry.value]))),
      env: environment.values,
      secretEnv: environment.secrets.map((secret) => ({ name: secret.name, index: this.#secret(secret.source) })),
      workingDir: this.#workingDir(item['workingDir'], at),
      ...(probe === undefined ? {} : { startupProbe: probe }),
    };
  }

  #argv(item: JsonObject, at: string, values: ReadonlyMap<string, string>): readonly string[] {
    const judge = this.#judge;
    const command = judge.strings(item['command'], `${at}.command`);
    const argv = [...command, ...judge.strings(item['args'], `${at}.args`)].map((word) => expand(word, values));
    if (command.length === 0) {
      judge.refuse(`${at}.command`, 'is missing; what an image would start by itself is not known to the local target');
    }
    if (argv.some((word) => word.includes('\0')))
      judge.refuse(`${at}.command`, 'holds a NUL character, which no argument can');
    if (argv[0] === '') judge.refuse(`${at}.command`, 'begins with an empty word');
    if (argv[0]?.includes('=') === true) judge.refuse(`${at}.command`, `${argv[0]} has a "=" in its name`);
    return argv;
  }

  #image(item: JsonObject, at: string): ImageRef {
    const reference = text(item['image']) ?? '';
    const image = this.#request.images.find((candidate) => candidate.reference === reference);
    if (image?.folder === undefined) {
      this.#judge.refuse(
        `${at}.image`,
        `${reference} is an image of a registry; the local target runs what is made from a folder stages/<stage>/<engine>`,
      );
    }
    return image ?? { reference };
  }

  #workingDir(json: Json | undefined, at: string): string {
    const path = posix.normalize(text(json) ?? CONTENT_ROOT);
    if (path === '/tmp') return path;
    if (path !== CONTENT_ROOT && !path.startsWith(`${CONTENT_ROOT}/`)) {
      this.#judge.refuse(`${at}.workingDir`, `${path} is not below ${CONTENT_ROOT}`);
    }
    return posix.join(this.#request.contentRoot, posix.relative(CONTENT_ROOT, path));
  }

  #secret(source: SecretSource): number {
    const written = JSON.stringify(source);
    const known = this.#secrets.findIndex((other) => JSON.stringify(other) === written);
    return known >= 0 ? known : this.#secrets.push(source) - 1;
  }
}

function roleOf(judge: FieldJudge, item: JsonObject, at: string): 'init' | 'sidecar' {
  const policy = item['restartPolicy'];
  if (policy === 'Always') return 'sidecar';
  if (policy !== undefined && policy !== null)
    judge.refuse(`${at}.restartPolicy`, 'an init container has none, or "Always"');
  return 'init';
}
