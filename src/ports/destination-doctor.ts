import type { Destination, DestinationRights } from '../domain/destination.ts';

/** Asks the places that runs write to what a token may do there; writes nothing that stays. */
export interface DestinationDoctor {
  /** Of a place that refuses or does not answer it is told, not thrown; throws the reason of the signal only. */
  look(destination: Destination, signal: AbortSignal): Promise<DestinationRights>;
}
