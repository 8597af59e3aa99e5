// How long to wait before the next attempt. The time is drawn at random, so that the clients of a server that was away do
// not all come back at the same moment.

export interface BackoffOptions {
  /** The most that is waited before the first attempt. */
  readonly firstMs: number;
  /** The most that is ever waited. */
  readonly mostMs: number;
}

export class Backoff {
  private _attempts = 0;

  public constructor(private readonly _options: BackoffOptions, private readonly _random: () => number = Math.random) {}

  public get attempts(): number {
    return this._attempts;
  }

  /** The time before the next attempt, not below @leastMs, which the server may have asked for. */
  public nextMs(leastMs = 0): number {
    const most = Math.min(this._options.mostMs, this._options.firstMs * 2 ** this._attempts);
    this._attempts += 1;
    return leastMs + this._random() * most;
  }

  public reset(): void {
    this._attempts = 0;
  }
}
