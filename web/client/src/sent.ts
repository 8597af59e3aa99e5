// What was sent and may have to be sent again. Both sides count the messages of a session; a message is kept until the
// server is known to have got it.

interface Sent {
  readonly bytes: Uint8Array;
  readonly id: number | undefined;
}

export class SentMessages {
  /** By number, from 1, in order. */
  private readonly _kept = new Map<number, Sent>();
  private readonly _numbers = new Map<number, number>();
  private _last: number;
  private _known: number;
  private _unasked = 0;
  private _unaskedBytes = 0;

  /** @count of them, of this session, went out before; nobody sends those again. */
  public constructor(count = 0) {
    this._last = count;
    this._known = count;
  }

  /** Messages that are kept. */
  public get size(): number {
    return this._kept.size;
  }

  /** Of these, what asked for no answer. */
  public get unasked(): number {
    return this._unasked;
  }

  public get unaskedBytes(): number {
    return this._unaskedBytes;
  }

  /** @id of a request; undefined: nobody answers it. */
  public keep(bytes: Uint8Array, id: number | undefined): void {
    this._last += 1;
    this._kept.set(this._last, { bytes, id });
    if (id !== undefined) this._numbers.set(id, this._last);
    else this.countUnasked(1, bytes);
  }

  /** The answer to @id shows that the server has got the request and all before it. */
  public answered(id: number): void {
    const number = this._numbers.get(id);
    if (number !== undefined) this.forget(number);
  }

  /** The server has got the first @count messages; false: that cannot be. */
  public received(count: number): boolean {
    if (!Number.isSafeInteger(count) || count < this._known || count > this._last) return false;
    this.forget(count);
    return true;
  }

  /** What the server is not known to have got, in order. */
  public *unseen(): Generator<Uint8Array> {
    for (const { bytes } of this._kept.values()) yield bytes;
  }

  private forget(upTo: number): void {
    for (const [number, { id, bytes }] of this._kept) {
      if (number > upTo) break;
      this._kept.delete(number);
      if (id !== undefined) this._numbers.delete(id);
      else this.countUnasked(-1, bytes);
    }
    this._known = Math.max(this._known, upTo);
  }

  private countUnasked(sign: 1 | -1, bytes: Uint8Array): void {
    this._unasked += sign;
    this._unaskedBytes += sign * bytes.length;
  }
}
