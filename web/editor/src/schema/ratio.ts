/** A fraction without rounding; the denominator is positive. */
export interface Ratio {
    n: bigint;
    d: bigint;
}

export const ZERO: Ratio = { n: 0n, d: 1n };
export const ONE: Ratio = { n: 1n, d: 1n };

/** What no definition of a unit comes near; bounds the time that a hostile one takes. */
const HEX_DIGITS_MOST = 1024;
const EXPONENT_MOST = 400;
/** More than a double has, so that one bit for "and something more" rounds as it should. */
const QUOTIENT_BITS = 66;
const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i;

function bounded(ratio: Ratio): Ratio {
    for (const part of [ratio.n, ratio.d]) {
        if (part.toString(16).length > HEX_DIGITS_MOST) throw new RangeError("too long a fraction");
    }
    return ratio;
}

/** The number that a text such as "-2.5e3" stands for. */
export function ratioOf(text: string): Ratio {
    const [, sign, whole, fraction, exponent] = DECIMAL.exec(text) ?? [];
    const digits = `${whole ?? ""}${fraction ?? ""}`;
    const power = Number(exponent ?? 0) - (fraction?.length ?? 0);
    if (digits === "" || digits.length > HEX_DIGITS_MOST || Math.abs(power) > EXPONENT_MOST)
        throw new RangeError("no number that can be used");
    const n = BigInt(`${sign === "-" ? "-" : ""}${digits}`);
    const scale = 10n ** BigInt(Math.abs(power));
    return bounded(power < 0 ? { n, d: scale } : { n: n * scale, d: 1n });
}

export function add(a: Ratio, b: Ratio): Ratio {
    return bounded({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
}

export function subtract(a: Ratio, b: Ratio): Ratio {
    return add(a, { n: -b.n, d: b.d });
}

export function multiply(a: Ratio, b: Ratio): Ratio {
    return bounded({ n: a.n * b.n, d: a.d * b.d });
}

export function divide(a: Ratio, b: Ratio): Ratio {
    if (b.n === 0n) throw new RangeError("division by zero");
    return bounded(b.n < 0n ? { n: -a.n * b.d, d: a.d * -b.n } : { n: a.n * b.d, d: a.d * b.n });
}

export function power(a: Ratio, exponent: number): Ratio {
    let result = ONE;
    for (let i = 0; i < Math.abs(exponent); i++) result = multiply(result, a);
    return exponent < 0 ? divide(ONE, result) : result;
}

/** The double that is nearest. */
export function toNumber({ n, d }: Ratio): number {
    if (n < 0n) return -toNumber({ n: -n, d });
    const shift = BigInt(QUOTIENT_BITS + 4 * (d.toString(16).length - n.toString(16).length));
    const [top, bottom] = shift >= 0n ? [n << shift, d] : [n, d << -shift];
    const quotient = top / bottom;
    const isExact = quotient * bottom === top;
    return Number(isExact ? quotient : quotient | 1n) * 2 ** -Number(shift);
}
