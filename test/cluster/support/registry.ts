import * as z from 'zod';
import type { RegistryFault } from '../rig/registry/faults.ts';

const requestList = z.array(
  z.object({ method: z.string(), path: z.string(), status: z.int(), fault: z.string().optional() }),
);

/** A request that reached the registry; status 0: it was never answered. */
export type RegistryRequest = z.infer<typeof requestList>[number];

/** The rig's registry: where images are pushed to, and how it is told to fail. */
export class Registry {
  /** `address:port`, for pushes and for image names; image names may also begin with `registry.rig.local`. */
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  async fail(fault: RegistryFault): Promise<void> {
    await this.#ask('POST', 'faults', JSON.stringify(fault));
  }

  /** Ends every fault; requests that hang are cut. */
  async heal(): Promise<void> {
    await this.#ask('DELETE', 'faults');
  }

  /** The latest 1000, oldest first. */
  async requests(): Promise<readonly RegistryRequest[]> {
    return requestList.parse(await (await this.#ask('GET', 'requests')).json());
  }

  /** How many requests wait in a fault `hang` at this moment. */
  async hanging(): Promise<number> {
    return z.int().parse(await (await this.#ask('GET', 'hanging')).json());
  }

  async #ask(method: string, path: string, body?: string): Promise<Response> {
    const response = await fetch(`http://${this.address}/_rig/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`The registry refused ${method} ${path}: ${await response.text()}`);
    return response;
  }
}
