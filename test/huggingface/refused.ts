/** What the hub answers where it does not do what it was asked. */
export class Refused extends Error {
  readonly status: number;
  /** `X-Error-Code`. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
