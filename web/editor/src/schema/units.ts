/** The units of an iModel, and how values become those of another unit: as its schemas define them, without rounding on the way. */
import {
    BadUnit,
    type UnitConversionProps,
    UnitConversionInvert,
    type UnitProps,
    type UnitsProvider,
} from "@itwin/core-quantity";
import { ONE, type Ratio, ZERO, add, divide, multiply, power, ratioOf, subtract, toNumber } from "./ratio";

/** Names with their schemas, as "Units.M". */
export const UNITS_QUERY = `SELECT s.Name || '.' || u.Name, s.Alias, u.DisplayLabel, u.Definition, u.Numerator, u.Denominator, u.[Offset],
 u.IsConstant, ps.Name || '.' || p.Name, ys.Name || '.' || y.Name, ins.Name || '.' || i.Name
 FROM meta.UnitDef u JOIN meta.ECSchemaDef s ON s.ECInstanceId = u.Schema.Id
 LEFT JOIN meta.PhenomenonDef p ON p.ECInstanceId = u.Phenomenon.Id LEFT JOIN meta.ECSchemaDef ps ON ps.ECInstanceId = p.Schema.Id
 LEFT JOIN meta.UnitSystemDef y ON y.ECInstanceId = u.UnitSystem.Id LEFT JOIN meta.ECSchemaDef ys ON ys.ECInstanceId = y.Schema.Id
 LEFT JOIN meta.UnitDef i ON i.ECInstanceId = u.InvertingUnit.Id LEFT JOIN meta.ECSchemaDef ins ON ins.ECInstanceId = i.Schema.Id
 ORDER BY s.Name, u.Name`;

type Text = string | null;
/** A row of UNITS_QUERY. */
export type UnitRow = [
    name: string,
    alias: string,
    label: Text,
    definition: Text,
    numerator: number | null,
    denominator: number | null,
    offset: number | null,
    isConstant: boolean,
    phenomenon: Text,
    system: Text,
    inverts: Text,
];

interface Unit {
    name: string;
    label: string;
    alias: string;
    definition: string;
    numerator: number;
    denominator: number;
    offset: number;
    isConstant: boolean;
    phenomenon: string;
    system: string;
    inverts: string | undefined;
}

/** A value in base units is factor times the value here, plus offset. */
interface Map2Base {
    factor: Ratio;
    offset: Ratio;
    /** Exponents of base units by their names. */
    bases: ReadonlyMap<string, number>;
}

/** As Map2Base, from one unit to another; a unit such as "horizontal per vertical" is turned over before or after. */
export interface Conversion {
    factor: Ratio;
    offset: Ratio;
    inversion?: UnitConversionInvert | undefined;
}

const DEPTH_MOST = 32;
const EXPONENT_MOST = 12;
const TERM = /^\[?(?:(\w+):)?(\w+)\]?(?:\((-?\d+)\))?$/;
/** Stands for "no unit" in definitions. */
const PURE = "ONE";

function unitOf(row: UnitRow): Unit {
    const [name, alias, label, definition, numerator, denominator, offset, isConstant, phenomenon, system, inverts] =
        row;
    return {
        name,
        alias,
        label: label ?? "",
        definition: definition ?? "",
        numerator: numerator ?? 1,
        denominator: denominator ?? 1,
        offset: offset ?? 0,
        isConstant,
        phenomenon: phenomenon ?? "",
        system: system ?? "",
        inverts: inverts ?? undefined,
    };
}

function localName(name: string): string {
    return name.slice(name.indexOf(".") + 1);
}

/** Exponents of the base units of both, those of @b raised. */
function merged(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>, raised: number): Map<string, number> {
    const all = new Map(a);
    for (const [base, exponent] of b) {
        const sum = (all.get(base) ?? 0) + exponent * raised;
        if (sum === 0) all.delete(base);
        else all.set(base, sum);
    }
    return all;
}

function sameBases(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
    return a.size === b.size && [...a].every(([base, exponent]) => b.get(base) === exponent);
}

export class Units implements UnitsProvider {
    readonly #units = new Map<string, Unit>();
    readonly #schemas = new Map<string, string>();
    readonly #maps = new Map<string, Map2Base>();

    constructor(rows: readonly UnitRow[]) {
        for (const unit of rows.map(unitOf)) {
            this.#units.set(unit.name.toLowerCase(), unit);
            const schema = unit.name.slice(0, unit.name.indexOf("."));
            this.#schemas.set(unit.alias.toLowerCase(), schema);
            this.#schemas.set(schema.toLowerCase(), schema);
        }
    }

    find(name: string): UnitProps {
        const unit = this.#units.get(name.toLowerCase());
        return unit === undefined || unit.isConstant ? new BadUnit() : this.#props(unit);
    }

    /** All units in which a value of @unit can be given. */
    family(unit: UnitProps): UnitProps[] {
        const all = [...this.#units.values()].filter((u) => !u.isConstant && this.#phenomenon(u) === unit.phenomenon);
        return all.map((u) => this.#props(u)).filter((u) => this.#isConvertible(u, unit));
    }

    conversion(from: UnitProps, to: UnitProps): Conversion {
        if (!from.isValid || !to.isValid) throw new Error("an unknown unit");
        if (from.name === to.name) return { factor: ONE, offset: ZERO };
        if (from.phenomenon !== to.phenomenon) throw new Error("units of different phenomena");
        const [source, isFromInverted] = this.#upright(from.name);
        const [target, isToInverted] = this.#upright(to.name);
        const [a, b] = [this.#toBase(source, 0), this.#toBase(target, 0)];
        if (!sameBases(a.bases, b.bases)) throw new Error("units that are made of different base units");
        const conversion = {
            factor: divide(a.factor, b.factor),
            offset: divide(subtract(a.offset, b.offset), b.factor),
        };
        if (isFromInverted === isToInverted) return conversion;
        const { InvertPreConversion, InvertPostConversion } = UnitConversionInvert;
        return { ...conversion, inversion: isFromInverted ? InvertPreConversion : InvertPostConversion };
    }

    findUnitByName(name: string): Promise<UnitProps> {
        return Promise.resolve(this.find(name));
    }

    findUnit(label: string, schema?: string, phenomenon?: string, system?: string): Promise<UnitProps> {
        const found = [...this.#units.values()].find(
            (u) =>
                !u.isConstant &&
                u.label.toLowerCase() === label.toLowerCase() &&
                (schema === undefined || u.name.startsWith(`${schema}.`)) &&
                (phenomenon === undefined || this.#phenomenon(u) === phenomenon) &&
                (system === undefined || u.system === system),
        );
        return Promise.resolve(found === undefined ? new BadUnit() : this.#props(found));
    }

    getUnitsByFamily(phenomenon: string): Promise<UnitProps[]> {
        const all = [...this.#units.values()].filter((u) => !u.isConstant && this.#phenomenon(u) === phenomenon);
        return Promise.resolve(all.map((u) => this.#props(u)));
    }

    getConversion(from: UnitProps, to: UnitProps): Promise<UnitConversionProps> {
        const { factor, offset, inversion } = this.conversion(from, to);
        const numbers = { factor: toNumber(factor), offset: toNumber(offset) };
        return Promise.resolve(inversion === undefined ? numbers : { ...numbers, inversion });
    }

    #props(unit: Unit): UnitProps {
        const { name, label, system } = unit;
        return { name, label, system, phenomenon: this.#phenomenon(unit), isValid: true };
    }

    /** An inverted unit has that of the unit that it inverts. */
    #phenomenon(unit: Unit): string {
        const inverted = unit.inverts === undefined ? undefined : this.#units.get(unit.inverts.toLowerCase());
        return (inverted ?? unit).phenomenon;
    }

    #isConvertible(from: UnitProps, to: UnitProps): boolean {
        try {
            this.conversion(from, to);
            return true;
        } catch {
            return false;
        }
    }

    /** The unit that is the other way up when @name is inverted, else itself. */
    #upright(name: string): [Unit, boolean] {
        const unit = this.#get(name);
        return unit.inverts === undefined ? [unit, false] : [this.#get(unit.inverts), true];
    }

    #get(name: string): Unit {
        const unit = this.#units.get(name.toLowerCase());
        if (unit === undefined) throw new Error(`there is no unit ${name}`);
        return unit;
    }

    #toBase(unit: Unit, depth: number): Map2Base {
        const known = this.#maps.get(unit.name);
        if (known !== undefined) return known;
        if (depth > DEPTH_MOST) throw new Error(`${unit.name} is defined by itself`);
        const map = this.#computed(unit, depth);
        this.#maps.set(unit.name, map);
        return map;
    }

    #computed(unit: Unit, depth: number): Map2Base {
        const local = localName(unit.name);
        if (unit.definition === local) {
            return { factor: ONE, offset: ZERO, bases: new Map(local === PURE ? [] : [[unit.name, 1]]) };
        }
        const parts = this.#product(unit, depth);
        const scale = divide(ratioOf(String(unit.numerator)), ratioOf(String(unit.denominator)));
        if (scale.n === 0n) throw new Error("a definition is broken");
        const offset = multiply(scale, ratioOf(String(unit.offset)));
        return {
            factor: multiply(parts.factor, scale),
            offset: add(multiply(parts.factor, offset), parts.offset),
            bases: parts.bases,
        };
    }

    /** What the definition of a unit says, such as "[MILLI]*M(2)". */
    #product(unit: Unit, depth: number): Map2Base {
        const terms = unit.definition.split("*");
        let product: Map2Base = { factor: ONE, offset: ZERO, bases: new Map() };
        for (const term of terms) {
            const [, alias, name, raised] = TERM.exec(term.trim()) ?? [];
            const exponent = Number(raised ?? 1);
            const schema = alias === undefined ? unit.name.split(".")[0] : this.#schemas.get(alias.toLowerCase());
            if (name === undefined || Math.abs(exponent) > EXPONENT_MOST) throw new Error("a definition is broken");
            const part = this.#toBase(this.#get(`${schema ?? ""}.${name}`), depth + 1);
            if (part.offset.n !== 0n && (terms.length > 1 || exponent !== 1))
                throw new Error("a unit with an offset cannot be part of another");
            product = {
                factor: multiply(product.factor, power(part.factor, exponent)),
                offset: part.offset,
                bases: merged(product.bases, part.bases, exponent),
            };
        }
        return product;
    }
}
