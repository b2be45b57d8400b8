import { sha256 } from '../../../domain/data/digest.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { labelsOfPeople } from '../api/attempt-labels.ts';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES, textAt } from '../api/kube-api.ts';
import type { WorkspaceClaim } from './workspace-claim.ts';

const LABELS: JsonObject = {
  'app.kubernetes.io/name': 'ilab-input',
  'app.kubernetes.io/component': 'input',
  'app.kubernetes.io/part-of': 'ilab-backend',
  'app.kubernetes.io/managed-by': 'ilab-backend',
};

/** What says, without a pod, that a folder is in a claim. */
export interface InputMarker {
  readonly name: string;
  readonly uid: string;
  readonly digest: string;
  readonly claim: string;
  readonly claimUid: string;
  /** Bytes. */
  readonly size: number;
  /** RFC 3339. */
  readonly placedAt: string;
}

/** What names belong to a folder in a claim: another claim under the same name has other ones. */
export function inputName(kind: 'input' | 'send' | 'fetch', claim: WorkspaceClaim, digest: string): string {
  const hash = sha256(`${claim.uid}/${digest}`);
  return `ilab-${kind}-${hash.slice(0, 32)}`;
}

/** One request. */
export async function isMarked(
  api: KubeApi,
  claim: WorkspaceClaim,
  digest: string,
  signal: AbortSignal,
): Promise<boolean> {
  return (await api.get(RESOURCES.configMaps, inputName('input', claim, digest), signal)) !== undefined;
}

/** Written when the folder is in its place, never before. */
export async function writeMarker(
  api: KubeApi,
  claim: WorkspaceClaim,
  { digest, size, pod }: { readonly digest: string; readonly size: number; readonly pod: JsonObject },
  signal: AbortSignal,
): Promise<void> {
  const marker: JsonObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: inputName('input', claim, digest), labels: { ...labelsOfPeople(pod['labels']), ...LABELS } },
    immutable: true,
    data: { digest, claim: claim.name, claimUid: claim.uid, size: String(size) },
  };
  try {
    await api.create(RESOURCES.configMaps, marker, {}, signal);
  } catch (error) {
    // Without it the next run looks into the claim; that is all.
    if (!(error instanceof KubeFault) || (error.kind !== 'exists' && error.kind !== 'ambiguous')) throw error;
  }
}

/** Every marker of the namespace. */
export async function listMarkers(api: KubeApi): Promise<readonly InputMarker[]> {
  const labels = 'app.kubernetes.io/managed-by=ilab-backend,app.kubernetes.io/component=input';
  return (await api.list(RESOURCES.configMaps, { labels })).items.flatMap(markerOf);
}

function markerOf(map: KubeObject): readonly InputMarker[] {
  const { name, uid } = map.metadata;
  const digest = textAt(map, 'data', 'digest');
  const claim = textAt(map, 'data', 'claim');
  const claimUid = textAt(map, 'data', 'claimUid');
  const placedAt = textAt(map, 'metadata', 'creationTimestamp');
  if (digest === undefined || claim === undefined || claimUid === undefined || placedAt === undefined) return [];
  return [{ name, uid, digest, claim, claimUid, placedAt, size: Number(textAt(map, 'data', 'size') ?? 0) }];
}
