/* include/weh/geom_mesh.h - an indexed mesh (polyface).
 *
 * Members as in table Polyface of the geometry FlatBuffers. Indexes are as stored: 1-based, a negative
 * point index hides the edge that starts there, 0 ends a facet; with num_per_face above 1 facets are blocks
 * of that many indexes, filled up with 0. Memory and absent arrays as in geom_shape.h.
 */
#ifndef WEH_GEOM_MESH_H
#define WEH_GEOM_MESH_H

#include "weh/geom_shape.h"

/* Values of one moment (input) for every point or facet. */
struct weh_aux_data {
    double input;
    struct weh_doubles values;
};

struct weh_aux_channel {
    int32_t data_type; /* 0 scalar, 1 distance, 2 vector, 3 covariant, 4 normal */
    struct weh_str name, input_name;
    const struct weh_aux_data *data;
    uint32_t n_data;
};

struct weh_mesh_aux {
    struct weh_ints indices;
    const struct weh_aux_channel *channels;
    uint32_t n_channels;
};

/* TaggedNumericData */
struct weh_mesh_tagged {
    int32_t tag_a, tag_b;
    struct weh_ints ints;
    struct weh_doubles doubles;
};

struct weh_mesh {
    struct weh_points point;
    struct weh_doubles param; /* u, v pairs */
    struct weh_points normal;
    struct weh_doubles double_color;
    struct weh_ints int_color; /* unsigned, 0xTTBBGGRR, kept bit by bit */
    struct weh_ints point_index, param_index, normal_index, color_index;
    struct weh_ints color_table;
    int32_t num_per_face, num_per_row;
    int32_t mesh_style; /* 1: indexed face loops (the usual) */
    bool two_sided;
    struct weh_ints face_index;
    struct weh_doubles face_data;
    const struct weh_mesh_aux *aux;       /* NULL: none */
    int32_t expected_closure;             /* 0 unknown, 1 open sheet, 2 closed solid */
    const struct weh_mesh_tagged *tagged; /* NULL: none */
    struct weh_ints edge_mate_index;
};

#endif
