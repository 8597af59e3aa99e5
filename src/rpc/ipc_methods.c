/* src/rpc/ipc_methods.c - the methods of stock iTwin.js frontends, sorted by name: the channel without its
 * prefixes, or the RPC interface, a dot, and the name there. Arguments are by position. Those that are only for
 * open iModels (READY) have the key of one, or a token with it, as their first. */
#include "ipc_priv.h"
#include "method_table.h"

#define IDLE WEH_METHOD_IDLE_READONLY

#define MAX_FILE_NAME 1024

/* clang-format off */
#define KEY \
    { "key", WEH_ARG_KEY, true, 0, 0, NULL, "key of an open iModel" }

static const struct weh_arg_spec args_none[] = { ARGS_END };

static const struct weh_arg_spec args_key[] = { KEY, ARGS_END };

#define TOKEN \
    { "token", WEH_ARG_OBJECT, true, 0, 0, NULL, "IModelRpcProps: {key, ...} of an open iModel" }

static const struct weh_arg_spec args_query[] = {
    TOKEN,
    { "request", WEH_ARG_OBJECT, true, 0, 0, NULL, "DbQueryRequest: {query, args?, limit?: {offset?, count?}, includeMetaData?, valueFormat?, abbreviateBlobs?, convertClassIdsToClassNames?, quota?: {time?, memory?}, restartToken?, usePrimaryConn?}; the rest is not looked at" },
    ARGS_END,
};

static const struct weh_arg_spec args_blob[] = {
    TOKEN,
    { "request", WEH_ARG_OBJECT, true, 0, 0, NULL, "DbBlobRequest: {className, accessString, instanceId, range?: {offset?, count?}, usePrimaryConn?}; the rest is not looked at" },
    ARGS_END,
};

static const struct weh_arg_spec args_log[] = {
    { "timestamp", WEH_ARG_ANY, false, 0, 0, NULL, "when it happened" },
    { "level",     WEH_ARG_ANY, false, 0, 0, NULL, "0 trace, 1 info, 2 warning, 3 error; others are not logged" },
    { "category",  WEH_ARG_ANY, false, 0, 0, NULL, "what it is about" },
    { "message",   WEH_ARG_ANY, false, 0, 0, NULL, "what happened" },
    { "metaData",  WEH_ARG_ANY, false, 0, 0, NULL, "not logged" },
    ARGS_END,
};

static const struct weh_arg_spec args_concurrency[] = {
    { "pool", WEH_ARG_ANY, false, 0, 0, NULL, "\"io\" or \"cpu\"" },
    ARGS_END,
};

static const struct weh_arg_spec args_open_standalone[] = {
    { "fileName", WEH_ARG_STRING, true,  0, MAX_FILE_NAME, NULL, "name of an iModel, with or without .bim" },
    { "openMode", WEH_ARG_INT,    true,  1, 2, NULL, "1 read-only, 2 read-write" },
    { "options",  WEH_ARG_OBJECT, false, 0, 0, NULL, "{key?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_open_briefcase[] = {
    { "args", WEH_ARG_OBJECT, true, 0, 0, NULL, "{fileName, key?, readonly?, watchForChanges?}: fileName is the name of a briefcase of the user, or else of an iModel; one that is watched is open for reading, and what others save in it is told" },
    ARGS_END,
};

static const struct weh_arg_spec args_open_snapshot[] = {
    { "fileName", WEH_ARG_STRING, true,  0, MAX_FILE_NAME, NULL, "name of an iModel, with or without .bim" },
    { "options",  WEH_ARG_OBJECT, false, 0, 0, NULL, "{key?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_save[] = {
    KEY,
    { "description", WEH_ARG_STRING, false, 0, MAX_DESCRIPTION, NULL, "what undo is called" },
    ARGS_END,
};

static const struct weh_arg_spec args_reverse[] = {
    KEY,
    { "count", WEH_ARG_ANY, false, 0, 0, NULL, "how many: a number, of which the fraction is left off" },
    ARGS_END,
};

static const struct weh_arg_spec args_command[] = {
    { "commandId", WEH_ARG_STRING, true,  0, 256, NULL, "basicManipulation, or \"\"" },
    { "key",       WEH_ARG_KEY,    false, 0, 0, NULL, "key of an open iModel" },
    ARGS_END,
};

#define ANY(name) { name, WEH_ARG_ANY, false, 0, 0, NULL, "argument of the method" }

static const struct weh_arg_spec args_call[] = {
    { "method", WEH_ARG_STRING, true, 0, 256, NULL, "name of the method" },
    ANY("a"), ANY("b"), ANY("c"), ANY("d"),
    ARGS_END,
};

static const struct weh_arg_spec args_scope[] = {
    KEY,
    { "startSession", WEH_ARG_BOOL, true, 0, 0, NULL, "true: enter; false: leave" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_ping[] = {
    KEY,
    { "value", WEH_ARG_ANY, false, 0, 0, NULL, "anything: it comes back" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_props[] = {
    KEY,
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "as iTwin.js has them" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_channel[] = {
    KEY,
    { "channelKey", WEH_ARG_STRING, true, 1, CHANNELS_MAX_KEY, NULL, "key of a channel" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_list[] = {
    KEY,
    { "list", WEH_ARG_ARRAY, true, 0, 100000, NULL, "ElementProps" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_id[] = {
    KEY,
    { "id", WEH_ARG_ID, true, 0, 0, NULL, "which" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_ids[] = {
    KEY,
    { "ids", WEH_ARG_IDS, true, 0, RPC_MAX_IDS, NULL, "which" },
    ARGS_END,
};

static const struct weh_arg_spec args_edit_aspects[] = {
    KEY,
    ARGS_ASPECTS,
    ARGS_END,
};

static const struct weh_arg_spec args_edit_relationship[] = {
    KEY,
    ARGS_RELATIONSHIP,
    ARGS_END,
};

static const struct weh_arg_spec args_edit_code_spec[] = {
    KEY,
    ARGS_CODE_SPEC,
    ARGS_END,
};

static const struct weh_arg_spec args_edit_file_prop[] = { KEY, ARGS_FILE_PROP_KEY, ARGS_END };

static const struct weh_arg_spec args_edit_file_prop_save[] = {
    KEY,
    ARGS_FILE_PROP_KEY,
    ARGS_FILE_PROP_VALUES,
    ARGS_END,
};

static const struct weh_arg_spec args_edit_batch[] = {
    KEY,
    { "ops",         WEH_ARG_ARRAY,  true,  1, 100000, NULL, "[{method, params?, as?}]: methods of weh.v1, as for edit.batch" },
    { "description", WEH_ARG_STRING, false, 0, MAX_DESCRIPTION, NULL, "save then, as one transaction of this name" },
    ARGS_END,
};

static const struct weh_arg_spec args_imodel[] = {
    { "imodel", WEH_ARG_STRING, true, 1, IMODEL_NAME_MAX, NULL, "name of an iModel" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_token[] = { TOKEN, ARGS_END };

static const struct weh_arg_spec args_rpc_any[] = {
    { "token", WEH_ARG_ANY, false, 0, 0, NULL, "not looked at, as whatever follows" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_ids[] = {
    TOKEN,
    { "ids", WEH_ARG_ARRAY, true, 0, RPC_MAX_IDS, NULL, "which" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_load[] = {
    TOKEN,
    { "identifier", WEH_ARG_ANY,    true,  0, 0, NULL, "id, federation GUID, or code" },
    { "options",    WEH_ARG_OBJECT, false, 0, 0, NULL, "{wantGeometry?, wantBRepData?, displayStyle?: {compressExcludedElementIds?, omitScheduleScriptElementIds?}}; others change nothing" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_query[] = {
    TOKEN,
    { "params", WEH_ARG_OBJECT, true, 0, 0, NULL, "EntityQueryParams: {from, only?, where?, orderBy?, limit?, offset?, bindings?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_class[] = {
    TOKEN,
    { "startClassName", WEH_ARG_STRING, true, 1, MAX_CLASS_NAME, NULL, "full name of a class" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_set[] = {
    TOKEN,
    { "categoryIds", WEH_ARG_STRING, true, 0, MAX_ID_SET, NULL, "compressed set of ids" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_view[] = {
    TOKEN,
    { "viewId",  WEH_ARG_STRING, true,  0, 128, NULL, "id of a view" },
    { "options", WEH_ARG_OBJECT, false, 0, 0, NULL, "ViewStateLoadProps: {displayStyle?: {compressExcludedElementIds?, omitScheduleScriptElementIds?}}" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_element[] = {
    TOKEN,
    { "elementId", WEH_ARG_STRING, true, 0, 128, NULL, "id of an element" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_props[] = {
    TOKEN,
    { "props", WEH_ARG_OBJECT, true, 0, 0, NULL, "what is asked for, as iTwin.js has it" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_options[] = {
    TOKEN,
    { "options", WEH_ARG_OBJECT, false, 0, 0, NULL, "{modelIds?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_schema[] = {
    TOKEN,
    { "schemaName", WEH_ARG_STRING, true, 1, 512, NULL, "name of a schema" },
    ARGS_END,
};

static const struct weh_arg_spec args_rpc_stats[] = {
    { "token",   WEH_ARG_ANY, false, 0, 0, NULL, "not looked at" },
    { "options", WEH_ARG_INT, false, 0, 1, NULL, "1: numbers as text, with units" },
    ARGS_END,
};

#define CONNECTION_PROPS "IModelConnectionProps"

static const struct weh_method methods[] = {
    /* name, states, access, flags, arguments, result, since, help, handler */
    { "DevToolsRpcInterface.ping", ANYWHERE, VIEW, 0, args_rpc_any, "boolean", "0.1", "true", ipc_tools_ping },
    { "DevToolsRpcInterface.setLogLevel", ANYWHERE, VIEW, 0, args_rpc_any, "", "0.1", "Nothing: the log is not a page's to change.", ipc_tools_set_log_level },
    { "DevToolsRpcInterface.stats", ANYWHERE, VIEW, 0, args_rpc_stats, "{os, process}", "0.1", "Memory and time of machine and server; nothing that names them.", ipc_tools_stats },
    { "DevToolsRpcInterface.versions", ANYWHERE, VIEW, 0, args_rpc_any, "{application, iTwinJs, availableRpcs}", "0.1", "What this server is, and which release of iTwin.js it answers as.", ipc_tools_versions },
    { "ECSchemaRpcInterface.getSchemaJSON", OPEN, VIEW, 0, args_rpc_schema, "SchemaProps", "0.1", "A schema whole, as EC 3.2 JSON.", ipc_schema_get_json },
    { "ECSchemaRpcInterface.getSchemaKeys", OPEN, VIEW, 0, args_rpc_token, "[{name, read, write, minor}]", "0.1", "All schemas of the iModel.", ipc_schema_get_keys },
    { "IModelReadRpcInterface.callViewStore", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no view stores.", ipc_tools_unsupported },
    { "IModelReadRpcInterface.cancelSnap", OPEN, VIEW, 0, args_rpc_token, "", "0.1", "Nothing: no snap runs.", ipc_tools_nothing },
    { "IModelReadRpcInterface.generateElementMeshes", ANYWHERE, VIEW, 0, args_rpc_any, "Uint8Array", "0.1", "NotSupported: geometry is not evaluated.", ipc_tools_unsupported },
    { "IModelReadRpcInterface.getAllCodeSpecs", OPEN, VIEW, 0, args_rpc_token, "[{id, name, jsonProperties}]", "0.1", "All code specs.", ipc_read_get_all_code_specs },
    { "IModelReadRpcInterface.getClassHierarchy", OPEN, VIEW, 0, args_rpc_class, "[string]", "0.1", "A class and its first bases up to the root.", ipc_read_get_class_hierarchy },
    { "IModelReadRpcInterface.getConnectionProps", ANYWHERE, VIEW, 0, args_rpc_any, CONNECTION_PROPS, "0.1", "NotFound: there is no hub with checkpoints.", ipc_tools_no_checkpoint },
    { "IModelReadRpcInterface.getCustomViewState3dData", OPEN, VIEW, 0, args_rpc_options, "{modelIds, categoryIds, modelExtents}", "0.1", "Models in space (or the given ones), used categories, and the volume of the models.", ipc_read_get_custom_view_data },
    { "IModelReadRpcInterface.getDefaultViewId", OPEN, VIEW, 0, args_rpc_token, "id", "0.1", "The default view; 0 when there is none.", ipc_read_get_default_view_id },
    { "IModelReadRpcInterface.getElementProps", OPEN, VIEW, 0, args_rpc_ids, "[ElementProps]", "0.1", "Elements; of several those that there are.", ipc_read_get_element_props },
    { "IModelReadRpcInterface.getGeoCoordinatesFromIModelCoordinates", OPEN, VIEW, 0, args_rpc_props, "{geoCoords, fromCache}", "0.1", "That the iModel has no coordinate system; NotSupported when it has one.", ipc_tools_to_geo_coordinates },
    { "IModelReadRpcInterface.getGeometryContainment", OPEN, VIEW, 0, args_rpc_props, "{status}", "0.1", "That nothing could be found: geometry is not evaluated.", ipc_tools_no_containment },
    { "IModelReadRpcInterface.getGeometrySummary", ANYWHERE, VIEW, 0, args_rpc_any, "string", "0.1", "NotSupported: geometry is not evaluated.", ipc_tools_unsupported },
    { "IModelReadRpcInterface.getIModelCoordinatesFromGeoCoordinates", OPEN, VIEW, 0, args_rpc_props, "{iModelCoords, fromCache}", "0.1", "That the iModel has no coordinate system; NotSupported when it has one.", ipc_tools_to_imodel_coordinates },
    { "IModelReadRpcInterface.getMassProperties", OPEN, VIEW, 0, args_rpc_props, "{status, ...}", "0.1", "That nothing could be computed: geometry is not evaluated.", ipc_tools_no_mass },
    { "IModelReadRpcInterface.getMassPropertiesPerCandidate", OPEN, VIEW, 0, args_rpc_props, "[{status, candidate}]", "0.1", "The same for each candidate.", ipc_tools_no_mass_of_each },
    { "IModelReadRpcInterface.getModelProps", OPEN, VIEW, 0, args_rpc_ids, "[ModelProps]", "0.1", "Models; of several those that there are.", ipc_read_get_model_props },
    { "IModelReadRpcInterface.getToolTipMessage", OPEN, VIEW, 0, args_rpc_element, "[string]", "0.1", "Lines that tell what an element is.", ipc_read_get_tool_tip },
    { "IModelReadRpcInterface.getViewStateData", OPEN, VIEW, 0, args_rpc_view, "ViewStateProps", "0.1", "A view with all that it is made of.", ipc_read_get_view_state_data },
    { "IModelReadRpcInterface.getViewThumbnail", OPEN, VIEW, 0, args_rpc_view, "Uint8Array", "0.1", "The picture of a view behind 16 bytes that describe it; else that there is no content.", ipc_read_get_view_thumbnail },
    { "IModelReadRpcInterface.hydrateViewState", OPEN, VIEW, 0, args_rpc_props, "HydrateViewStateResponseProps", "0.1", "What a page lacks of a view.", ipc_read_hydrate_view_state },
    { "IModelReadRpcInterface.loadElementProps", OPEN, VIEW, 0, args_rpc_load, "ElementProps", "0.1", "An element by id, federation GUID or code; nothing when there is none.", ipc_read_load_element_props },
    { "IModelReadRpcInterface.queryAllUsedSpatialSubCategories", OPEN, VIEW, 0, args_rpc_token, "[{id, parentId, appearance}]", "0.1", "The sub-categories of all spatial categories that are in use.", ipc_read_query_all_sub_categories },
    { "IModelReadRpcInterface.queryBlob", OPEN, VIEW, 0, args_blob, "DbBlobResponse", "0.1", "Read a binary property, as it is stored, or part of it; of what is saved, unless usePrimaryConn is asked for.", ipc_query_blob },
    { "IModelReadRpcInterface.queryElementProps", OPEN, VIEW, 0, args_rpc_query, "[ElementProps]", "0.1", "Elements by a query.", ipc_read_query_element_props },
    { "IModelReadRpcInterface.queryEntityIds", OPEN, VIEW, 0, args_rpc_query, "[id]", "0.1", "Ids by a query: SELECT ECInstanceId FROM from ...", ipc_read_query_entity_ids },
    { "IModelReadRpcInterface.queryModelExtents", OPEN, VIEW, 0, args_rpc_ids, "[{id, status, extents}]", "0.1", "The volumes that models fill, each with an IModelStatus.", ipc_read_query_model_extents },
    { "IModelReadRpcInterface.queryModelProps", OPEN, VIEW, 0, args_rpc_query, "[ModelProps]", "0.1", "Models by a query.", ipc_read_query_model_props },
    { "IModelReadRpcInterface.queryModelRanges", OPEN, VIEW, 0, args_rpc_ids, "[{low, high}]", "0.1", "The volumes of those models that have one; that a single one has none is an error.", ipc_read_query_model_ranges },
    { "IModelReadRpcInterface.queryRows", OPEN, VIEW, 0, args_query, "DbQueryResponse", "0.1", "Run a query in ECSQL over what is saved, or with usePrimaryConn also over what is not; other requests go on meanwhile. A query that fails is answered with its status.", ipc_query_rows },
    { "IModelReadRpcInterface.querySubCategories", OPEN, VIEW, 0, args_rpc_set, "[{id, parentId, appearance}]", "0.1", "The sub-categories of categories.", ipc_read_query_sub_categories },
    { "IModelReadRpcInterface.queryTextureData", OPEN, VIEW, 0, args_rpc_props, "{width, height, format, bytes, transparency?}", "0.1", "The image of a texture as it is stored, whatever maxTextureSize says; nothing when there is none.", ipc_read_query_texture_data },
    { "IModelReadRpcInterface.readFontJson", OPEN, VIEW, 0, args_rpc_token, "{fonts: [{id, type, name}]}", "0.1", "The fonts that texts may name.", ipc_read_read_font_json },
    { "IModelReadRpcInterface.requestSnap", OPEN, VIEW, 0, args_rpc_token, "{status}", "0.1", "That there is nothing to snap to: geometry is not evaluated.", ipc_tools_no_snap },
    { "IModelTileRpcInterface.generateTileContent", ANYWHERE, VIEW, 0, args_rpc_any, "number", "0.1", "NotSupported: there is no tile generator.", ipc_tools_unsupported },
    { "IModelTileRpcInterface.getTileCacheConfig", ANYWHERE, VIEW, 0, args_rpc_any, "", "0.1", "Nothing: there is no cache.", ipc_tools_nothing },
    { "IModelTileRpcInterface.purgeTileTrees", OPEN, VIEW, 0, args_rpc_token, "", "0.1", "Nothing: there are no tiles.", ipc_tools_nothing },
    { "IModelTileRpcInterface.queryVersionInfo", ANYWHERE, VIEW, 0, args_none, "{formatVersion}", "0.1", "The version of tile content that pages of this release know.", ipc_tools_tile_version },
    { "IModelTileRpcInterface.requestElementGraphics", OPEN, VIEW, 0, args_rpc_token, "", "0.1", "Nothing: there is no tile generator.", ipc_tools_nothing },
    { "IModelTileRpcInterface.requestTileTreeProps", ANYWHERE, VIEW, 0, args_rpc_any, "TileTreeProps", "0.1", "NotSupported: there is no tile generator.", ipc_tools_unsupported },
    { "IModelTileRpcInterface.retrieveTileContent", ANYWHERE, VIEW, 0, args_rpc_any, "Uint8Array", "0.1", "NotSupported: there is no tile generator.", ipc_tools_unsupported },
    { "PresentationRpcInterface.computeSelection", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getContentDescriptor", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getContentInstanceKeys", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getContentSetSize", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getContentSources", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getDisplayLabelDefinition", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getElementProperties", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getFilteredNodePaths", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getNodePaths", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getNodesCount", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getNodesDescriptor", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getPagedContent", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getPagedContentSet", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getPagedDisplayLabelDefinitions", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getPagedDistinctValues", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getPagedNodes", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "PresentationRpcInterface.getSelectionScopes", ANYWHERE, VIEW, 0, args_rpc_any, "any", "0.1", "NotSupported: there are no presentation rules.", ipc_tools_unsupported },
    { "SnapshotIModelRpcInterface.close", OPEN, VIEW, WEH_METHOD_AUDITED, args_rpc_token, "boolean", "0.1", "As ipc-app.closeIModel; true.", ipc_tools_close_snapshot },
    { "SnapshotIModelRpcInterface.openFile", ANYWHERE, VIEW, WEH_METHOD_AUDITED, args_open_snapshot, CONNECTION_PROPS, "0.1", "As ipc-app.openSnapshot.", ipc_app_open_snapshot },
    { "SnapshotIModelRpcInterface.openRemote", ANYWHERE, VIEW, 0, args_rpc_any, CONNECTION_PROPS, "0.1", "NotSupported: no remote files are known.", ipc_tools_unsupported },
    { "editor.callMethod", ANYWHERE, VIEW, WEH_METHOD_AUDITED, args_call, "any", "0.1", "Call a method of the active edit command; those of basicManipulation are below.", ipc_editor_call_method },
    { "editor.startCommand", ANYWHERE, VIEW, 0, args_command, "string", "0.1", "Make an edit command the active one: basicManipulation is there; \"\" ends the active one.", ipc_editor_start_command },
    { "ipc-app.abandonChanges", OPEN, EDIT, IDLE, args_key, "", "0.1", "Drop all unsaved changes.", ipc_app_abandon_changes },
    { "ipc-app.cancelElementGraphicsRequests", OPEN, VIEW, 0, args_key, "", "0.1", "Nothing: graphics are not made.", ipc_tools_nothing },
    { "ipc-app.cancelPullChangesRequest", ANYWHERE, VIEW, 0, args_key, "", "0.1", "Nothing: there is no hub to pull from.", ipc_tools_nothing },
    { "ipc-app.cancelTileContentRequests", OPEN, VIEW, 0, args_rpc_token, "", "0.1", "Nothing: there is no tile generator.", ipc_tools_nothing },
    { "ipc-app.closeIModel", OPEN, VIEW, WEH_METHOD_AUDITED, args_key, "", "0.1", "Close an iModel; unsaved changes are saved, unless ipc.close says drop.", ipc_app_close_imodel },
    { "ipc-app.getRedoString", OPEN, VIEW, 0, args_key, "string", "0.1", "What redo would bring back; \"\": nothing.", ipc_app_get_redo_string },
    { "ipc-app.getUndoString", OPEN, VIEW, 0, args_key, "string", "0.1", "What undo would take back; \"\": nothing.", ipc_app_get_undo_string },
    { "ipc-app.hasPendingTxns", OPEN, VIEW, 0, args_key, "boolean", "0.1", "Whether transactions are saved that are not pushed and not reversed.", ipc_app_has_pending_txns },
    { "ipc-app.isGraphicalEditingSupported", OPEN, VIEW, 0, args_key, "boolean", "0.1", "Whether a graphical editing scope can be entered.", ipc_app_is_editing_supported },
    { "ipc-app.isRedoPossible", OPEN, VIEW, 0, args_key, "boolean", "0.1", "Whether something can be redone.", ipc_app_is_redo_possible },
    { "ipc-app.isUndoPossible", OPEN, VIEW, 0, args_key, "boolean", "0.1", "Whether something of this session can be undone.", ipc_app_is_undo_possible },
    { "ipc-app.log", ANYWHERE, VIEW, 0, args_log, "", "0.1", "Log a line of the frontend: warnings and errors at level info, the rest at level debug; texts are cut.", ipc_app_log },
    { "ipc-app.openBriefcase", ANYWHERE, VIEW, WEH_METHOD_AUDITED, args_open_briefcase, CONNECTION_PROPS, "0.1", "Open a briefcase of the user, or an iModel.", ipc_app_open_briefcase },
    { "ipc-app.openCheckpoint", ANYWHERE, VIEW, 0, args_none, CONNECTION_PROPS, "0.1", "NotSupported: there is no hub.", ipc_app_without_hub },
    { "ipc-app.openSnapshot", ANYWHERE, VIEW, WEH_METHOD_AUDITED, args_open_snapshot, CONNECTION_PROPS, "0.1", "Open an iModel for reading.", ipc_app_open_snapshot },
    { "ipc-app.openStandalone", ANYWHERE, VIEW, WEH_METHOD_AUDITED, args_open_standalone, CONNECTION_PROPS, "0.1", "Open an iModel that belongs to no iTwin.", ipc_app_open_standalone },
    { "ipc-app.pullChanges", OPEN, VIEW, 0, args_key, "{id, index}", "0.1", "NotSupported: there is no hub.", ipc_app_without_hub },
    { "ipc-app.pushChanges", OPEN, VIEW, 0, args_key, "{id, index}", "0.1", "NotSupported: there is no hub.", ipc_app_without_hub },
    { "ipc-app.queryConcurrency", ANYWHERE, VIEW, 0, args_concurrency, "number", "0.1", "How much is done at once: the processors for \"cpu\", 10 for \"io\", else 0.", ipc_app_query_concurrency },
    { "ipc-app.reinstateTxn", OPEN, EDIT, IDLE, args_key, "number", "0.1", "Redo what the last undo took back: 0, or the IModelStatus that there is nothing.", ipc_app_reinstate_txn },
    { "ipc-app.reinstateTxnAsync", OPEN, EDIT, IDLE, args_key, "", "0.1", "The same; that there is nothing is an error.", ipc_app_reinstate_txn_async },
    { "ipc-app.restartTxnSession", OPEN, EDIT, IDLE, args_key, "", "0.1", "Begin a new session of transactions: nothing so far can be undone or redone any more.", ipc_app_restart_txn_session },
    { "ipc-app.reverseAllTxn", OPEN, EDIT, IDLE, args_key, "number", "0.1", "Undo all that can be undone: 0, or the IModelStatus that there is nothing.", ipc_app_reverse_all_txn },
    { "ipc-app.reverseAllTxnsAsync", OPEN, EDIT, IDLE, args_key, "", "0.1", "The same; that there is nothing is an error.", ipc_app_reverse_all_txns_async },
    { "ipc-app.reverseTxns", OPEN, EDIT, IDLE, args_reverse, "number", "0.1", "Undo the last saved operations; unsaved changes are dropped. 0, or the IModelStatus that there is nothing.", ipc_app_reverse_txns },
    { "ipc-app.reverseTxnsAsync", OPEN, EDIT, IDLE, args_reverse, "", "0.1", "The same; that there is nothing is an error.", ipc_app_reverse_txns_async },
    { "ipc-app.saveChanges", OPEN, EDIT, SAVES, args_save, "", "0.1", "Save what changed as one transaction; on stable storage when answered.", ipc_app_save_changes },
    { "ipc-app.toggleGraphicalEditingScope", OPEN, VIEW, 0, args_scope, "boolean", "0.1", "Enter (true) or leave a graphical editing scope: in one, changed geometry is told on editing-scope/KEY.", ipc_app_toggle_editing_scope },
    { "rpc.describeEndpoints", ANYWHERE, VIEW, 0, args_none, "[{interfaceName, interfaceVersion, operationNames, compatible}]", "0.1", "The RPC interfaces and their operations; also asked as RPC with the version CONTROL.", ipc_rpc_describe_endpoints },
    { "webedit/edit.addAllowedChannel", OPEN, VIEW, 0, args_edit_channel, "", "0.1", "As basicManipulation.addAllowedChannel.", ipc_edit_allow_channel },
    { "webedit/edit.batch", OPEN, EDIT, 0, args_edit_batch, "{results: [...], saved?, txnId?}", "0.1", "As edit.batch.", ipc_edit_as_in_v1 },
    { "webedit/edit.checkout", ANYWHERE, EDIT, 0, args_imodel, "{briefcase, ...}", "0.1", "As briefcase.checkout; ipc-app.openBriefcase opens it.", briefcase_checkout },
    { "webedit/edit.deleteAspects", OPEN, EDIT, BATCH, args_edit_ids, "", "0.1", "Delete aspects, all or none.", ipc_edit_delete_aspects },
    { "webedit/edit.deleteDefinitionElements", OPEN, EDIT, BATCH, args_edit_ids, "[id]", "0.1", "As elements.deleteDefinitionElements: those in use.", ipc_edit_as_in_v1 },
    { "webedit/edit.deleteElementTree", OPEN, EDIT, BATCH, args_edit_id, "number", "0.1", "As elements.deleteElementTree: how many.", ipc_edit_as_in_v1 },
    { "webedit/edit.deleteElements", OPEN, EDIT, BATCH, args_edit_ids, "", "0.1", "Delete elements with their children, all or none.", ipc_edit_delete_elements },
    { "webedit/edit.deleteFileProperty", OPEN, EDIT, BATCH, args_edit_file_prop, "", "0.1", "As briefcase.deleteFileProperty.", ipc_edit_as_in_v1 },
    { "webedit/edit.deleteModel", OPEN, EDIT, BATCH, args_edit_id, "", "0.1", "As models.deleteModel.", ipc_edit_as_in_v1 },
    { "webedit/edit.deleteRelationship", OPEN, EDIT, BATCH, args_edit_props, "", "0.1", "As relationships.deleteInstance.", ipc_edit_as_in_v1 },
    { "webedit/edit.dropUnsaved", OPEN, EDIT, UNDECIDED, args_key, "", "0.1", "As briefcase.dropUnsaved.", ipc_edit_as_in_v1 },
    { "webedit/edit.getAspects", OPEN, VIEW, 0, args_edit_aspects, "[AspectProps]", "0.1", "As elements.getAspects.", ipc_edit_as_in_v1 },
    { "webedit/edit.getCodeSpecs", OPEN, VIEW, 0, args_key, "[{id, name, properties}]", "0.1", "As codeSpecs.list.", ipc_edit_as_in_v1 },
    { "webedit/edit.getElementProps", OPEN, VIEW, 0, args_edit_id, "ElementProps", "0.1", "Read one element.", ipc_edit_get_element_props },
    { "webedit/edit.getModelProps", OPEN, VIEW, 0, args_edit_id, "ModelProps", "0.1", "As models.getModelProps.", ipc_edit_as_in_v1 },
    { "webedit/edit.getRelationshipProps", OPEN, VIEW, 0, args_edit_relationship, "RelationshipProps", "0.1", "As relationships.getInstanceProps.", ipc_edit_as_in_v1 },
    { "webedit/edit.insertAspect", OPEN, EDIT, BATCH, args_edit_props, "id", "0.1", "As elements.insertAspect.", ipc_edit_as_in_v1 },
    { "webedit/edit.insertCodeSpec", OPEN, EDIT, BATCH, args_edit_code_spec, "id", "0.1", "As codeSpecs.insert.", ipc_edit_as_in_v1 },
    { "webedit/edit.insertElement", OPEN, EDIT, BATCH, args_edit_props, "id", "0.1", "Insert an element of any class.", ipc_edit_insert_element },
    { "webedit/edit.insertElements", OPEN, EDIT, BATCH, args_edit_list, "[id]", "0.1", "Insert elements, all or none.", ipc_edit_insert_elements },
    { "webedit/edit.insertModel", OPEN, EDIT, BATCH, args_edit_props, "id", "0.1", "As models.insertModel.", ipc_edit_as_in_v1 },
    { "webedit/edit.insertRelationship", OPEN, EDIT, BATCH, args_edit_props, "id", "0.1", "As relationships.insertInstance.", ipc_edit_as_in_v1 },
    { "webedit/edit.listBriefcases", ANYWHERE, VIEW, 0, args_none, "[...]", "0.1", "As briefcase.list.", briefcase_list },
    { "webedit/edit.listIModels", ANYWHERE, VIEW, 0, args_none, "[...]", "0.1", "As imodel.list.", imodel_list },
    { "webedit/edit.ping", OPEN, VIEW, 0, args_edit_ping, "any", "0.1", "Answer the value.", ipc_edit_ping },
    { "webedit/edit.queryFileProperty", OPEN, VIEW, 0, args_edit_file_prop, "{string?, blob?}", "0.1", "As briefcase.queryFileProperty.", ipc_edit_as_in_v1 },
    { "webedit/edit.removeAllowedChannel", OPEN, VIEW, 0, args_edit_channel, "", "0.1", "As basicManipulation.removeAllowedChannel.", ipc_edit_forbid_channel },
    { "webedit/edit.restoreUnsaved", OPEN, EDIT, UNDECIDED, args_key, "", "0.1", "As briefcase.restoreUnsaved.", ipc_edit_as_in_v1 },
    { "webedit/edit.saveFileProperty", OPEN, EDIT, BATCH, args_edit_file_prop_save, "", "0.1", "As briefcase.saveFileProperty.", ipc_edit_as_in_v1 },
    { "webedit/edit.updateAspect", OPEN, EDIT, BATCH, args_edit_props, "", "0.1", "As elements.updateAspect.", ipc_edit_as_in_v1 },
    { "webedit/edit.updateElement", OPEN, EDIT, BATCH, args_edit_props, "", "0.1", "Update an element.", ipc_edit_update_element },
    { "webedit/edit.updateElements", OPEN, EDIT, BATCH, args_edit_list, "", "0.1", "Update elements, all or none.", ipc_edit_update_elements },
    { "webedit/edit.updateModel", OPEN, EDIT, BATCH, args_edit_props, "", "0.1", "As models.updateModel.", ipc_edit_as_in_v1 },
    { "webedit/edit.updateRelationship", OPEN, EDIT, BATCH, args_edit_props, "", "0.1", "As relationships.updateInstance.", ipc_edit_as_in_v1 },
};
/* clang-format on */

const struct weh_method *weh_rpc_ipc_methods(size_t *n)
{
    *n = WEH_ARRAY_LEN(methods);
    return methods;
}
