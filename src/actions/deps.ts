import type { NotifySettings } from '../domain/notification.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { ArtifactStore } from '../ports/artifact-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DriverHost } from '../ports/driver-host.ts';
import type { OpenedNotifier } from '../ports/notifier.ts';
import type { RunStore } from '../ports/run-store.ts';
import type { SourceStore } from '../ports/source-store.ts';
import type { PlanTarget, Target } from '../ports/target.ts';

/** What the actions work with; made once, in main.ts or by a test. */
export interface Deps {
  readonly store: RunStore;
  readonly target: Target;
  readonly sources: SourceStore;
  readonly artifacts: ArtifactStore;
  readonly drivers: DriverHost;
  /** Opens what a run was recorded with (the text of `RunDocument.sources`). */
  readonly openPipeline: (sources: string) => RenderablePipeline | Promise<RenderablePipeline>;
  /** Absent = nobody outside is told of a run. */
  readonly openNotifier?: (settings: NotifySettings) => Promise<OpenedNotifier>;
  readonly clock: Clock;
  readonly who: Identity;
  /** A fresh UUID. */
  readonly newId: () => string;
}

/** What planning works with: it reads, and creates nothing. */
export interface PlanDeps extends Pick<Deps, 'store' | 'sources' | 'artifacts'> {
  readonly target: PlanTarget;
}

/** On whose behalf, and from where, an action is called. */
export interface Identity {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
}

/** The present moment as attempts and their logs are stamped: another machine's clock may be hours off. */
export function presentThere({ clock, target }: Pick<Deps, 'clock' | 'target'>): Date {
  return target.now?.() ?? clock.now();
}

/** The present moment as the record writes it. */
export function timestamp(clock: Clock): string {
  return clock.now().toISOString();
}
