import { CLASSES, FULL_NAME, fits } from "./classes";
import { type Path, withPart } from "./parts";
import { rowsOf } from "./query";
import type { EditSession } from "./session";
import type { Params } from "./types";

export interface ModelProps {
    [property: string]: unknown;
    classFullName: string;
    id: string;
}

/** A class of models that an element may have, and by which relationship. */
export interface ModelChoice {
    classFullName: string;
    relClassName: string;
}

/** Any model of any element that may have one: only where the schema says nothing more exact. */
const ANY = "BisCore:ModelModelsElement";
const BELOW = `JOIN meta.ClassHasAllBaseClasses a ON a.SourceECInstanceId = c.ECInstanceId
 JOIN meta.ECClassDef t ON t.ECInstanceId = a.TargetECInstanceId JOIN meta.ECSchemaDef ts ON ts.ECInstanceId = t.Schema.Id
 WHERE ts.Name = 'BisCore' AND t.Name =`;
const CHOICES = `SELECT m.Name, ${FULL_NAME} FROM (SELECT ms.Name || ':' || mc.Name Name, k.RelationshipClass.Id Relationship
 FROM meta.ECRelationshipConstraintDef k JOIN meta.RelationshipConstraintHasClasses h ON h.SourceECInstanceId = k.ECInstanceId
 JOIN meta.ClassHasAllBaseClasses b ON b.TargetECInstanceId = h.TargetECInstanceId
 JOIN meta.ECClassDef mc ON mc.ECInstanceId = b.SourceECInstanceId JOIN meta.ECSchemaDef ms ON ms.ECInstanceId = mc.Schema.Id
 WHERE k.RelationshipEnd = 0 AND mc.Modifier <> 1) m
 JOIN meta.ECClassDef c ON c.ECInstanceId = m.Relationship JOIN meta.ECSchemaDef s ON s.ECInstanceId = c.Schema.Id
 ${BELOW} 'ModelModelsElement' AND ${fits("target", ":class")} ORDER BY 1`;
// The deeper the classes at its ends, the more exactly a relationship says what it is for.
const DEPTH = `(SELECT count(*) FROM meta.ECRelationshipConstraintDef dk
 JOIN meta.RelationshipConstraintHasClasses dh ON dh.SourceECInstanceId = dk.ECInstanceId
 JOIN meta.ClassHasAllBaseClasses db ON db.SourceECInstanceId = dh.TargetECInstanceId
 WHERE dk.RelationshipClass.Id = c.ECInstanceId)`;
const PARENTS = `SELECT ${FULL_NAME}, ${DEPTH} ${CLASSES} ${BELOW} 'ElementOwnsChildElements' AND c.Modifier <> 1
 AND ${fits("source", "(SELECT p.ECClassId FROM bis.Element p WHERE p.ECInstanceId = :parent)")}
 AND ${fits("target", ":class")} ORDER BY 2 DESC, 1`;

/** The models below elements, and what the schema says of where elements and models may stand. */
export class Models {
    readonly #session: EditSession;
    readonly #choices = new Map<string, Promise<ModelChoice[]>>();

    constructor(session: EditSession) {
        this.#session = session;
    }

    /** The models that elements of a class may have; asked for once, as schemas stay as they are. */
    choices(classId: string): Promise<ModelChoice[]> {
        const known = this.#choices.get(classId);
        if (known !== undefined) return known;
        const asked = this.#askChoices(classId);
        this.#choices.set(classId, asked);
        asked.catch(() => this.#choices.delete(classId));
        return asked;
    }

    /** The relationships by which an element may own a child of a class; the most exact first. */
    async parentChoices(parent: string, classId: string): Promise<string[]> {
        const rows = await rowsOf<[string, number]>(this.#session, PARENTS, { parent, class: classId });
        return rows.map(([name]) => name);
    }

    /** The model of an element, if it has one. */
    async find(id: string): Promise<ModelProps | undefined> {
        const rows = await rowsOf(this.#session, "SELECT 1 FROM bis.Model m WHERE m.ECInstanceId = :id", { id });
        return rows.length === 0 ? undefined : this.#session.call<ModelProps>("models.getModelProps", { id });
    }

    async insert(id: string, { classFullName, relClassName }: ModelChoice): Promise<void> {
        const props = { classFullName, modeledElement: { id, relClassName } };
        await this.#session.edit("models.insertModel", { props });
    }

    /** Changes a property, or the part of it that @path leads to. */
    update(id: string, name: string, path: Path, value: unknown): Promise<unknown> {
        return this.#session.inTurn(async () => {
            const now = path.length === 0 ? {} : await this.#session.call<Params>("models.getModelProps", { id });
            const props = { id, [name]: withPart(now[name], path, value) };
            return this.#session.edit("models.updateModel", { props });
        });
    }

    async remove(id: string): Promise<void> {
        await this.#session.edit("models.deleteModel", { id });
    }

    async #askChoices(classId: string): Promise<ModelChoice[]> {
        const rows = await rowsOf<[string, string]>(this.#session, CHOICES, { class: classId });
        const all = rows.map(([classFullName, relClassName]) => ({ classFullName, relClassName }));
        const exact = all.filter((c) => c.relClassName !== ANY);
        const best = exact.length === 0 ? all : exact;
        return [...new Map(best.map((c) => [c.classFullName, c])).values()];
    }
}
