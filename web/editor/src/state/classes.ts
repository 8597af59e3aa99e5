/** Which end of a relationship something is. */
export type End = "source" | "target";

export function otherEnd(end: End): End {
    return end === "source" ? "target" : "source";
}

/** A class as ECSQL writes it, whatever words its names are. */
export function inEcsql(classFullName: string): string {
    return `[${classFullName.replace(":", "].[")}]`;
}

/** The class c of ECClassDef by its full name. */
export const FULL_NAME = "s.Name || ':' || c.Name";
export const CLASSES = "FROM meta.ECClassDef c JOIN meta.ECSchemaDef s ON s.ECInstanceId = c.Schema.Id";
/** Relationship classes that a navigation property follows are columns of their elements; all others are link tables. */
export const IS_LINK_TABLE = `c.Type = 1 AND s.Name <> 'ECDbMeta' AND NOT EXISTS (SELECT 1 FROM meta.ECPropertyDef p
 JOIN meta.ClassHasAllBaseClasses n ON n.TargetECInstanceId = p.NavigationRelationshipClass.Id
 WHERE n.SourceECInstanceId = c.ECInstanceId)`;

/** Whether instances of the class whose id is @classId may stand at @end of the relationship class c. */
export function fits(end: End, classId: string): string {
    return `EXISTS (SELECT 1 FROM meta.ECRelationshipConstraintDef k
 JOIN meta.RelationshipConstraintHasClasses h ON h.SourceECInstanceId = k.ECInstanceId
 JOIN meta.ClassHasAllBaseClasses b ON b.TargetECInstanceId = h.TargetECInstanceId
 WHERE k.RelationshipClass.Id = c.ECInstanceId AND k.RelationshipEnd = ${end === "source" ? 0 : 1}
 AND b.SourceECInstanceId = ${classId} AND (k.IsPolymorphic = TRUE OR h.TargetECInstanceId = ${classId}))`;
}
