import type { JsonObject } from '../domain/json.ts';

/** Renders the objects that are the program's own, not a stage's. `pod`: the pod settings of the run they are for. */
export interface WorkspaceObjects {
  /** The claim as it is made where there is none. */
  claim(pod: JsonObject): JsonObject;
  /** The Job that moves data. */
  transfer(transfer: TransferValues, pod: JsonObject): readonly JsonObject[];
  /** The Job that drives a run. */
  driver(driver: DriverValues, pod: JsonObject): readonly JsonObject[];
}

/** The value `driver` of templates/_shared/driver.yaml. */
export interface DriverValues {
  readonly name: string;
  readonly run: string;
  /** Of the program itself. */
  readonly image: string;
  readonly args: readonly string[];
  readonly serviceAccountName: string;
  /** On whose behalf it drives. */
  readonly user: string;
  /** What it is told by variables from Secrets, where they are there. */
  readonly secrets: readonly { readonly variable: string; readonly name: string; readonly key: string }[];
}

/** The value `transfer` of templates/_shared/transfer.yaml. */
export interface TransferValues {
  readonly name: string;
  /** What it does, as a label: `unpack`, `serve`, `remove`. */
  readonly mode: string;
  /** What it is for: tells our own from somebody else's of the same name. */
  readonly key: string;
  /** Of the program itself. */
  readonly image: string;
  readonly args: readonly string[];
  /** Seconds until the cluster ends it. */
  readonly deadline: number;
  /** Seconds until the cluster deletes it once it has ended. */
  readonly keep: number;
  /** The only node that may mount the claim now; absent = any. */
  readonly node?: string;
  /** Hex; present where it listens. */
  readonly tokenSha256?: string;
  readonly port: number;
  /** What it unpacks, in order. */
  readonly pieces: readonly { readonly configMap: string; readonly path: string }[];
}
