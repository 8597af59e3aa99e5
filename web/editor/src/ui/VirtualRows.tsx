import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";

/** Fingers need more than a mouse does. */
const ROW_PX = matchMedia("(pointer: coarse)").matches ? 40 : 28;

export interface RowAttributes {
    id: string;
    "data-active": boolean | undefined;
}

interface Props {
    role: "tree" | "listbox";
    label: string;
    count: number;
    /** The row that has the keyboard. */
    active: number;
    /** Renders a row; @attributes belong onto its element. */
    row: (index: number, attributes: RowAttributes) => ReactNode;
    onActive: (index: number) => void;
    /** A key that the list itself does not use. */
    onKey: (event: KeyboardEvent, index: number) => void;
}

/** A list of any length of which only what is seen is there; arrow keys, Page and Home/End move the active row. */
export function VirtualRows({ role, label, count, active, row, onActive, onKey }: Props): ReactNode {
    const box = useRef<HTMLDivElement>(null);
    // eslint-disable-next-line react-hooks/incompatible-library -- what it tells is used here only, not remembered
    const rows = useVirtualizer({
        count,
        getScrollElement: () => box.current,
        estimateSize: () => ROW_PX,
        overscan: 8,
    });
    const scroll = useRef(rows.scrollToIndex);
    useEffect(() => {
        if (active < count) scroll.current(active);
    }, [active, count]);
    const key = (event: KeyboardEvent) => {
        const page = Math.max(1, Math.floor((box.current?.clientHeight ?? ROW_PX) / ROW_PX) - 1);
        const steps: Record<string, number> = {
            ArrowDown: 1,
            ArrowUp: -1,
            PageDown: page,
            PageUp: -page,
            Home: -count,
            End: count,
        };
        const step = steps[event.key];
        if (step === undefined) {
            onKey(event, active);
            return;
        }
        event.preventDefault();
        onActive(Math.max(0, Math.min(count - 1, active + step)));
    };
    return (
        <div
            ref={box}
            role={role}
            tabIndex={0}
            className="rows"
            aria-label={label}
            aria-multiselectable
            aria-activedescendant={count > 0 ? `${role}-${active}` : undefined}
            onKeyDown={key}
        >
            <div role="none" style={{ height: rows.getTotalSize() }}>
                {rows.getVirtualItems().map((item) => (
                    <div
                        role="none"
                        key={item.key}
                        className="at"
                        style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
                    >
                        {row(item.index, {
                            id: `${role}-${item.index}`,
                            "data-active": item.index === active || undefined,
                        })}
                    </div>
                ))}
            </div>
        </div>
    );
}
