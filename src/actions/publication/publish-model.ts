import { UserError } from '../../domain/errors.ts';
import { PublicationOrder } from '../../domain/publication/order.ts';
import type { PublicationSettings } from '../../domain/publication/settings.ts';
import type { StepReport } from '../../domain/publication/step-report.ts';
import type { CodeHost } from '../../ports/code-host.ts';
import type { ModelPublisher } from '../../ports/model-hub.ts';
import type { PublicationJournal } from '../../ports/publication-journal.ts';
import { composeTexts, type Publication } from './content.ts';
import { type HostWork, repositorySteps } from './host-steps.ts';
import { hubSteps, MODEL_COMMIT } from './hub-steps.ts';
import { pullSteps } from './pull-steps.ts';
import { previewSteps, runSteps, type StepDeps } from './run-steps.ts';
import type { Step } from './step.ts';

/** What publishing needs. `hub` and `host` are there where the settings name something at one. */
export interface PublishDeps extends StepDeps {
  readonly hub?: ModelPublisher;
  readonly host?: CodeHost;
  readonly journal: PublicationJournal;
  /** The part of the model that was sent, from 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/** What publishing came to. A dry run has no reports: `pending` counts what there would be to do. */
export type Published =
  | { readonly kind: 'run'; readonly reports: readonly StepReport[] }
  | { readonly kind: 'preview'; readonly steps: number; readonly pending: number };

/**
 * Publishes a model where the settings say: at a hub, in the ChangeLog of a code repository, at the pull requests it
 * came from. What is there already is left alone; with `isDryRun` everything is.
 */
export async function publishModel(
  deps: PublishDeps,
  settings: PublicationSettings,
  publication: Publication,
): Promise<Published> {
  const steps = await planSteps(deps, settings, publication);
  if (!settings.isDryRun) return { kind: 'run', reports: await runSteps(steps, deps) };
  return { kind: 'preview', steps: steps.length, pending: await previewSteps(steps, deps) };
}

async function planSteps(
  deps: PublishDeps,
  settings: PublicationSettings,
  publication: Publication,
): Promise<readonly Step[]> {
  const { hub, host, journal, onProgress, signal } = deps;
  let { entry } = composeTexts(publication, { changelog: '' });
  const onTexts = (texts: { readonly entry: string }): void => {
    entry = texts.entry;
  };
  const order = new PublicationOrder(settings.run, settings.isOlderAllowed);
  const steps: Step[] = [];
  if (settings.hub !== undefined) {
    if (hub === undefined) throw new UserError('bad-input', 'a model hub is named, and there is no access to one');
    steps.push(...hubSteps({ hub, settings: settings.hub, publication, order, onTexts, onProgress }));
  }
  if (settings.host !== undefined) {
    if (host === undefined) throw new UserError('bad-input', 'a code host is named, and there is no access to one');
    const address = settings.hub && hub?.address(settings.hub.repo, settings.hub.tag);
    const work: HostWork = {
      ...{ host, settings: settings.host, lineage: publication.lineage, journal, order, entry: () => entry },
      ...(address === undefined ? {} : { address }),
      needs: settings.hub === undefined ? [] : [MODEL_COMMIT],
    };
    steps.push(...repositorySteps(work));
    steps.push(...(await pullSteps({ ...work, report: publication.report }, signal)));
  }
  return steps;
}
