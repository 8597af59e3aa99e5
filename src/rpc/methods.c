/* src/rpc/methods.c - the method table, sorted by name: a method is one row and one handler. */
#include "method_table.h"

#define ALWAYS (ANYWHERE | IN(OPENING))

#define ADMIN WEH_ACCESS_ADMIN

#define BAND  WEH_METHOD_OUT_OF_BAND
#define FREE  WEH_METHOD_WITHOUT_TOKEN
#define READS WEH_METHOD_UNAUDITED

#define MAX_NAME       IMODEL_NAME_MAX
#define MAX_SESSION_ID 32
#define MAX_USER       (WEH_USER_SIZE - 1)

/* clang-format off */
static const struct weh_arg_spec args_none[] = { ARGS_END };

static const struct weh_arg_spec args_admin_sessions[] = {
    { "after",   WEH_ARG_STRING, false, 1, MAX_SESSION_ID, NULL, "only those behind this one, the next of an earlier answer" },
    { "limit",   WEH_ARG_INT,    false, 1, 500, NULL, "at most so many; 100 when absent" },
    { "user",    WEH_ARG_STRING, false, 1, MAX_USER, NULL, "only those of this user" },
    { "session", WEH_ARG_STRING, false, 1, MAX_SESSION_ID, NULL, "only this one" },
    ARGS_END,
};

static const struct weh_arg_spec args_admin_end[] = {
    { "session", WEH_ARG_STRING, true,  1, MAX_SESSION_ID, NULL, "id of the session" },
    { "reason",  WEH_ARG_STRING, false, 1, 100, NULL, "what its client is told in the close frame" },
    ARGS_END,
};

static const struct weh_arg_spec args_admin_message[] = {
    { "text",    WEH_ARG_STRING, true,  1, 2000, NULL, "what is to be told" },
    { "session", WEH_ARG_STRING, false, 1, MAX_SESSION_ID, NULL, "id of the session whose client is told" },
    { "all",     WEH_ARG_BOOL,   false, 0, 0, NULL, "true: those of all sessions (instead of session)" },
    ARGS_END,
};

static const struct weh_arg_spec args_admin_drain[] = {
    { "seconds", WEH_ARG_INT, false, 0, 3600, NULL, "time until everything has to be over; limits.drain_s when absent" },
    ARGS_END,
};

static const struct weh_arg_spec args_admin_log_level[] = {
    { "level", WEH_ARG_CHOICE, true, 0, 0, "error|warn|info|debug", "least important events that are logged from now until the next reload" },
    ARGS_END,
};

static const struct weh_arg_spec args_checkout[] = {
    { "imodel", WEH_ARG_STRING, true, 1, MAX_NAME, NULL, "name of an iModel, as imodel.list tells it" },
    ARGS_END,
};

static const struct weh_arg_spec args_briefcase_delete[] = {
    { "briefcase", WEH_ARG_STRING, true, 1, MAX_NAME, NULL, "name of a briefcase, as briefcase.list tells it" },
    ARGS_END,
};

static const struct weh_arg_spec args_briefcase_close[] = {
    { "unsaved", WEH_ARG_CHOICE, false, 0, 0, "error|save|abandon", "what becomes of unsaved changes; error (the default) refuses to close" },
    ARGS_END,
};

static const struct weh_arg_spec args_briefcase_open[] = {
    { "imodel",    WEH_ARG_STRING, false, 1, MAX_NAME, NULL, "name of an iModel, as imodel.list tells it" },
    { "briefcase", WEH_ARG_STRING, false, 1, MAX_NAME, NULL, "name of a briefcase of one's own, as briefcase.list tells it (instead of imodel)" },
    { "mode",      WEH_ARG_CHOICE, false, 0, 0, "readwrite|readonly", "readwrite (the default) takes the write lock" },
    { "durability", WEH_ARG_CHOICE, false, 0, 0, "full|normal", "what an acknowledged save outlives: full a power cut, normal the server; Denied when the server's txn.durability_min is more. Absent: as configured" },
    { "unsaved",   WEH_ARG_CHOICE, false, 0, 0, "ask|restore|drop", "what becomes of unsaved changes of an earlier session, if a recovery journal has some; ask (the default) tells them as recoverable, and edits are refused (RecoveryPending) until briefcase.restoreUnsaved or dropUnsaved" },
    ARGS_END,
};

static const struct weh_arg_spec args_batch[] = {
    { "ops",  WEH_ARG_ARRAY,  true,  1, 1000000, NULL, "[{method, params, as?}]: methods whose description says that they may stand here; a string \"$name\" or \"$name.id\" in the params of a later one stands for the result of the one with that as" },
    { "save", WEH_ARG_STRING, false, 0, MAX_DESCRIPTION, NULL, "save everything as one transaction of this description afterwards" },
    ARGS_END,
};

static const struct weh_arg_spec args_file_prop[] = {
    ARGS_FILE_PROP_KEY,
    ARGS_END,
};

static const struct weh_arg_spec args_file_prop_save[] = {
    ARGS_FILE_PROP_KEY,
    ARGS_FILE_PROP_VALUES,
    ARGS_END,
};

static const struct weh_arg_spec args_file_prop_list[] = {
    { "namespace", WEH_ARG_STRING, false, 0, MAX_PROP_NAME, NULL, "only of this namespace" },
    ARGS_END,
};

static const struct weh_arg_spec args_update_ecef[] = {
    { "ecefLocation", WEH_ARG_OBJECT, true, 0, 0, NULL, "EcefLocationProps: {origin, orientation, cartographicOrigin?, xVector?, yVector?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_update_extents[] = {
    { "projectExtents", WEH_ARG_OBJECT, true, 0, 0, NULL, "{low: [x, y, z], high: [x, y, z]} in metres; each side becomes at least 1 m long" },
    ARGS_END,
};

static const struct weh_arg_spec args_update_origin[] = {
    { "globalOrigin", WEH_ARG_ANY, true, 0, 0, NULL, "[x, y, z] in metres" },
    ARGS_END,
};

static const struct weh_arg_spec args_get_element[] = {
    { "id",             WEH_ARG_ID,     false, 0, 0, NULL, "element id" },
    { "federationGuid", WEH_ARG_GUID,   false, 0, 0, NULL, "federation GUID of the element (instead of id)" },
    { "code",           WEH_ARG_OBJECT, false, 0, 0, NULL, "code {spec, scope, value} of the element (instead of id)" },
    { "wantGeometry",   WEH_ARG_BOOL,   false, 0, 0, NULL, "also geom: the geometry stream as GeometryStreamProps" },
    ARGS_END,
};

static const struct weh_arg_spec args_get_many[] = {
    { "ids",          WEH_ARG_IDS,    false, 0, RPC_MAX_IDS, NULL, "element ids" },
    { "idSet",        WEH_ARG_STRING, false, 0, MAX_ID_SET,  NULL, "the same as iTwin.js' CompressedId64Set (instead of ids)" },
    { "wantGeometry", WEH_ARG_BOOL,   false, 0, 0, NULL, "also geom: the geometry stream as GeometryStreamProps" },
    ARGS_END,
};

static const struct weh_arg_spec args_element_id[] = {
    { "id", WEH_ARG_ID, true, 0, 0, NULL, "element id" },
    ARGS_END,
};

static const struct weh_arg_spec args_element_props[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "ElementProps: classFullName, model, code, ..." },
    ARGS_END,
};

static const struct weh_arg_spec args_element_update[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "ElementProps with id; an absent member stays, a null one is cleared. Of a selector say categories or models: as by the official backend, an update without them empties it" },
    ARGS_END,
};

static const struct weh_arg_spec args_delete_elements[] = {
    { "id",  WEH_ARG_ID,  false, 0, 0,      NULL, "element id" },
    { "ids", WEH_ARG_IDS, false, 1, RPC_MAX_IDS, NULL, "element ids (instead of id)" },
    ARGS_END,
};

static const struct weh_arg_spec args_imodel_create[] = {
    { "imodel",         WEH_ARG_STRING, true,  1, MAX_NAME, NULL, "name of the new iModel" },
    { "rootSubject",    WEH_ARG_OBJECT, true,  0, 0, NULL, "{name, description?}" },
    { "iTwinId",        WEH_ARG_GUID,   false, 0, 0, NULL, "iTwin it belongs to; absent: none" },
    { "projectExtents", WEH_ARG_OBJECT, false, 0, 0, NULL, "{low: [x, y, z], high: [x, y, z]} in metres" },
    { "globalOrigin",   WEH_ARG_ANY,    false, 0, 0, NULL, "[x, y, z] in metres" },
    ARGS_END,
};

static const struct weh_arg_spec args_get_aspects[] = {
    ARGS_ASPECTS,
    ARGS_END,
};

static const struct weh_arg_spec args_aspect_insert[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "AspectProps: classFullName, element {id, relClassName?}, ..." },
    ARGS_END,
};

static const struct weh_arg_spec args_aspect_update[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "AspectProps with classFullName, element.id and (unless it is unique) id; an absent member stays, a null one is cleared" },
    ARGS_END,
};

static const struct weh_arg_spec args_delete_aspects[] = {
    { "id",  WEH_ARG_ID,  false, 0, 0,      NULL, "aspect id" },
    { "ids", WEH_ARG_IDS, false, 1, 100000, NULL, "aspect ids (instead of id)" },
    ARGS_END,
};

static const struct weh_arg_spec args_code_spec_id[] = {
    { "id", WEH_ARG_ID, true, 0, 0, NULL, "code spec id" },
    ARGS_END,
};

static const struct weh_arg_spec args_code_spec_insert[] = {
    ARGS_CODE_SPEC,
    ARGS_END,
};

static const struct weh_arg_spec args_code_spec_name[] = {
    { "name", WEH_ARG_STRING, true, 0, MAX_DESCRIPTION, NULL, "name; the case of ASCII letters does not matter" },
    ARGS_END,
};

static const struct weh_arg_spec args_query[] = {
    { "ecsql",       WEH_ARG_STRING, true,  0, 1000000, NULL, "SELECT, WITH ..., VALUES or a PRAGMA that only tells something" },
    { "args",        WEH_ARG_ANY,    false, 0, 0, NULL, "values of the parameters: an array by position, or an object by name (\"1\": by position); plain values, or {type, value} as QueryBinder.serialize() makes them" },
    { "limit",       WEH_ARG_OBJECT, false, 0, 0, NULL, "{offset?, count?}: rows to leave out, rows at most" },
    { "rowFormat",   WEH_ARG_CHOICE, false, 0, 0, "names|jsNames|array", "rows as objects by ECSQL names (the default) or by names for JavaScript, both without what is NULL; or as arrays in the order of columns" },
    { "valueFormat", WEH_ARG_CHOICE, false, 0, 0, "ecsql|js", "how the members of structs, points and navigation values are named; js also writes class ids as names" },
    { "convertClassIdsToClassNames", WEH_ARG_BOOL, false, 0, 0, NULL, "class ids as \"Schema.Class\"" },
    { "abbreviateBlobs", WEH_ARG_BOOL, false, 0, 0, NULL, "in place of a binary value the text {\"bytes\": size}" },
    { "quota",       WEH_ARG_OBJECT, false, 0, 0, NULL, "{time?, rows?, bytes?}: ends the reply sooner than the server's query.* settings would; time in seconds" },
    ARGS_END,
};

static const struct weh_arg_spec args_explain[] = {
    { "ecsql", WEH_ARG_STRING, true, 0, 1000000, NULL, "as for query.ecsql" },
    ARGS_END,
};
static const struct weh_arg_spec args_cursor[] = {
    { "cursor", WEH_ARG_STRING, true, 1, 64, NULL, "from query.ecsql or query.next" },
    ARGS_END,
};

static const struct weh_arg_spec args_get_relationship[] = {
    ARGS_RELATIONSHIP,
    ARGS_END,
};

static const struct weh_arg_spec args_relationship_insert[] = {
    { "props",         WEH_ARG_OBJECT, true,  0, 0, NULL, "RelationshipProps: classFullName, sourceId, targetId, ..." },
    { "allowDangling", WEH_ARG_BOOL,   false, 0, 0, NULL, "true: source and target need not exist" },
    ARGS_END,
};

static const struct weh_arg_spec args_relationship_update[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "RelationshipProps with classFullName and id; when a property is named, those that are not become null; the ends stay" },
    ARGS_END,
};

static const struct weh_arg_spec args_relationship_delete[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "RelationshipProps: classFullName and id are read" },
    ARGS_END,
};

static const struct weh_arg_spec args_model_id[] = {
    { "id", WEH_ARG_ID, true, 0, 0, NULL, "model id" },
    ARGS_END,
};

static const struct weh_arg_spec args_model_update[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "ModelProps with id; an absent or null member stays; updateLastMod and geometryChanged as in UpdateModelOptions" },
    ARGS_END,
};

static const struct weh_arg_spec args_model_ids[] = {
    { "ids", WEH_ARG_IDS, true, 0, RPC_MAX_IDS, NULL, "model ids" },
    ARGS_END,
};

static const struct weh_arg_spec args_definition_ids[] = {
    { "ids", WEH_ARG_IDS, true, 0, RPC_MAX_IDS, NULL, "ids of definition elements; others are passed over" },
    ARGS_END,
};

static const struct weh_arg_spec args_model_props[] = {
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "ModelProps: classFullName, modeledElement, ..." },
    ARGS_END,
};

static const struct weh_arg_spec args_schema_class[] = {
    { "classFullName", WEH_ARG_STRING, true,  1, 1024, NULL, "\"Schema:Class\" or \"Schema.Class\", any case; an alias will do" },
    { "inherited",     WEH_ARG_BOOL,   false, 0, 0,    NULL, "false leaves out inheritedProperties; true when absent" },
    ARGS_END,
};

static const struct weh_arg_spec args_schema_enumeration[] = {
    { "enumeration", WEH_ARG_STRING, true, 1, 1024, NULL, "\"Schema:Enumeration\", any case; an alias will do" },
    ARGS_END,
};

static const struct weh_arg_spec args_schema_list[] = {
    { "schema", WEH_ARG_STRING, false, 1, 255, NULL, "only this schema: name or alias, any case" },
    { "items",  WEH_ARG_BOOL,   false, 0, 0,   NULL, "true lists classes, enumerations, kinds of quantity and categories too" },
    ARGS_END,
};

static const struct weh_arg_spec args_cancel[] = {
    { "id", WEH_ARG_REQUEST_ID, true, 0, 0, NULL, "id of the request to cancel" },
    ARGS_END,
};

static const struct weh_arg_spec args_ack[] = {
    { "received", WEH_ARG_INT, true, 0, MAX_SAFE_INTEGER, NULL, "messages of the server, from the first of the session" },
    ARGS_END,
};

static const struct weh_arg_spec args_hello[] = {
    { "client", WEH_ARG_OBJECT, true,  0, 0, NULL, "{name, version}: who is calling, for the log" },
    { "resume", WEH_ARG_OBJECT, false, 0, 0, NULL, "{sessionId, resumeToken, received}: the session to take back, received counts messages of the server" },
    ARGS_END,
};

static const struct weh_arg_spec args_token[] = {
    { "token", WEH_ARG_STRING, true, 1, 8192, NULL, "a token (JWT), as in the Authorization header of the handshake" },
    ARGS_END,
};

static const struct weh_arg_spec args_ping[] = {
    { "data", WEH_ARG_ANY, false, 0, 0, NULL, "anything; comes back" },
    ARGS_END,
};

static const struct weh_arg_spec args_changes[] = {
    { "from",   WEH_ARG_ID,     false, 0, 0, NULL, "first transaction, as txns.list tells it; the oldest when absent" },
    { "to",     WEH_ARG_ID,     false, 0, 0, NULL, "last transaction; the newest when absent" },
    { "limit",  WEH_ARG_INT,    false, 1, RPC_MAX_CHANGES, NULL, "changes in the reply, which has fewer when they are large; 1000 when absent" },
    { "cursor", WEH_ARG_STRING, false, 1, 64, NULL, "from the reply before, with the same from and to: go on there" },
    { "wantProperties", WEH_ARG_BOOL, false, 0, 0, NULL, "false leaves the values out" },
    ARGS_END,
};

static const struct weh_arg_spec args_reverse[] = {
    { "count", WEH_ARG_INT, false, 1, 1000000, NULL, "how many; 1 when absent" },
    ARGS_END,
};

static const struct weh_arg_spec args_save[] = {
    { "description", WEH_ARG_STRING, false, 0, MAX_DESCRIPTION, NULL, "text kept with the transaction" },
    ARGS_END,
};

static const struct weh_arg_spec args_txn_id[] = {
    { "txnId", WEH_ARG_ID, true, 0, 0, NULL, "id of a transaction, as txns.list tells it" },
    ARGS_END,
};

static const struct weh_arg_spec args_operation[] = {
    { "description", WEH_ARG_STRING, false, 0, MAX_DESCRIPTION, NULL, "text kept with the transactions in it that have none of their own" },
    ARGS_END,
};

static const struct weh_arg_spec args_savepoint[] = {
    { "name", WEH_ARG_STRING, true, 1, MAX_NAME, NULL, "name of the savepoint; given twice, the innermost is meant" },
    ARGS_END,
};

static const struct weh_arg_spec args_txn_list[] = {
    { "limit", WEH_ARG_INT, false, 1, RPC_MAX_TXNS, NULL, "only the newest so many" },
    ARGS_END,
};

#define CONNECTION_PROPS "{key, name, rootSubject: {name, description?}, projectExtents: {low, high}, globalOrigin, ecefLocation?, iTwinId, iModelId, changeset: {id, index}, briefcaseId, mode, durability?}"
#define OPEN_PROPS "{key, name, rootSubject: {name, description?}, projectExtents: {low, high}, globalOrigin, ecefLocation?, iTwinId, iModelId, changeset: {id, index}, briefcaseId, mode, durability?, recoverable?: {time, user?, changes, bytes}, recovered?: {time, user?, changes, bytes}, unrecoverable?: {state: stale|damaged|foreign, time?}}"

static const struct weh_method methods[] = {
    /* name                      states    access  flags  arguments             result, since, help, handler */
    { "admin.counters",          ALWAYS,    ADMIN, BAND | READS, args_none, "{NAME: number or {LABEL: number}, errors_total, sessions_ended_total, methods: {NAME: {requests, failures, seconds}}, version}", "0.1", "Everything that /metrics tells, by the same names, but for the histograms.", admin_counters },
    { "admin.drain",             ALWAYS,    ADMIN, BAND, args_admin_drain, "{deadline}", "0.1", "Stop the server as SIGTERM does; while it stops already, sooner if that is sooner.", admin_drain },
    { "admin.end",               ALWAYS,    ADMIN, BAND, args_admin_end, "{}", "0.1", "End a session (4002); what runs is cancelled, what is unsaved goes into the recovery journal. NotFound when there is none with this id.", admin_end },
    { "admin.logLevel",          ALWAYS,    ADMIN, BAND, args_admin_log_level, "{level, before}", "0.1", "Log more or less than log.level says, until the settings are reloaded.", admin_log_level },
    { "admin.message",           ALWAYS,    ADMIN, BAND, args_admin_message, "{sent}", "0.1", "Tell the clients of one session or of all something (session.onMessage); sent counts sessions.", admin_message },
    { "admin.reload",            ALWAYS,    ADMIN, BAND, args_none, "{needsRestart: [setting], failed: [{what: settings|keys|certificates, where}]}", "0.1", "Read settings, keys and certificates anew, as SIGHUP does. What failed stayed as it was; the log says why.", admin_reload },
    { "admin.sessions",          ALWAYS,    ADMIN, BAND | READS, args_admin_sessions, "{total, sessions: [{session, user, peer, codec, state: attached|hibernating|detached|ending|draining, hibernating, imodel?, briefcase?, ageMs, idleMs, method?, running, unsavedRows, requests, failures, mailboxMessages, mailboxBytes, outboxBytes, keptBytes, bytesIn, bytesOut}], next?}", "0.1", "The sessions by id, a page of them: next, if there is one, goes into after. What a session has open and has done is as it was when its last request ended; method is the last that was begun, running until it is answered.", admin_sessions },
    { "briefcase.checkout",      ANYWHERE,  EDIT, 0, args_checkout, "{briefcase, briefcaseId, imodel, iModelId}", "0.1", "Make a private copy of an iModel as it was saved last: a briefcase with an id of its own. LimitExceeded when the user has as many, or as much, as the server allows.", briefcase_checkout },
    { "briefcase.close",         IN(READY), VIEW, WEH_METHOD_AUDITED, args_briefcase_close, "{}", "0.1", "Close the open briefcase.", briefcase_close },
    { "briefcase.delete",        ANYWHERE,  EDIT, 0, args_briefcase_delete, "{}", "0.1", "Delete a briefcase of one's own with all that is not pushed, for good; Busy while it is open.", briefcase_delete },
    { "briefcase.deleteFileProperty", IN(READY), EDIT, BATCH, args_file_prop, "{}", "0.1", "Delete a file property; one that does not exist is fine.", briefcase_delete_file_property },
    { "briefcase.dropUnsaved",   IN(READY), EDIT, UNDECIDED, args_none, "{}", "0.1", "Delete the unsaved changes of an earlier session that briefcase.open told as recoverable, for good; NotFound when there are none.", briefcase_drop_unsaved },
    { "briefcase.info",          IN(READY), VIEW, 0, args_none, CONNECTION_PROPS, "0.1", "What briefcase.open answered, as it is now.", briefcase_info },
    { "briefcase.list",          ANYWHERE,  VIEW, 0, args_none, "[{briefcase, briefcaseId, imodel, iModelId, created, size, isOpen}]", "0.1", "The user's own briefcases, oldest first; size in bytes.", briefcase_list },
    { "briefcase.listFileProperties", IN(READY), VIEW, BATCH, args_file_prop_list, "[{namespace, name, id, subId}]", "0.1", "The file properties that there are.", briefcase_list_file_properties },
    { "briefcase.open",          IN(NEW),   VIEW, WEH_METHOD_AUDITED, args_briefcase_open, OPEN_PROPS, "0.1", "Open an iModel; Busy when another session writes it.", briefcase_open },
    { "briefcase.queryFileProperty", IN(READY), VIEW, BATCH, args_file_prop, "{string?, blob?}", "0.1", "Read a file property; empty when there is none.", briefcase_query_file_property },
    { "briefcase.restoreUnsaved", IN(READY), EDIT, UNDECIDED, args_none, "{}", "0.1", "Make the unsaved changes of an earlier session, which briefcase.open told as recoverable, unsaved changes of this one; NotFound when there are none. CannotRestore when they do not fit: then nothing has changed.", briefcase_restore_unsaved },
    { "briefcase.saveFileProperty", IN(READY), EDIT, BATCH, args_file_prop_save, "{}", "0.1", "Save a file property: its text, its binary value or both.", briefcase_save_file_property },
    { "briefcase.updateEcefLocation", IN(READY), EDIT, BATCH, args_update_ecef, "{}", "0.1", "Set where on the earth the iModel is.", briefcase_update_ecef },
    { "briefcase.updateGlobalOrigin", IN(READY), EDIT, BATCH, args_update_origin, "{}", "0.1", "Set the offset of all spatial coordinates.", briefcase_update_origin },
    { "briefcase.updateProjectExtents", IN(READY), EDIT, BATCH, args_update_extents, "{}", "0.1", "Set the volume that holds the project.", briefcase_update_extents },
    { "changes.summary",         IN(READY), VIEW, 0, args_changes, "{changes: [{id?, classFullName?, fileProperty?: {namespace, name, id, subId}, op: Inserted|Updated|Deleted, indirect, txnId?, properties?: {NAME: {old?, new?}}}], done, cursor?}", "0.1", "What saved transactions changed, several as one: instances by EC class, with the values of EC properties before and after; an update has only what changed. Reversed transactions count only when from or to is one of them.", changes_summary },
    { "codeSpecs.getById",       IN(READY), VIEW, BATCH, args_code_spec_id, "{id, name, properties}", "0.1", "Read one code spec by id.", code_specs_get_by_id },
    { "codeSpecs.getByName",     IN(READY), VIEW, BATCH, args_code_spec_name, "{id, name, properties}", "0.1", "Read one code spec by name.", code_specs_get_by_name },
    { "codeSpecs.insert",        IN(READY), EDIT, BATCH, args_code_spec_insert, "{id}", "0.1", "Insert a code spec.", code_specs_insert },
    { "codeSpecs.list",          IN(READY), VIEW, BATCH, args_none, "[{id, name, properties}]", "0.1", "All code specs, by id.", code_specs_list },
    { "edit.batch",              IN(READY), EDIT, 0, args_batch, "{results: [...], saved?, txnId?}", "0.1", "Run many methods as one edit: all or nothing. An error names the operation by its index (data.op); nothing stays then.", edit_batch },
    { "elements.deleteAspect",   IN(READY), EDIT, BATCH, args_delete_aspects, "{}", "0.1", "Delete aspects, all or none.", elements_delete_aspect },
    { "elements.deleteDefinitionElements", IN(READY), EDIT, BATCH, args_definition_ids, "{inUse: [id]}", "0.1", "Delete definition elements that nothing uses; those in use are told.", elements_delete_definitions },
    { "elements.deleteElement",  IN(READY), EDIT, BATCH, args_delete_elements, "{}", "0.1", "Delete elements with their children.", elements_delete },
    { "elements.deleteElementTree", IN(READY), EDIT, BATCH, args_element_id, "{deleted}", "0.1", "Delete an element with its children and sub-models; definitions that others use stay.", elements_delete_tree },
    { "elements.getAspects",     IN(READY), VIEW, BATCH, args_get_aspects, "[AspectProps]", "0.1", "The aspects of an element: multi aspects by id, then unique ones.", elements_get_aspects },
    { "elements.getElementProps", IN(READY), VIEW, BATCH, args_get_element, "ElementProps", "0.1", "Read one element by id, federation GUID or code.", elements_get_props },
    { "elements.getMany",        IN(READY), VIEW, BATCH, args_get_many, "[ElementProps]", "0.1", "Read many elements, each once; those that do not exist are left out.", elements_get_many },
    { "elements.insertAspect",   IN(READY), EDIT, BATCH, args_aspect_insert, "{id}", "0.1", "Insert an aspect; a unique one that the element has already is replaced and keeps its id.", elements_insert_aspect },
    { "elements.insertElement",  IN(READY), EDIT, BATCH, args_element_props, "{id}", "0.1", "Insert an element of any class.", elements_insert },
    { "elements.queryChildren",  IN(READY), VIEW, BATCH, args_element_id, "[id]", "0.1", "The ids of an element's children.", elements_query_children },
    { "elements.updateAspect",   IN(READY), EDIT, BATCH, args_aspect_update, "{}", "0.1", "Update an aspect.", elements_update_aspect },
    { "elements.updateElement",  IN(READY), EDIT, BATCH, args_element_update, "{}", "0.1", "Update an element.", elements_update },
    { "host.describe",           ANYWHERE,  VIEW, 0, args_none, "{protocol, methods, notifications, errors, closeReasons}", "0.1", "The API as data.", host_describe },
    { "imodel.create",           ANYWHERE,  EDIT, 0, args_imodel_create, CONNECTION_PROPS, "0.1", "Make a new, empty iModel; it is not opened.", imodel_create },
    { "imodel.list",             ANYWHERE,  VIEW, 0, args_none, "[{imodel, size, iModelId, name, openFor?}]", "0.1", "The iModels of this server, by name.", imodel_list },
    { "models.deleteModel",      IN(READY), EDIT, BATCH, args_model_id, "{}", "0.1", "Delete a model with its elements.", models_delete },
    { "models.getModelProps",    IN(READY), VIEW, BATCH, args_model_id, "ModelProps", "0.1", "Read one model.", models_get_props },
    { "models.insertModel",      IN(READY), EDIT, BATCH, args_model_props, "{id}", "0.1", "Insert the model of an element.", models_insert },
    { "models.queryExtents",     IN(READY), VIEW, BATCH, args_model_ids, "[{id, status, extents: {low, high}}]", "0.1", "The volume that the elements of each model fill.", models_query_extents },
    { "models.updateModel",      IN(READY), EDIT, BATCH, args_model_update, "{}", "0.1", "Update a model.", models_update },
    { "query.close",             IN(READY), VIEW, 0, args_cursor, "{}", "0.1", "Close a cursor whose rows are not wanted any more.", query_close },
    { "query.ecsql",             IN(READY), VIEW, 0, args_query, "{columns: [{className, accessString, generated, index, jsonName, name, extendedType, typeName}], rows, done, partial?: time|rows|bytes, cursor?}", "0.1", "Run a query in ECSQL; it sees unsaved changes. partial tells which limit ended the reply; cursor brings the rest; without one (a single step took longer than the time, or an edit waited for it) there is none, ask again. Requests behind a long query may be answered before it; it does not see what they edit. InvalidQuery names the place in the text.", query_ecsql },
    { "query.explain",           IN(READY), VIEW, 0, args_explain, "{sql, plan: [{id, parent, detail}]}", "0.1", "What query.ecsql would run, and how: its SQL, and SQLite's plan as a tree. For who may administer the iModel, and in a briefcase of one's own.", query_explain },
    { "query.next",              IN(READY), VIEW, 0, args_cursor, "{rows, done, partial?, cursor?}", "0.1", "More rows of a query. CursorInvalid when something was edited since.", query_next },
    { "relationships.deleteInstance", IN(READY), EDIT, BATCH, args_relationship_delete, "{}", "0.1", "Delete a link table relationship; one that does not exist is no error.", relationships_delete },
    { "relationships.getInstanceProps", IN(READY), VIEW, BATCH, args_get_relationship, "RelationshipProps", "0.1", "Read one link table relationship by id or by its ends.", relationships_get_props },
    { "relationships.insertInstance", IN(READY), EDIT, BATCH, args_relationship_insert, "{id}", "0.1", "Insert a link table relationship; both ends must exist unless allowDangling, and elements must not drive each other in a circle.", relationships_insert },
    { "relationships.updateInstance", IN(READY), EDIT, BATCH, args_relationship_update, "{}", "0.1", "Update the properties of a link table relationship.", relationships_update },
    { "schema.getClass",         IN(READY), VIEW, 0, args_schema_class, "{classId, ecclass, name, schema: {name, alias, version}, schemaItemType, modifier?, displayLabel, label?, description?, hidden, baseClasses, baseClass?, mixins?, derivedClasses, customAttributes?, appliesTo?, strength?, strengthDirection?, source?, target?, properties: {name: property}, inheritedProperties?, enumerations?, categories?, kindsOfQuantity?, formats?, units?}", "0.1", "Describe a class: all that a form for it needs.", schema_get_class },
    { "schema.getEnumeration",   IN(READY), VIEW, 0, args_schema_enumeration, "{fullName, type, isStrict, label?, description?, enumerators: [{name, label?, description?, value}]}", "0.1", "Describe an enumeration.", schema_get_enumeration },
    { "schema.list",             IN(READY), VIEW, 0, args_schema_list, "[{name, alias, version, label?, description?, references: [{name, version}], customAttributes?, hidden, classes?: [{name, label?, schemaItemType, modifier?}], enumerations?, kindsOfQuantity?, categories?}]", "0.1", "The schemas of the open iModel, by name.", schema_list },
    { "session.ack",             ANYWHERE | IN(OPENING), VIEW, BAND | FREE, args_ack, "{}", "0.1", "Tell how many messages have come in: the server need not keep them to send them again. As a notification, now and then.", session_ack },
    { "session.cancel",          ANYWHERE | IN(OPENING), VIEW, BAND | FREE, args_cancel, "{cancelled}", "0.1", "Cancel a running or waiting request of this session; overtakes the others.", session_cancel },
    { "session.close",           ANYWHERE,  VIEW, FREE, args_none, "{}", "0.1", "End the session; unsaved changes are dropped. Then the socket closes with 1000.", session_close },
    { "session.hello",           ANYWHERE,  VIEW, BAND | FREE | WEH_METHOD_UNCOUNTED, args_hello, "{sessionId, resumeToken, user, access, server: {name, version}, protocol, limits, resumed, received, ledBack?: {imodel?, briefcase?, mode}}", "0.1", "Introduce the client, or take a session back that lost its connection; only as the first request.", session_hello },
    { "session.info",            ANYWHERE,  VIEW, 0, args_none, "{sessionId, user, access, codec, state, imodel?, mode?}", "0.1", "What the server knows of this session.", session_info },
    { "session.ping",            ANYWHERE,  VIEW, FREE, args_ping, "{data?, time}", "0.1", "Answer at once, in order with the other requests.", session_ping },
    { "session.renewToken",      ANYWHERE,  VIEW, FREE, args_token, "{user, access, expires}", "0.1", "Go on with another token of the same user: from here on it says what is allowed, and until when.", session_renew_token },
    { "session.restartTxnSession", IN(READY), EDIT, 0, args_none, "{}", "0.1", "As txns.restartTxnSession.", txns_restart },
    { "txns.abandonChanges",     IN(READY), EDIT, 0, args_none, "{}", "0.1", "Drop all unsaved changes.", txns_abandon },
    { "txns.beginMultiTxnOperation", IN(READY), EDIT, 0, args_operation, "{depth}", "0.1", "What is saved from here to the matching end is undone and redone as one.", txns_begin_operation },
    { "txns.cancelTo",             IN(READY), EDIT, 0, args_txn_id, "{reversed: [txnId]}", "0.1", "As txns.reverseTo, for good: nothing that is or was undone can be redone.", txns_cancel_to },
    { "txns.endMultiTxnOperation", IN(READY), EDIT, 0, args_none, "{depth}", "0.1", "End the innermost multi-transaction operation.", txns_end_operation },
    { "txns.list",                 IN(READY), VIEW, 0, args_txn_list, "[{txnId, description, time, user?, grouped, reversed, session, bytes}]", "0.1", "The transactions in the file that are not pushed, oldest first, and who saved them where this server knows; bytes as stored.", txns_list },
    { "txns.reinstateTxn",       IN(READY), EDIT, 0, args_none, "{reinstated: [txnId]}", "0.1", "Redo what the last undo took back.", txns_reinstate },
    { "txns.release",              IN(READY), EDIT, 0, args_savepoint, "{}", "0.1", "End a savepoint and those inside it; the changes stay.", txns_release },
    { "txns.restartTxnSession",    IN(READY), EDIT, 0, args_none, "{}", "0.1", "Begin a new session of transactions, as each opening by the official backend does: what is saved cannot be undone any more, what is undone not be redone.", txns_restart },
    { "txns.reverseAll",           IN(READY), EDIT, 0, args_none, "{reversed: [txnId]}", "0.1", "Undo all transactions that can be undone.", txns_reverse_all },
    { "txns.reverseTo",            IN(READY), EDIT, 0, args_txn_id, "{reversed: [txnId]}", "0.1", "Undo a transaction and all after it.", txns_reverse_to },
    { "txns.reverseTxns",        IN(READY), EDIT, 0, args_reverse, "{reversed: [txnId]}", "0.1", "Undo the last saved operations, also those of earlier sessions; unsaved changes are dropped.", txns_reverse },
    { "txns.rollbackTo",           IN(READY), EDIT, 0, args_savepoint, "{}", "0.1", "Take back what was changed since the savepoint, which stays.", txns_rollback_to },
    { "txns.saveChanges",        IN(READY), EDIT, SAVES, args_save, "{saved, txnId?}", "0.1", "Save what changed as one transaction; on stable storage when answered.", txns_save },
    { "txns.savepoint",            IN(READY), EDIT, 0, args_savepoint, "{}", "0.1", "Remember the unsaved changes as they are now. Savepoints lie inside each other and end with save, abandon, undo and redo.", txns_savepoint },
    { "txns.state",              IN(READY), VIEW, 0, args_none, "{hasUnsavedChanges, hasPendingTxns, isUndoPossible, isRedoPossible, undoString, redoString, currentTxnId, depth}", "0.1", "The transaction stack.", txns_state },
};

static const struct weh_notification notifications[] = {
    { "briefcase.onChangedOutside", "{}", "While the session rested its file was closed (session.hibernate_s), and another program has changed it: what the client knows of it may be wrong, and undo begins anew. An edit that finds it so is refused with ChangedOutside." },
    { "session.onDrain",        "{deadline}", "The server stops: what runs is finished, what is unsaved goes into the recovery journal, and by that time at the latest the connection is closed (1001)." },
    { "session.onMessage",      "{text, time}", "An operator has something to say to whoever sits before the client." },
    { "session.onProgress",     "{id, method, done, total?}", "How far a long request is: id is the request's, done counts steps. After half a second, then at most four times a second." },
    { "session.onTokenExpiring", "{expires}", "The session's token ends at that time, in a minute or less: send another with session.renewToken. After it every request but that is answered with TokenExpired, and some time later the session ends." },
    { "txns.onAfterUndoRedo",   "{isUndo}", "An undo or redo is complete." },
    { "txns.onAutosaveFailed",  "{name, message}", "Unsaved changes could not be written into the recovery journal (name and message as in an error). The session goes on, and it is tried again; told once until it has worked again." },
    { "txns.onBeforeUndoRedo",  "{isUndo}", "An undo or redo begins." },
    { "txns.onChangesApplied",  "{txnId, cause}", "A transaction was undone or redone; after its other changes, whether it had any or not." },
    { "txns.onCommit",          "{}", "A save that has changes begins." },
    { "txns.onCommitted",       "{txnId, hasPendingTxns, time}", "A save is on stable storage." },
    { "txns.onElementsChanged", "{txnId, cause, inserted?, updated?, deleted?, insertedMeta, updatedMeta, deletedMeta, meta}", "Elements changed by a save, undo or redo (cause), or by restored unsaved changes (cause restore; the save tells them again): compressed id sets and their classes, at most 1000 entities an event." },
    { "txns.onModelGeometryChanged", "[{id, guid}]", "Models whose geometry changed, with their geometry GUID as it is now: in a save before txns.onElementsChanged, in undo and redo after txns.onChangesApplied." },
    { "txns.onModelsChanged",   "{txnId, cause, inserted?, deleted?, insertedMeta, updatedMeta, deletedMeta, meta}", "Models were inserted or deleted." },
    { "txns.onRecoverable",     "{time, user?, changes, bytes}", "Storage or memory failed and the unsaved changes were rolled back, but the recovery journal has them as of that time: briefcase.restoreUnsaved or dropUnsaved decides." },
};
/* clang-format on */

const struct weh_method *weh_rpc_methods(size_t *n)
{
    *n = WEH_ARRAY_LEN(methods);
    return methods;
}

const struct weh_notification *weh_rpc_notifications(size_t *n)
{
    *n = WEH_ARRAY_LEN(notifications);
    return notifications;
}
