import { type RowLimit, rowsOf } from "./query";
import type { EditSession } from "./session";
import { Store } from "./store";

export const ROOT_ID = "0x1";
const PAGE = 100;
const SEARCH_MOST = 500;
const LEVELS_MOST = 100;

/** An element in the tree; below it are its children and, if it is modeled, the elements of its model that have no parent. */
export interface TreeNode {
    id: string;
    className: string;
    label: string;
    childCount: number;
    level: number;
    parent?: TreeNode;
    index: number;
    isExpanded: boolean;
    pages: Map<number, Page>;
    /** Expanded ones among the children, by index; only they make more than one row. */
    expanded: TreeNode[];
    /** Rows below this node. */
    rows: number;
}

interface Page {
    nodes: TreeNode[];
    state: "loading" | "loaded" | "stale";
}

/** A row of the list; without a node it is not loaded yet. */
export interface TreeRow {
    node?: TreeNode;
    parent?: TreeNode;
    index: number;
    level: number;
}

type Found = [id: string, className: string, userLabel: string | null, codeValue: string | null, childCount: number];

const BELOW =
    "(c.Parent.Id = e.ECInstanceId OR (c.Parent.Id IS NULL AND c.Model.Id = e.ECInstanceId)) AND c.ECInstanceId <> e.ECInstanceId";
const COLUMNS = `e.ECInstanceId, e.ECClassId, e.UserLabel, e.CodeValue, (SELECT count(*) FROM bis.Element c WHERE ${BELOW})`;
const CHILDREN = `SELECT ${COLUMNS} FROM bis.Element e
 WHERE (e.Parent.Id = :parent OR (e.Parent.Id IS NULL AND e.Model.Id = :parent)) AND e.ECInstanceId <> :parent ORDER BY e.ECInstanceId`;
const BY_ID = `SELECT ${COLUMNS} FROM bis.Element e WHERE InVirtualSet(:ids, e.ECInstanceId)`;
const UP = "SELECT e.Parent.Id, e.Model.Id FROM bis.Element e WHERE e.ECInstanceId = :id";
const INDEX = `SELECT count(*) FROM bis.Element e
 WHERE (e.Parent.Id = :parent OR (e.Parent.Id IS NULL AND e.Model.Id = :parent)) AND e.ECInstanceId <> :parent AND e.ECInstanceId < :id`;
const SEARCH = `SELECT ${COLUMNS} FROM bis.Element e
 WHERE e.UserLabel LIKE :text ESCAPE '\\' OR e.CodeValue LIKE :text ESCAPE '\\' OR e.ECInstanceId = :id ORDER BY e.ECInstanceId`;

export function labelOf(id: string, className: string, userLabel: string | null, codeValue: string | null): string {
    const name = [userLabel, codeValue].find((l) => l !== null && l !== "");
    return name ?? `${className.split(".")[1] ?? className} ${id}`;
}

function newNode([id, className, userLabel, codeValue, childCount]: Found, index: number, parent?: TreeNode): TreeNode {
    return {
        id,
        className: className.replace(".", ":"),
        label: labelOf(id, className, userLabel, codeValue),
        childCount,
        level: parent === undefined ? 1 : parent.level + 1,
        ...(parent === undefined ? {} : { parent }),
        index,
        isExpanded: false,
        pages: new Map(),
        expanded: [],
        rows: 0,
    };
}

/** The tree of elements: only what was looked at is loaded, a page of siblings a call. */
export class Tree {
    /** version changes whenever rows do. */
    readonly store = new Store({ version: 0 });
    readonly #session: EditSession;
    #root: TreeNode | undefined;

    constructor(session: EditSession) {
        this.#session = session;
    }

    get total(): number {
        return this.#root === undefined ? 0 : 1 + this.#root.rows;
    }

    async load(): Promise<void> {
        const [row] = await this.#find(BY_ID, { ids: [ROOT_ID] });
        if (row === undefined) return;
        this.#root = newNode(row, 0);
        await this.expand(this.#root);
    }

    /** After an edit: counts are read at once, pages when they are looked at. */
    async refresh(): Promise<void> {
        const open: TreeNode[] = [];
        const visit = (node: TreeNode) => {
            if (!node.isExpanded) return;
            open.push(node);
            node.expanded.forEach(visit);
        };
        if (this.#root !== undefined) visit(this.#root);
        const found = new Map((await this.#find(BY_ID, { ids: open.map((n) => n.id) })).map((f) => [f[0], f]));
        for (const node of open) {
            const now = found.get(node.id);
            node.childCount = now?.[4] ?? 0;
            node.label = now === undefined ? node.label : labelOf(now[0], now[1], now[2], now[3]);
            for (const page of node.pages.values()) page.state = "stale";
            node.expanded = node.expanded.filter((n) => n.index < node.childCount);
        }
        for (const node of open.toReversed()) this.#count(node);
        this.#tell();
    }

    /** The row at @index of the list; asks for its page when it is not there. */
    rowAt(index: number): TreeRow | undefined {
        let node = this.#root;
        if (node === undefined || index < 0 || index >= this.total) return undefined;
        if (index === 0) return { node, index: 0, level: 1 };
        let rest = index - 1;
        for (;;) {
            // Rows of this node's children: one each, and those below the expanded ones.
            let before = 0;
            let inside: TreeNode | undefined;
            for (const e of node.expanded) {
                const row = e.index + before;
                if (rest <= row) break;
                if (rest <= row + e.rows) {
                    inside = e;
                    rest -= row + 1;
                    break;
                }
                before += e.rows;
            }
            if (inside === undefined) return this.#child(node, rest - before);
            node = inside;
        }
    }

    /** Where a node stands in the list. */
    rowOf(node: TreeNode): number {
        let row = 0;
        for (let n = node; n.parent !== undefined; n = n.parent) {
            row += 1 + n.index;
            for (const e of n.parent.expanded) if (e.index < n.index) row += e.rows;
        }
        return row;
    }

    async expand(node: TreeNode): Promise<void> {
        if (node.isExpanded || node.childCount === 0) return;
        node.isExpanded = true;
        if (node.parent !== undefined) {
            node.parent.expanded.push(node);
            node.parent.expanded.sort((a, b) => a.index - b.index);
        }
        this.#resized(node);
        await this.#loadPage(node, 0);
    }

    collapse(node: TreeNode): void {
        if (!node.isExpanded) return;
        node.isExpanded = false;
        if (node.parent !== undefined) node.parent.expanded = node.parent.expanded.filter((n) => n !== node);
        this.#resized(node);
    }

    /** Expands the way to an element; the row where it stands, if it is there. */
    async reveal(id: string): Promise<number | undefined> {
        const way: { id: string; index: number }[] = [];
        for (let at = id; at !== ROOT_ID;) {
            const [up] = await rowsOf<[string | null, string]>(this.#session, UP, { id: at });
            if (up === undefined || way.length > LEVELS_MOST) return undefined;
            const parent = up[0] ?? up[1];
            const [before] = await rowsOf<[number]>(this.#session, INDEX, { parent, id: at });
            way.unshift({ id: at, index: before?.[0] ?? 0 });
            at = parent;
        }
        let node = this.#root;
        for (const step of way) {
            if (node === undefined) return undefined;
            await this.expand(node);
            const page = Math.floor(step.index / PAGE);
            if (node.pages.get(page)?.state !== "loaded") await this.#loadPage(node, page);
            node = node.pages.get(page)?.nodes.find((n) => n.id === step.id);
        }
        return node === undefined ? undefined : this.rowOf(node);
    }

    /** Elements by label, code or id. */
    async search(text: string): Promise<{ nodes: TreeNode[]; isMore: boolean }> {
        const like = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
        const id = /^0x[0-9a-f]+$/i.test(text) ? text : "0x0";
        const found = await this.#find(SEARCH, { text: like, id }, { count: SEARCH_MOST + 1 });
        return { nodes: found.slice(0, SEARCH_MOST).map((f, i) => newNode(f, i)), isMore: found.length > SEARCH_MOST };
    }

    #find(ecsql: string, args: Record<string, unknown>, limit?: RowLimit): Promise<Found[]> {
        return rowsOf<Found>(this.#session, ecsql, args, limit);
    }

    #child(parent: TreeNode, index: number): TreeRow {
        const number = Math.floor(index / PAGE);
        const page = parent.pages.get(number);
        if (page === undefined || page.state === "stale")
            void this.#session.attempt(() => this.#loadPage(parent, number));
        const node = page?.nodes[index % PAGE];
        return { parent, index, level: parent.level + 1, ...(node === undefined ? {} : { node }) };
    }

    async #loadPage(parent: TreeNode, number: number): Promise<void> {
        const old = parent.pages.get(number);
        if (old?.state === "loading") return;
        const page: Page = { nodes: old?.nodes ?? [], state: "loading" };
        parent.pages.set(number, page);
        const first = number * PAGE;
        const found = await this.#find(CHILDREN, { parent: parent.id }, { offset: first, count: PAGE });
        const known = new Map([...parent.expanded, ...page.nodes].map((n) => [n.id, n]));
        page.nodes = found.map((f, i) => {
            const node = newNode(f, first + i, parent);
            const before = known.get(node.id);
            if (before === undefined) return node;
            const { childCount, label, className, index } = node;
            return Object.assign(before, { label, className, index, ...(before.isExpanded ? {} : { childCount }) });
        });
        page.state = "loaded";
        // An expanded one that stood here and is gone makes no rows any more.
        const here = new Set(page.nodes);
        parent.expanded = parent.expanded
            .filter((n) => here.has(n) || n.index < first || n.index >= first + PAGE)
            .sort((a, b) => a.index - b.index);
        this.#resized(parent);
    }

    #count(node: TreeNode): void {
        node.rows = node.isExpanded ? node.expanded.reduce((sum, e) => sum + e.rows, node.childCount) : 0;
    }

    #resized(node: TreeNode): void {
        for (let n: TreeNode | undefined = node; n !== undefined; n = n.parent) this.#count(n);
        this.#tell();
    }

    #tell(): void {
        this.store.set({ version: this.store.get().version + 1 });
    }
}
