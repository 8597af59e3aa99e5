/* include/weh/err.h - every way a call can fail, and how far the damage goes.
 *
 * REQUEST: the caller gets an error reply and goes on. SESSION: the session ends with a close
 * reason, the others go on. A bug of ours is neither: that is weh_assert.
 */
#ifndef WEH_ERR_H
#define WEH_ERR_H

#include <stddef.h>
#include <stdint.h>

#include "weh/compiler.h"

/* Append only: name and code are part of the protocol.
 *
 * The code is JSON-RPC's where it has one (specification section 5.1), else ours, from 1000. The
 * last column is the iTwin.js number (IModelStatus, ChangeSetStatus or DbResult of
 * @itwin/core-bentley), 0 where there is none. */
/* clang-format off */
#define WEH_ERR_LIST(X) /* name, scope, name on the wire, code, iTwin.js number, help */ \
    X(PARSE,            REQUEST, "ParseError",           -32700, 0,     "the message is not valid JSON or MessagePack")      \
    X(INVALID_REQUEST,  REQUEST, "InvalidRequest",       -32600, 0,     "the message is not a request of the protocol")      \
    X(METHOD_NOT_FOUND, REQUEST, "MethodNotFound",       -32601, 0,     "no such method")                                    \
    X(BAD_ARGS,         REQUEST, "InvalidParams",        -32602, 65539, "an argument is missing, unknown or of a wrong kind") \
    X(INTERNAL,         SESSION, "InternalError",        -32603, 0,     "a defect of the server")                            \
    X(STATE,            REQUEST, "WrongState",             1000, 65542, "the method is not allowed now")                     \
    X(DENIED,           REQUEST, "Denied",                 1001, 0,     "the user may not do this")                          \
    X(UNAUTHENTICATED,  REQUEST, "Unauthenticated",        1002, 0,     "the credentials are missing, wrong or expired")     \
    X(BUSY,             REQUEST, "Busy",                   1003, 5,     "held by somebody else, or too much work at once")   \
    X(CANCELLED,        REQUEST, "Cancelled",              1004, 65608, "cancelled by session.cancel")                       \
    X(LIMIT,            REQUEST, "LimitExceeded",          1005, 0,     "a configured limit is reached")                     \
    X(NOT_FOUND,        REQUEST, "NotFound",               1006, 65574, "no such thing")                                     \
    X(EXISTS,           REQUEST, "AlreadyExists",          1007, 65550, "the name is taken")                                 \
    X(FILE_NOT_FOUND,   REQUEST, "FileNotFound",           1008, 65551, "no iModel or briefcase of that name")               \
    X(NOT_AN_IMODEL,    REQUEST, "NotAnIModel",            1009, 65588, "the file is not an iModel")                         \
    X(VERSION_TOO_NEW,  REQUEST, "VersionTooNew",          1010, 65591, "the file was written by a newer version")           \
    X(VERSION_TOO_OLD,  REQUEST, "VersionTooOld",          1011, 65592, "the file must be upgraded first")                   \
    X(READ_ONLY,        REQUEST, "ReadOnly",               1012, 65582, "the briefcase is open for reading only")            \
    X(UNSAVED_CHANGES,  REQUEST, "UnsavedChanges",         1013, 90119, "there are unsaved changes")                         \
    X(MISSING_ID,       REQUEST, "MissingId",              1014, 65569, "the element, model or aspect does not exist")       \
    X(INVALID_CATEGORY, REQUEST, "InvalidCategory",        1015, 65556, "the category is missing or of the wrong kind")      \
    X(WRONG_MODEL,      REQUEST, "WrongModel",             1016, 65600, "the element may not be in that model")              \
    X(MISMATCH_2D3D,    REQUEST, "Mismatch2d3d",           1017, 65565, "two- and three-dimensional things do not mix")      \
    X(INVALID_PARENT,   REQUEST, "InvalidParent",          1018, 65561, "the parent is missing or not allowed")              \
    X(FOREIGN_KEY,      REQUEST, "ForeignKeyConstraint",   1019, 65553, "something else refers to it, or it refers to nothing") \
    X(DUPLICATE_CODE,   REQUEST, "DuplicateCode",          1020, 65547, "another element has that code")                     \
    X(INVALID_CODE,     REQUEST, "InvalidCode",            1021, 65557, "the code is not valid")                             \
    X(NOT_UNIQUE,       REQUEST, "ConstraintNotUnique",    1022, 65601, "a value that must be unique is taken")              \
    X(BAD_ELEMENT,      REQUEST, "BadElement",             1023, 65540, "the element is not suitable")                       \
    X(WRITE,            REQUEST, "WriteError",             1024, 65594, "the edit was refused")                              \
    X(DUPLICATE_NAME,   REQUEST, "DuplicateName",          1025, 65548, "the name is taken")                                 \
    X(WRONG_ELEMENT,    REQUEST, "WrongElement",           1026, 65598, "not possible with this element")                    \
    X(DELETION_PROHIBITED, REQUEST, "DeletionProhibited",  1027, 65546, "definitions cannot be deleted like this")           \
    X(NOTHING_TO_UNDO,  REQUEST, "NothingToUndo",          1028, 65579, "no transaction can be reversed")                    \
    X(NOTHING_TO_REDO,  REQUEST, "NothingToRedo",          1029, 65578, "no transaction can be reinstated")                  \
    X(DISK_FULL,        REQUEST, "DiskFull",               1030, 13,    "no space left; rolled back to the last saved state") \
    X(IO,               REQUEST, "IoError",                1031, 10,    "the storage failed; rolled back to the last saved state") \
    X(CORRUPT,          SESSION, "Corrupt",                1032, 11,    "the file is damaged")                               \
    X(DB,               SESSION, "Database",               1033, 65585, "the database failed")                               \
    X(NOMEM,            SESSION, "OutOfMemory",            1034, 7,     "no memory left for this session")                   \
    X(TOO_LARGE,        REQUEST, "TooLarge",               1035, 18,    "a value or message is larger than allowed")         \
    X(UNSUPPORTED,      REQUEST, "NotSupported",           1036, 65573, "not supported by this server")                        \
    X(INVALID_NAME,     REQUEST, "InvalidName",            1037, 65560, "the name is missing or has characters that names may not have") \
    X(BAD_MODEL,        REQUEST, "BadModel",               1038, 65541, "the model is missing")                              \
    X(BLOCKED,          REQUEST, "ElementBlockedChange",   1039, 65549, "the element does not allow it")                     \
    X(WRONG_CLASS,      REQUEST, "WrongClass",             1040, 65595, "the class is of another kind") \
    X(INVALID_ID,       REQUEST, "InvalidId",              1041, 65559, "an id is missing or stands for nothing")            \
    X(CYCLE,            REQUEST, "DependencyCycle",        1042, 65590, "the elements would drive themselves")                   \
    X(CANNOT_UNDO,      REQUEST, "CannotUndo",             1043, 65544, "these transactions cannot be reversed or reinstated")   \
    X(NO_OPERATION,     REQUEST, "NoMultiTxnOperation",    1044, 65571, "no multi-transaction operation is open")            \
    X(TOKEN_EXPIRED,    REQUEST, "TokenExpired",           1045, 0,     "the token has ended: session.renewToken takes another")    \
    X(RECOVERY_PENDING, REQUEST, "RecoveryPending",        1046, 0,     "unsaved changes of an earlier session must be restored or dropped first") \
    X(CANNOT_RESTORE,   REQUEST, "CannotRestore",          1047, 0,     "the unsaved changes of an earlier session do not fit the file") \
    X(RESUME,           REQUEST, "ResumeFailed",           1048, 0,     "no session can be resumed with this id and token")      \
    X(RESUME_LOST,      REQUEST, "ResumeLost",             1049, 0,     "messages that the client lacks are not kept any more; the session was ended") \
    X(AUDIT,            REQUEST, "AuditFailed",            1050, 0,     "nothing may be changed while the audit log cannot be written") \
    X(CHANGED_OUTSIDE,  REQUEST, "ChangedOutside",         1051, 0,     "another program has changed the file; nothing was done") \
    X(QUERY,            REQUEST, "InvalidQuery",           1052, 0,     "the ECSQL text is wrong")                              \
    X(CURSOR_INVALID,   REQUEST, "CursorInvalid",          1053, 0,     "the rows behind the cursor may have changed, or it was closed: ask again") \
    X(IMODEL_NOT_FOUND, REQUEST, "IModelNotFound",         1054, 65574, "iModel not found")
/* clang-format on */

enum weh_err_code {
    WEH_OK = 0,
#define X(name, scope, wire, code, itwin, help) WEH_E_##name,
    WEH_ERR_LIST(X)
#undef X
    WEH_E_COUNT
};

/** WEH_OK, or one of enum weh_err_code. */
typedef enum weh_err_code weh_err;

/** Errors that iTwin.js knows by a scope and a key and not by a number: so are stock frontends told of them. */
enum weh_itwin_error {
    WEH_ITWIN_BY_NUMBER,  /* none of these */
    WEH_ITWIN_TYPE_ERROR, /* an argument is of a wrong type */
    WEH_ITWIN_NO_KEY,     /* an element has nothing that it could be known by */
    WEH_ITWIN_CHANNEL,    /* of a channel, whose key is the diag's where, nothing may be changed */
    WEH_ITWIN_COUNT
};

enum weh_err_scope {
    WEH_SCOPE_REQUEST,
    WEH_SCOPE_SESSION
};

/** One row of the list. */
struct weh_err_info {
    const char *name; /* on the wire */
    const char *help; /* one line */
    int32_t code;
    int32_t itwin; /* 0: none */
    enum weh_err_scope scope;
};

/**
 * What went wrong, for the client and for the log. Filled once, where the error is raised.
 *
 * text and where go to the client: never a path of the server, an SQL text or a stack.
 */
struct weh_diag {
    weh_err err;
    int32_t itwin;                    /* overrides the row's iTwin.js number when not 0 */
    enum weh_itwin_error itwin_error; /* in place of a number */
    uint32_t retry_s;                 /* advice: try again after that; 0: none */
    uint32_t op;      /* which operation of a batch is at fault, counted from 1; 0: none */
    const char *file; /* of the raising statement; static */
    int line;
    char where[96]; /* the argument or element at fault, "" when none */
    char text[256];
    char detail[160]; /* for the log only, "" when none */
};

/** The row of @err, which must not be WEH_OK. Static. */
const struct weh_err_info *weh_err_info(weh_err err);

/** Raise @err: fills @diag (may be NULL) from a printf format and returns @err. */
#define weh_fail(diag, err, ...) weh_fail_at(diag, err, __FILE__, __LINE__, "", __VA_ARGS__)

/** The same, naming the argument or element @where that is at fault. */
#define weh_fail_where(diag, err, where, ...) \
    weh_fail_at(diag, err, __FILE__, __LINE__, where, __VA_ARGS__)

weh_err weh_fail_at(struct weh_diag *diag, weh_err err, const char *file, int line,
                    const char *where, const char *format, ...) WEH_PRINTF(6, 7);

/** Add a text for the log to a @diag (may be NULL) that weh_fail has filled. */
void weh_diag_detail(struct weh_diag *diag, const char *format, ...) WEH_PRINTF(2, 3);

/** Raise WEH_E_NOMEM. */
#define weh_fail_nomem(diag) weh_fail(diag, WEH_E_NOMEM, "out of memory")

#endif
