import { Store } from "./store";

const KEY = "webedithost.units";

/** Which presentation was chosen, by the names of kinds of quantity: kept for this tab, for all iModels that have them. */
export type UnitChoice = Readonly<Record<string, string>>;

export const unitChoice = new Store<UnitChoice>(stored());

export function chooseUnit(quantity: string, presentation: string): void {
    unitChoice.set({ [quantity]: presentation });
    sessionStorage.setItem(KEY, JSON.stringify(unitChoice.get()));
}

function stored(): UnitChoice {
    try {
        const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
        const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
        return Object.fromEntries(entries.filter((e): e is [string, string] => typeof e[1] === "string"));
    } catch {
        return {};
    }
}
