import type { ReactNode } from "react";
import type { Presentation, Quantity } from "../../schema/quantities";
import { useStore } from "../../state/store";
import { chooseUnit, unitChoice } from "../../state/unitChoice";

/** How values of @quantity are shown: as was chosen, else as the schema wants it first. */
export function usePresentation(quantity: Quantity | undefined): Presentation | undefined {
    const chosen = useStore(unitChoice, (choice) => (quantity === undefined ? undefined : choice[quantity.name]));
    return quantity?.presentations.find((p) => p.id === chosen) ?? quantity?.presentations[0];
}

/** Chooses how all values of a kind of quantity are shown and read. */
export function UnitSelect({ quantity, label }: { quantity: Quantity; label: string }): ReactNode {
    const shown = usePresentation(quantity);
    return (
        <select
            className="unit"
            aria-label={`Unit of ${label}`}
            title={quantity.label}
            value={shown?.id}
            onChange={(event) => {
                chooseUnit(quantity.name, event.target.value);
            }}
        >
            {quantity.presentations.map((p) => (
                <option key={p.id} value={p.id}>
                    {p.label}
                </option>
            ))}
        </select>
    );
}
