import type { Finding } from '../../../domain/diagnosis/finding.ts';
import { UserError } from '../../../domain/errors.ts';
import type { ImageKnowledge } from '../../../domain/image/image-knowledge.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { DRIVER_ACCOUNT } from '../../../domain/rights/rbac.ts';
import type { ClusterNeeds, Doctor } from '../../../ports/doctor.ts';
import type { ImageIdentity } from '../../../ports/target.ts';
import { type KubeApi, RESOURCES } from '../api/kube-api.ts';
import { translated } from '../api/user-error.ts';
import { DryRun } from '../target/dry-run.ts';
import { look } from './look.ts';
import { clusterFinding, namespaceFinding } from './place.ts';
import { referenceFindings } from './references.ts';
import { rightsFindings } from './rights.ts';
import { classFindings, roomFindings } from './room.ts';
import { workspaceFinding } from './workspace.ts';

export interface ClusterDoctorOptions {
  readonly api: KubeApi;
  readonly needs: ClusterNeeds;
  /** The workspace claim as it would be made. */
  readonly claim: JsonObject;
  readonly imageState: (image: ImageIdentity) => Promise<ImageKnowledge>;
}

/** What runs need of a namespace of a cluster, seen from where this program is. Nothing is created. */
export function createClusterDoctor(options: ClusterDoctorOptions): Doctor {
  const { api, needs, claim } = options;
  return {
    async *examine(signal) {
      for (const begin of [clusterFinding, namespaceFinding]) {
        const finding = await begin(api, signal);
        yield finding;
        if (finding.state === 'problem') return;
      }
      const rights = await rightsFindings(api, needs, signal);
      yield* rights;
      // Inside nobody knows which claim runs use.
      if (needs.persona !== 'driver') yield await translated(api.place, () => workspaceFinding(api, claim, signal));
      yield* await translated(api.place, () => roomFindings(api, needs, signal));
      yield* await translated(api.place, () => classFindings(api, needs, signal));
      yield* await imageFindings(options);
      yield* await translated(api.place, () => referenceFindings(api, needs, signal));
      if (needs.persona !== 'driver') yield await accountFinding(api, signal);
      // What may not be created is not admitted either: that is told already.
      if (rights.every(({ state }) => state !== 'problem')) yield* await admissionFindings(options);
    },
  };
}

async function imageFindings({ needs, imageState }: ClusterDoctorOptions): Promise<readonly Finding[]> {
  const states = await Promise.all(needs.images.map(async (image) => ({ image, state: await imageState(image) })));
  const missing = states.filter(({ state }) => state === 'missing').map(({ image }) => image.reference);
  const unknown = states.filter(({ state }) => state === 'unknown').map(({ image }) => image.reference);
  const known = states.length - missing.length - unknown.length;
  const build = `build and load or push them: \`${needs.buildCommand ?? 'ilab-backend images build'}\``;
  const findings: Finding[] = [];
  if (known > 0) findings.push({ name: 'Images', state: 'ok', message: `${known} of ${states.length} known` });
  if (missing.length > 0) {
    findings.push({ name: 'Images', state: 'problem', message: `not built: ${missing.join(', ')}`, fix: build });
  }
  if (unknown.length > 0) {
    const message = `whether nodes have them is not known: ${unknown.join(', ')}`;
    findings.push({ name: 'Images', state: 'warning', message, fix: build });
  }
  return findings;
}

/** Only `run --detach` needs it. */
async function accountFinding(api: KubeApi, signal: AbortSignal): Promise<Finding> {
  const name = 'Detach';
  const fix = `an administrator can make it: \`ilab-backend rbac --detach -n ${api.place.namespace} | kubectl apply -f -\``;
  const seen = await look(() => api.get(RESOURCES.serviceAccounts, DRIVER_ACCOUNT, signal));
  if (seen.kind === 'hidden')
    return { name, state: 'ok', message: `you may not look for ServiceAccount ${DRIVER_ACCOUNT}` };
  if (seen.value !== undefined) return { name, state: 'ok', message: `ServiceAccount ${DRIVER_ACCOUNT} is there` };
  return {
    name,
    state: 'warning',
    message: `there is no ServiceAccount ${DRIVER_ACCOUNT}: \`run --detach\` cannot start`,
    fix,
  };
}

/** Everything that a run would create, tried without storing it. */
async function admissionFindings({ api, needs }: ClusterDoctorOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const unproven = new Set<string>();
  const dryRun = new DryRun(api);
  for (const { stage, objects } of needs.stages) {
    try {
      for (const what of await translated(api.place, () => dryRun.try(objects))) unproven.add(what);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const said = error.message.replace(/^stage [^:]+: /, '');
      findings.push({ name: 'Admission', state: 'problem', message: `${stage}: ${said}`, fix: error.hint });
    }
  }
  if (needs.stages.length === 0) return [];
  if (unproven.size > 0) {
    findings.push({ name: 'Admission', state: 'warning', message: `not tried: ${[...unproven].join('; ')}` });
  }
  if (findings.length > 0) return findings;
  return [{ name: 'Admission', state: 'ok', message: 'a dry run of every stage and its pods is accepted' }];
}
