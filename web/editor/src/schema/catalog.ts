import { rowsOf } from "../state/query";
import type { EditSession } from "../state/session";
import { type ClassInfo, type Field, fieldsOf, structNames } from "./fields";
import { Quantities } from "./quantities";

export interface ClassForm {
    info: ClassInfo;
    fields: readonly Field[];
}

const CONCRETE = `SELECT s.Name || ':' || c.Name FROM meta.ECClassDef c JOIN meta.ECSchemaDef s ON s.ECInstanceId = c.Schema.Id
 WHERE c.Modifier <> 1 AND c.ECInstanceId IN (SELECT b.SourceECInstanceId FROM meta.ClassHasAllBaseClasses b
 JOIN meta.ECClassDef t ON t.ECInstanceId = b.TargetECInstanceId JOIN meta.ECSchemaDef ts ON ts.ECInstanceId = t.Schema.Id
 WHERE ts.Name = :schema AND t.Name = :name) ORDER BY s.Name, c.Name`;
const STRUCT_DEPTH_MOST = 16;

/** The classes of the open iModel as forms, each asked for once. */
export class Catalog {
    readonly #session: EditSession;
    readonly #quantities: Quantities;
    readonly #forms = new Map<string, Promise<ClassForm>>();
    readonly #concrete = new Map<string, Promise<string[]>>();

    constructor(session: EditSession) {
        this.#session = session;
        this.#quantities = new Quantities(session);
    }

    form(classFullName: string, depth = 0): Promise<ClassForm> {
        const known = this.#forms.get(classFullName);
        if (known !== undefined) return known;
        const asked = this.#load(classFullName, depth);
        this.#forms.set(classFullName, asked);
        asked.catch(() => this.#forms.delete(classFullName));
        return asked;
    }

    /** Full names of the classes below @base (and itself) that instances can be of. */
    concrete(base: string): Promise<string[]> {
        const known = this.#concrete.get(base);
        if (known !== undefined) return known;
        const [schema, name] = base.split(":");
        const asked = rowsOf<[string]>(this.#session, CONCRETE, { schema, name }).then((rows) => rows.flat());
        this.#concrete.set(base, asked);
        asked.catch(() => this.#concrete.delete(base));
        return asked;
    }

    async #load(classFullName: string, depth: number): Promise<ClassForm> {
        const info = await this.#session.call<ClassInfo>("schema.getClass", { classFullName });
        const structs = new Map<string, readonly Field[]>();
        if (depth < STRUCT_DEPTH_MOST) {
            for (const name of structNames(info)) structs.set(name, (await this.form(name, depth + 1)).fields);
        }
        return { info, fields: fieldsOf(info, structs, await this.#quantities.of(info)) };
    }
}
