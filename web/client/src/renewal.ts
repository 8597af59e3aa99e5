// A token ends, the session need not (PROTOCOL.md, "session.renewToken"): where the application gives tokens by a function, it is
// asked for another one in time.

/** Between attempts. The session ends by itself when none of them helps. */
const AGAIN_MS = 5000;

export interface RenewalOptions {
  readonly token: () => string | Promise<string>;
  /** session.renewToken; answers until when the new one is good. */
  readonly renew: (token: string) => Promise<unknown>;
  readonly hasEnded: () => boolean;
  readonly againMs?: number;
}

export class Renewal {
  private _timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts: what a former attempt comes to is of no interest any more. */
  private _turn = 0;

  public constructor(private readonly _options: RenewalOptions) {}

  /** The token ends at @expires, as the server tells it. */
  public begin(expires: string): void {
    this.stop();
    void this.attempt(expires, this._turn);
  }

  /** Another session has begun, or this one has ended. */
  public stop(): void {
    this._turn += 1;
    clearTimeout(this._timer);
  }

  private async attempt(expires: string, turn: number): Promise<void> {
    try {
      // One that ends as soon, out of somebody's cache, is no help.
      if (await this._options.renew(await this._options.token()) !== expires) return;
    } catch {
      // The application's function has failed, or the server takes this token as little.
    }
    if (turn !== this._turn || this._options.hasEnded()) return;
    this._timer = setTimeout(() => void this.attempt(expires, turn), this._options.againMs ?? AGAIN_MS);
    (this._timer as { unref?: () => void }).unref?.();
  }
}
