import type { FormatProps } from "@itwin/core-quantity";
import { rowsOf } from "../state/query";
import type { EditSession } from "../state/session";
import type { ClassInfo } from "./fields";
import type { UnitRow, Units } from "./units";
import type { Parsed } from "./values";

/** One way to show values of a kind of quantity. */
export interface Presentation {
    /** As the schema has it; empty for values as they are stored. */
    id: string;
    /** Its units. */
    label: string;
    /** What tells it from others of the same units. */
    detail: string;
    format: (value: number) => string;
    /** The value as it is stored. */
    parse: (text: string) => Parsed;
}

export interface Quantity {
    /** Full name of the kind of quantity. */
    name: string;
    label: string;
    /** The first is the default, the last shows values as they are stored. */
    presentations: readonly Presentation[];
}

/** What schema.getClass tells of a kind of quantity. */
export interface QuantityInfo {
    name: string;
    label: string;
    persistenceUnit: string;
    presentations: readonly string[];
    formats: Readonly<Record<string, FormatProps & { label?: string }>>;
}

const UNITS_MOST = 10_000;
const KINDS_MOST = 500;

/** The kinds of quantity of the open iModel. */
export class Quantities {
    readonly #session: EditSession;
    readonly #known = new Map<string, Promise<Quantity | undefined>>();
    #units: Promise<Units> | undefined;

    constructor(session: EditSession) {
        this.#session = session;
    }

    /** Those of the properties of a class, by name; one that cannot be used is left out, and its values are shown as they are. */
    async of({ kindsOfQuantity = {}, formats = {} }: ClassInfo): Promise<ReadonlyMap<string, Quantity>> {
        const all = new Map<string, Quantity>();
        for (const [name, koq] of Object.entries(kindsOfQuantity).slice(0, KINDS_MOST)) {
            const info = {
                name,
                label: koq.label ?? name,
                persistenceUnit: koq.persistenceUnit ?? "",
                presentations: koq.presentationUnits ?? [],
                formats,
            };
            const quantity = await this.#one(info);
            if (quantity !== undefined) all.set(name, quantity);
        }
        return all;
    }

    async #one(info: QuantityInfo): Promise<Quantity | undefined> {
        const units = await this.#allUnits().catch(() => undefined);
        if (units === undefined) return undefined;
        const known = this.#known.get(info.name);
        if (known !== undefined) return known;
        const made = import("./quantity").then(({ quantityOf }) => quantityOf(info, units)).catch(() => undefined);
        this.#known.set(info.name, made);
        return made;
    }

    #allUnits(): Promise<Units> {
        if (this.#units !== undefined) return this.#units;
        const asked = this.#readUnits();
        this.#units = asked;
        asked.catch(() => {
            // It may be the network's fault: the next class asks again.
            this.#units = undefined;
        });
        return asked;
    }

    async #readUnits(): Promise<Units> {
        const { Units, UNITS_QUERY } = await import("./quantity");
        const rows = await rowsOf<UnitRow>(this.#session, UNITS_QUERY, {}, { count: UNITS_MOST });
        return new Units(rows);
    }
}
