/**
 * What a place in memory has for tests, whatever it stands for. `before` is called with each request and may throw, before or
 * after the work is done: what is thrown after it is an answer that did not come.
 */
export abstract class AskedPlace {
  readonly asked: string[] = [];
  before: (request: string, when: 'before' | 'after') => void = () => undefined;

  protected ask<T>(request: string, signal: AbortSignal, work: () => T): T {
    signal.throwIfAborted();
    this.asked.push(request);
    this.before(request, 'before');
    const done = work();
    this.before(request, 'after');
    return done;
  }
}
