/* src/ec/kinds.c - how EC 3.2 writes the numbers of the ec_* tables. */
#include "weh/ec_kinds.h"

const char *weh_ec_primitive_name(enum weh_ec_primitive primitive)
{
    switch (primitive) {
    case WEH_EC_BINARY:
        return "binary";
    case WEH_EC_BOOLEAN:
        return "boolean";
    case WEH_EC_DATETIME:
        return "dateTime";
    case WEH_EC_DOUBLE:
        return "double";
    case WEH_EC_INT:
        return "int";
    case WEH_EC_LONG:
        return "long";
    case WEH_EC_POINT2D:
        return "point2d";
    case WEH_EC_POINT3D:
        return "point3d";
    case WEH_EC_GEOMETRY:
        return "Bentley.Geometry.Common.IGeometry";
    case WEH_EC_STRING:
    case WEH_EC_NONE:
    default:
        return "string";
    }
}
