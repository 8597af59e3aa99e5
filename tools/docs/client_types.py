#!/usr/bin/env python3
"""Writes web/client/src/api.ts, the types of the JavaScript client, from what host.describe answers.

Usage: protocol-doc --json | client_types.py > web/client/src/api.ts

The method table says the shape of each result, such as "{id, name?, rows: [{x}]}". What stands at the end of such a
shape has no type there; LEAVES says it by its name, and a name that is missing ends the program with an error, so that a
new result cannot go without a type.
"""
import json
import re
import sys

ARGUMENTS = {
    "string": "string", "integer": "number", "number": "number", "boolean": "boolean", "id": "Id64String",
    "ids": "readonly Id64String[]", "guid": "GuidString", "object": "object", "array": "readonly unknown[]",
    "any": "unknown", "request id": "number | string",
}

# By "METHOD.NAME" where a name has another type there, else by name.
LEAVES = {
    "NAME": "unknown", "...": "unknown", "number": "number",
    "AspectProps": "AspectProps", "ElementProps": "ElementProps", "ModelProps": "ModelProps",
    "RelationshipProps": "RelationshipProps", "id": "Id64String", "txnId": "Id64String", "property": "SchemaProperty",
    "setting": "string",
}
TEXTS = """access accessString alias before briefcase before cause className classFullName classId codec created currentTxnId cursor
    deadline description detail displayLabel durability ecclass executable expires extendedType fullName guid iModelId iTwinId imodel
    jsonName key label level message method mode modifier name namespace openFor peer protocol redoString resumeToken
    schemaItemType session sessionId sql state strength strengthDirection string text time typeName undoString user version where next
    deleted.session baseClass""".split()
COUNTS = """ageMs briefcaseId bytes bytesIn bytesOut changes depth done.total failures idleMs index
    keptBytes mailboxBytes mailboxMessages outboxBytes received requests seconds sent size status subId total
    unsavedRows""".split()
FLAGS = """cancelled done generated grouped hasPendingTxns hasUnsavedChanges hibernating hidden indirect isDefault isOpen isRedoPossible
    isStrict isUndo isUndoPossible reversed resumed running saved""".split()
LEAVES.update({name: "string" for name in TEXTS})
LEAVES.update({name: "number" for name in COUNTS})
LEAVES.update({name: "boolean" for name in FLAGS})
LEAVES.update({
    "high": "Point3d", "low": "Point3d", "globalOrigin": "Point3d", "ecefLocation": "object",
    "blob": "Uint8Array", "data": "unknown", "limits": "SessionLimits", "value": "number | string", "rows": "unknown[]",
    "old": "unknown", "new": "unknown", "properties": "object", "meta": "readonly EntityClass[]",
    "partial": '"time" | "rows" | "bytes"', "inserted": "string", "updated": "string", "deleted": "string",
    "insertedMeta": "readonly number[]", "updatedMeta": "readonly number[]", "deletedMeta": "readonly number[]",
    "appliesTo": "unknown", "baseClasses": "readonly unknown[]", "categories": "unknown", "customAttributes": "unknown",
    "derivedClasses": "readonly unknown[]", "enumerations": "unknown", "formats": "unknown", "inheritedProperties": "unknown",
    "kindsOfQuantity": "unknown", "mixins": "readonly unknown[]", "source": "unknown", "target": "unknown", "type": "string",
    "units": "unknown", "methods": "readonly unknown[]", "notifications": "readonly unknown[]", "errors": "readonly unknown[]",
    "closeReasons": "readonly unknown[]",
    "errors_total": "Readonly<Record<string, number>>", "sessions_ended_total": "Readonly<Record<string, number>>",
    # Where the name stands for something else.
    "session.onProgress.id": "number | string", "session.onProgress.done": "number",
    "briefcase.listFileProperties.id": "number", "changes.summary.changes.fileProperty.id": "number",
    "elements.deleteElementTree.deleted": "number", "query.explain.plan.id": "number", "query.explain.plan.parent": "number",
    "txns.list.session": "number",
})

TOKEN = re.compile(r"\s*([{}\[\],:?|]|\.\.\.|[A-Za-z_][A-Za-z_0-9]*)")


class Shape:
    """Reads one shape; where is the place, for LEAVES and errors."""

    def __init__(self, text, where):
        self.tokens = TOKEN.findall(text)
        self.where = where
        if "".join(self.tokens) != re.sub(r"\s+", "", text):
            raise SystemExit(f"{where}: cannot read the shape {text}")

    def take(self, wanted=None):
        token = self.tokens.pop(0) if self.tokens else ""
        if wanted is not None and token != wanted:
            raise SystemExit(f"{self.where}: {wanted} is wanted, not {token or 'the end'}")
        return token

    def next_is(self, token):
        return bool(self.tokens) and self.tokens[0] == token

    def leaf(self, name, path):
        for key in (".".join([self.where, *path]), name):
            if key in LEAVES:
                return LEAVES[key]
        raise SystemExit(f"{self.where}: what type has {'.'.join(path) or name}? Add it to LEAVES in {sys.argv[0]}")

    def value(self, path):
        """One type; words with bars between them are texts to choose from, those with "or" between them types."""
        types = [self.single(path)]
        while self.next_is("or"):
            self.take()
            types.append(self.single(path))
        return " | ".join(types)

    def single(self, path):
        if self.next_is("{"):
            return self.object(path)
        if self.next_is("["):
            self.take()
            item = self.value(path)
            self.take("]")
            return f"readonly ({item})[]" if " " in item and not item.startswith("{") else f"readonly {item}[]"
        words = [self.take()]
        while self.next_is("|"):
            self.take()
            words.append(self.take())
        return self.leaf(words[0], []) if len(words) == 1 else " | ".join(f'"{word}"' for word in words)

    def object(self, path):
        members, others = [], None
        self.take("{")
        while not self.next_is("}"):
            name = self.take()
            optional = "?" if self.next_is("?") else ""
            if optional:
                self.take()
            inner = [*path, name]
            has_type = self.next_is(":")
            if has_type:
                self.take()
            kind = self.value(inner) if has_type else self.leaf(name, inner)
            # In capitals, or within a map by name, it stands for any name.
            if has_type and (name.isupper() or kind == "SchemaProperty"):
                others = kind
            else:
                members.append(f"readonly {name}{optional}: {kind}")
            if not self.next_is("}"):
                self.take(",")
        self.take("}")
        if others is not None and not members:
            return f"Readonly<Record<string, {others}>>"
        own = "{ " + "; ".join(members) + " }" if members else "Record<string, never>"
        return own if others is None else f"{own} & Readonly<Record<string, unknown>>"


def shape_type(text, where):
    if text == "":
        return "undefined"
    shape = Shape(text, where)
    kind = shape.value([])
    if shape.tokens:
        raise SystemExit(f"{where}: too much in the shape {text}")
    return kind


def comment(text, indent):
    return f"{indent}/** {text.replace('*/', '* /')} */"


def argument_type(arg):
    if arg["type"] == "choice":
        return " | ".join(f'"{choice}"' for choice in arg["choices"].split("|"))
    return ARGUMENTS[arg["type"]]


def method_lines(method):
    lines = [comment(method["help"], "  "), f'  "{method["name"]}": {{']
    if method["params"]:
        lines.append("    params: {")
        for arg in method["params"]:
            lines.append(comment(arg["help"], "      "))
            lines.append(f'      {arg["name"]}{"" if arg["required"] else "?"}: {argument_type(arg)}'
                         f'{"" if arg["required"] or argument_type(arg) == "unknown" else " | undefined"};')
        lines.append("    };")
    else:
        lines.append("    params: Record<string, never>;")
    lines.append(f'    result: {shape_type(method["result"], method["name"])};')
    return [*lines, "  };"]


def notification_lines(notification):
    kind = shape_type(notification["params"], notification["name"])
    return [comment(notification["help"], "  "), f'  "{notification["name"]}": {kind};']


HEAD = """// Generated by tools/generate-docs from the method table of the server; do not edit.
import type {
  AspectProps, ElementProps, EntityClass, GuidString, Id64String, ModelProps, Point3d, RelationshipProps, SchemaProperty, SessionLimits,
} from "./props.js";
"""


def main():
    api = json.load(sys.stdin)
    lines = [HEAD, comment("The methods of the server: what they take and answer.", ""), "export interface Methods {"]
    for method in api["methods"]:
        lines += method_lines(method)
    lines += ["}", "", comment("What the server tells by itself.", ""), "export interface Notifications {"]
    for notification in api["notifications"]:
        lines += notification_lines(notification)
    lines += ["}", "", comment("What may be the name of an error; a newer server may know more.", ""), "export type ErrorName ="]
    lines += [f'  | "{error["name"]}"' for error in api["errors"]]
    lines[-1] += ";"
    sys.stdout.write("\n".join(lines) + "\n")


main()
