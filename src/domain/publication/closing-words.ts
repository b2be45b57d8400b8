import { counted } from './markdown.ts';
import type { PublicationSettings } from './settings.ts';
import type { StepReport } from './step-report.ts';

type Places = Pick<PublicationSettings, 'registry' | 'hub' | 'host'>;

/** Whether the settings name any place outside of the run. */
export function namesPlaces({ registry, hub, host }: Places): boolean {
  return registry !== undefined || hub !== undefined || host !== undefined;
}

/** What nobody should take for a publication says so first. */
export function titled(isDryRun: boolean, message: string): string {
  return isDryRun ? `Dry run: ${message.charAt(0).toLowerCase()}${message.slice(1)}` : message;
}

/** What people read last of a publication: the addresses, the model's first; why there are none. One sentence without its end. */
export function closingWords(
  settings: Places & Pick<PublicationSettings, 'isDryRun'>,
  {
    reports,
    pending,
    folder,
  }: { readonly reports: readonly StepReport[]; readonly pending: number; readonly folder?: string },
): string {
  if (!namesPlaces(settings)) {
    return settings.isDryRun
      ? 'Dry run: nothing would be published: no repository and no registry folder is named; the model would stay with the run'
      : 'Kept with the run: no repository and no registry folder is named';
  }
  if (settings.isDryRun) {
    const due = pending + (settings.registry === undefined ? 0 : 1);
    return `Dry run: nothing was published; ${counted(due, 'step', 'steps')} to do, as its log says`;
  }
  const made = reports.flatMap(({ state, address }) => (state === 'done' ? (address ?? []) : []));
  const addresses = new Set([...made, ...(folder === undefined ? [] : [folder])]);
  return addresses.size === 0 ? 'Published' : `Published: ${[...addresses].join(' ')}`;
}
