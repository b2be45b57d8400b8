import { clusterRbacObjects, rbacObjects, rulesFor, type Subject } from '../../domain/rights/rbac.ts';
import type { Persona } from '../../domain/rights/rights.ts';
import { toYaml } from '../../template/index.ts';
import type { OpenProject } from '../project/open-project.ts';
import { renderedKinds } from './render-stages.ts';

/** Whose rights, where, and who gets them; without a subject only the role is rendered. */
export interface RightsRequest {
  readonly persona: Persona;
  readonly namespace: string;
  readonly subject?: Subject;
}

/** The least rights that runs of a pipeline need, as `kubectl apply` takes them; of no cluster anything is asked. */
export function renderRights(project: OpenProject, { persona, ...place }: RightsRequest): string {
  return toYaml(rbacObjects(persona, rulesFor(persona, renderedKinds(project)), place));
}

/** The optional rights in the whole cluster; they depend on no pipeline. */
export function renderClusterRights({ persona, ...place }: RightsRequest): string {
  return toYaml(clusterRbacObjects(place, persona === 'driver'));
}
