// What stands in messages and is no method's own: ids, points, the parts of elements that every one has. An application
// that has @itwin/core-common may use its types in their place; they fit.

/** An id such as "0x20000000001". */
export type Id64String = string;

/** A GUID in lower case. */
export type GuidString = string;

/** As an array of coordinates in metres, or by their names. */
export type Point3d = readonly [number, number, number] | { readonly x: number; readonly y: number; readonly z: number };

export interface RelatedElementProps {
  id: Id64String;
  relClassName?: string;
}

export interface CodeProps {
  spec: Id64String;
  scope: Id64String;
  value?: string;
}

interface EntityProps {
  classFullName: string;
  id?: Id64String;
  /** The properties of its class. */
  [property: string]: unknown;
}

export interface ElementProps extends EntityProps {
  model: Id64String;
  code: CodeProps;
  parent?: RelatedElementProps;
  federationGuid?: GuidString;
  userLabel?: string;
}

export interface AspectProps extends EntityProps {
  element: RelatedElementProps;
}

export interface ModelProps extends EntityProps {
  modeledElement: RelatedElementProps;
  parentModel?: Id64String;
  isPrivate?: boolean;
  isTemplate?: boolean;
}

export interface RelationshipProps extends EntityProps {
  sourceId: Id64String;
  targetId: Id64String;
}

/** A property as schema.getClass describes it. */
export type SchemaProperty = Readonly<Record<string, unknown>>;

/** A class that changed entities are of. */
export interface EntityClass {
  readonly name: string;
  /** Positions of its base classes in the same list. */
  readonly bases: readonly number[];
}

/** What session.hello tells of the server's limits. */
export interface SessionLimits {
  readonly messageBytes: number;
  readonly messageValues: number;
  readonly messageDepth: number;
  readonly mailboxMessages: number;
  readonly mailboxBytes: number;
  readonly outboxBytes: number;
  readonly lingerSeconds: number;
  readonly resumeBytes: number;
}
