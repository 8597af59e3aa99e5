/** Values with units as people read and type them, by the library of iTwin.js that knows the formats; loaded with the first of them. */
import {
    Format,
    type FormatProps,
    FormatType,
    FormatterSpec,
    Parser,
    ParserSpec,
    UnitConversionInvert,
    type UnitConversionSpec,
    type UnitProps,
} from "@itwin/core-quantity";
import type { Presentation, Quantity, QuantityInfo } from "./quantities";
import type { Parsed } from "./values";
import { type Ratio, add, divide, multiply, ONE, ratioOf, toNumber } from "./ratio";
import { type Conversion, Units } from "./units";

export { UNITS_QUERY, type UnitRow, Units } from "./units";

const PRESENTATIONS_MOST = 32;
/** Name, precision, and the units with their labels: "Formats.AmerFI(8)[Units.FT|'][Units.IN|"]". */
const PRESENTATION = /^([^([]+)(?:\((\d*)[^)]*\))?((?:\[[^\]]*\])*)$/;
const UNIT = /\[([^|\]]+)(?:\|([^\]]*))?\]/g;
const NUMBER = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i;
/** Thousands that stand where they should: behind no decimal point and in no exponent. */
const GROUPED = /(?<![\d.,]|\de[+-]?)\d{1,3}(,\d{3})+(?![\d,])/gi;
/** A number behind a number that begins no fraction. */
const LOOSE = /\d\s+(?!\d+\s*[/⁄∕])[\d.]/;
/** What is said in other words or signs than the labels of the schema. */
const ALSO: Record<string, readonly string[]> = {
    "Units.M": ["meter", "meters", "metre", "metres"],
    "Units.FT": ["'", "foot", "feet"],
    "Units.IN": ['"', "''", "inch", "inches"],
    "Units.US_SURVEY_FT": ["ft", "'"],
    "Units.US_SURVEY_IN": ["in", '"', "''"],
    "Units.YRD": ["yard", "yards"],
    "Units.MILE": ["mile", "miles"],
    "Units.ARC_DEG": ["deg", "^"],
    "Units.ARC_MINUTE": ["min"],
    "Units.ARC_SECOND": ["sec", '"'],
    "Units.CELSIUS": ["c"],
    "Units.FAHRENHEIT": ["f"],
};
/** A sum of a few converted numbers is off by no more than this part of it. */
const ROUNDING = 4 * Number.EPSILON;
/** Digits that every double keeps. */
const DIGITS = 15;

const alternates = { getAlternateUnitLabels: ({ name }: UnitProps): string[] => [...(ALSO[name] ?? [])] };

/** The kind of quantity @info with all its presentations, and as values are stored. */
export async function quantityOf(info: QuantityInfo, units: Units): Promise<Quantity> {
    const stored = units.find(info.persistenceUnit);
    if (!stored.isValid) throw new Error(`there is no unit ${info.persistenceUnit}`);
    const presentations: Presentation[] = [];
    const asStored = await storedPresentation(stored, units);
    for (const text of info.presentations.slice(0, PRESENTATIONS_MOST)) {
        const found = await presentationOf(text, info, stored, units).catch(() => undefined);
        if (found !== undefined) presentations.push({ ...found, format: orElse(found.format, asStored.format) });
    }
    return { name: info.name, label: info.label, presentations: distinct([...presentations, asStored]) };
}

/** Not all values can be shown in all units: there is no slope for a flat "horizontal per vertical". */
function orElse(format: Presentation["format"], other: Presentation["format"]): Presentation["format"] {
    return (value) => {
        try {
            return Number.isFinite(value) ? format(value) : other(value);
        } catch {
            return other(value);
        }
    };
}

/** Those that would be called alike get the name of their format, or their precision, behind their units. */
function distinct(presentations: readonly Presentation[]): Presentation[] {
    const isTaken = (p: Presentation) => presentations.some((q) => q !== p && q.label === p.label);
    return presentations.map((p) => (isTaken(p) ? { ...p, label: `${p.label} (${p.detail})` } : p));
}

async function storedPresentation(unit: UnitProps, units: Units): Promise<Presentation> {
    const label = unit.label === "" ? unit.name : unit.label;
    const format = await formatOf("stored", { type: "Decimal", composite: { units: [{ name: unit.name }] } }, units);
    const reader = await Reader.create(format, unit, units);
    return {
        id: "",
        label: `${label}, as stored`,
        detail: "",
        format: (value) => (unit.label === "" ? String(value) : `${value} ${unit.label}`),
        parse: (text) => reader.parse(text),
    };
}

async function presentationOf(
    text: string,
    info: QuantityInfo,
    stored: UnitProps,
    units: Units,
): Promise<Presentation | undefined> {
    const [, name = "", precision = "", overrides = ""] = PRESENTATION.exec(text) ?? [];
    const props = info.formats[name];
    if (props === undefined) return undefined;
    const composite = [...overrides.matchAll(UNIT)].map(([, unit = "", label]) =>
        label === undefined ? { name: unit } : { name: unit, label },
    );
    const format = await formatOf(
        text,
        {
            ...props,
            ...(precision === "" ? {} : { precision: Number(precision) }),
            ...(composite.length === 0 ? {} : { composite: { ...props.composite, units: composite } }),
        },
        units,
    );
    const write = await writer(format, stored, units);
    const reader = await Reader.create(format, stored, units);
    return {
        id: text,
        label: (format.units ?? [[stored, undefined] as const])
            .map(([unit, label]) => (label ?? "") || unit.label || unit.name)
            .join(" "),
        detail: `${props.label ?? name} ${format.precision}`,
        format: write,
        parse: (typed) => reader.parse(typed),
    };
}

/** Numbers are written as everywhere in the page, unless the format says it otherwise. */
function formatOf(name: string, props: FormatProps, units: Units): Promise<Format> {
    return Format.createFromJSON(name, units, { decimalSeparator: ".", thousandSeparator: ",", ...props });
}

async function writer(format: Format, stored: UnitProps, units: Units): Promise<(value: number) => string> {
    const shown = format.units?.[0]?.[0];
    const conversion = shown === undefined ? undefined : units.conversion(stored, shown);
    if (shown === undefined || conversion === undefined || conversion.offset.n === 0n) {
        const spec = await FormatterSpec.create(format.name, format, units, stored);
        return (value) => spec.applyFormatting(value);
    }
    // The library would convert the value without its sign, which no offset allows: it gets what is converted already.
    const spec = await FormatterSpec.create(format.name, format, units, shown);
    return (value) => spec.applyFormatting(converted(ratioOf(String(value)), conversion));
}

/** Throws a RangeError for what cannot be turned over. */
function converted(value: Ratio, { factor, offset, inversion }: Conversion): number {
    const before = inversion === UnitConversionInvert.InvertPreConversion ? divide(ONE, value) : value;
    const after = add(multiply(before, factor), offset);
    return toNumber(inversion === UnitConversionInvert.InvertPostConversion ? divide(ONE, after) : after);
}

/** A value that conversions have rounded becomes the short number that it stands for: 0.9144 instead of 0.9144000000000001. */
function settled(value: number): number {
    const short = Number(value.toPrecision(DIGITS));
    return Math.abs(short - value) <= Math.abs(value) * ROUNDING ? short : value;
}

/** Reads what is typed in one presentation. */
class Reader {
    readonly #spec: ParserSpec;
    readonly #stored: UnitProps;
    readonly #units: Units;

    private constructor(spec: ParserSpec, stored: UnitProps, units: Units) {
        this.#spec = spec;
        this.#stored = stored;
        this.#units = units;
    }

    static async create(format: Format, stored: UnitProps, units: Units): Promise<Reader> {
        const provider = {
            findUnit: units.findUnit.bind(units),
            findUnitByName: units.findUnitByName.bind(units),
            getConversion: units.getConversion.bind(units),
            // Those only that values can be converted to: one broken definition should not take all others away.
            getUnitsByFamily: () => Promise.resolve(units.family(stored)),
        };
        return new Reader(await ParserSpec.create(format, provider, stored, alternates), stored, units);
    }

    parse(typed: string): Parsed {
        const text = plain(typed);
        if (text.replace(GROUPED, "").includes(",")) {
            return { error: "has a comma where none can be; decimals follow a point" };
        }
        try {
            const value = this.#single(text.replaceAll(",", "")) ?? this.#composed(text);
            if (typeof value === "string") return { error: value };
            return Number.isFinite(value) ? { value } : { error: "is too large a number" };
        } catch {
            return { error: "cannot be converted" };
        }
    }

    /** One number, with a unit or without: converted without rounding. Undefined for anything else. */
    #single(text: string): number | string | undefined {
        const [, number, label = ""] = NUMBER.exec(text) ?? [];
        const { type, units } = this.#spec.format;
        if (number === undefined || ![FormatType.Decimal, FormatType.Scientific, FormatType.Fractional].includes(type))
            return undefined;
        // What goes on behind the unit is for the library.
        if (/\d/.test(label) && this.#find(label) === undefined) return undefined;
        const unit = label === "" ? (units?.[0]?.[0] ?? this.#stored) : this.#find(label);
        if (unit === undefined) return noUnit(label);
        if (unit === "ambiguous") return `${label} may be several units`;
        return unit.name === this.#stored.name
            ? Number(number)
            : converted(ratioOf(number), this.#units.conversion(this.#units.find(unit.name), this.#stored));
    }

    /** Feet and inches, fractions, stations, bearings and the like. */
    #composed(text: string): number | string {
        if (/\.\d*\./.test(text)) return "must be a number";
        const { format } = this.#spec;
        const tokens = Parser.parseQuantitySpecification(text, format);
        const isAngle = format.type === FormatType.Bearing || format.type === FormatType.Azimuth;
        if (!isAngle) {
            // The library would read "12 3" as 123.
            if (LOOSE.test(text)) return "has a number without a unit";
            const labels = tokens.filter((t) => t.isString).map((t) => String(t.value));
            // The library would take a label that it does not know for the unit that is shown.
            const unknown = labels.find((l) => this.#find(l) === undefined);
            if (unknown !== undefined) return noUnit(unknown);
            const numbers = tokens.filter((t) => t.isNumber).length;
            if (numbers === 0) return "must be a number";
            if (numbers > Math.max(labels.length, format.units?.length ?? 1)) return "has a number without a unit";
        }
        const result = this.#spec.parseToQuantityValue(text);
        return result.ok ? settled(result.value) : "must be a number with a unit";
    }

    /** The unit of a label: one that is shown, then one of the same system, then any; capital letters matter only where they must. */
    #find(label: string): UnitProps | UnitConversionSpec | "ambiguous" | undefined {
        const { format, unitConversions } = this.#spec;
        const named = format.units?.find(([, l]) => l === label);
        if (named !== undefined) return named[0];
        const shown = format.units?.map(([unit]) => unit) ?? [this.#stored];
        const lower = label.toLowerCase();
        const isOwn = (u: UnitConversionSpec) => u.label.toLowerCase() === lower;
        const isCalled = (u: UnitConversionSpec) => isOwn(u) || u.parseLabels?.includes(lower) === true;
        const levels = [
            (u: UnitConversionSpec) => shown.some((s) => s.name === u.name) && isCalled(u),
            (u: UnitConversionSpec) => shown[0]?.system === u.system && isCalled(u),
            isOwn,
        ];
        for (const isMeant of levels) {
            const [first, ...others] = only(unitConversions.filter(isMeant), label);
            if (first !== undefined) return others.every((o) => isSame(o, first)) ? first : "ambiguous";
        }
        return unitConversions.find(isCalled);
    }
}

/** Those that have exactly this label, if there are any. */
function only(units: readonly UnitConversionSpec[], label: string): readonly UnitConversionSpec[] {
    const exact = units.filter((u) => u.label === label);
    return exact.length > 0 ? exact : units;
}

function isSame(a: UnitConversionSpec, b: UnitConversionSpec): boolean {
    return a.conversion.factor === b.conversion.factor && a.conversion.offset === b.conversion.offset;
}

function noUnit(label: string): string {
    return `has no unit ${label}`;
}

/** Signs that look alike become those that the library reads; "3'-6"" has no minus in it, "(3 m)" is a negative number. */
function plain(typed: string): string {
    const text = typed
        .trim()
        .replace(/[′’‘]/g, "'")
        .replace(/[″“”]/g, '"')
        .replace(/[−–]/g, "-")
        .replace(/(['"])\s*-\s*(?=[\d.])/g, "$1 ");
    const [, inner] = /^\(([^()]*)\)$/.exec(text) ?? [];
    return inner === undefined ? text : `-${inner}`;
}
