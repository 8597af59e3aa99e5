// A small seeded generator (sfc32) with the picks that the script generator needs. The same seed gives the same values everywhere.

/** 32 bits that depend on all of @text. */
function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

export class Random {
  #state;

  /** @words: anything that names the script. */
  constructor(...words) {
    const text = words.join("/");
    this.#state = Uint32Array.of(hash(text), hash(`${text}#`), hash(`#${text}`), 1);
    for (let i = 0; i < 12; i += 1) this.next();
  }

  /** 32 random bits. */
  next() {
    const s = this.#state;
    const t = (s[0] + s[1] + s[3]) >>> 0;
    s[3] += 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + t;
    return t;
  }

  /** A whole number, 0 <= it < @n. */
  below(n) {
    return Math.floor((this.next() / 2 ** 32) * n);
  }

  /** True with probability @p. */
  chance(p) {
    return this.next() / 2 ** 32 < p;
  }

  unit() {
    return this.next() / 2 ** 32;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  /** One of @list, the last ones more likely: scripts go on with what they made. */
  pickLate(list) {
    return this.chance(0.6) ? list[list.length - 1 - this.below(Math.min(list.length, 12))] : this.pick(list);
  }

  /** One of [[weight, value], ...]. */
  weighted(table) {
    let at = this.unit() * table.reduce((sum, [w]) => sum + w, 0);
    for (const [w, value] of table) {
      at -= w;
      if (at < 0) return value;
    }
    return table.at(-1)[1];
  }

  /** Up to @n different members of @list. */
  some(list, n) {
    const left = [...list];
    const out = [];
    while (out.length < n && left.length > 0) out.push(left.splice(this.below(left.length), 1)[0]);
    return out;
  }

  list(max, make) {
    return Array.from({ length: this.below(max + 1) }, () => make());
  }

  hex(digits) {
    let out = "";
    while (out.length < digits) out += this.next().toString(16).padStart(8, "0");
    return out.slice(0, digits);
  }
}
