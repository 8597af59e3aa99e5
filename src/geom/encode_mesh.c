/* src/geom/encode_mesh.c - an indexed mesh as a FlatBuffer (table Polyface of allcg.fbs).
 *
 * Written are the members that native library 5.1.72 writes, in its order; it drops double colours,
 * the colour table and edge mates.
 */
#include "weh/alloc.h"

#include "encode_priv.h"

static fbw_ref optional_points(struct fbw *fbw, struct weh_points points)
{
    return points.n == 0 ? 0 : encode_points(fbw, points);
}

static fbw_ref optional_doubles(struct fbw *fbw, struct weh_doubles doubles)
{
    return doubles.n == 0 ? 0 : encode_doubles(fbw, doubles);
}

static fbw_ref optional_ints(struct fbw *fbw, struct weh_ints ints)
{
    return ints.n == 0 ? 0 : encode_ints(fbw, ints);
}

static fbw_ref write_data(struct fbw *fbw, const struct weh_aux_channel *channel)
{
    fbw_ref *refs = weh_calloc(channel->n_data + (size_t)1, sizeof(*refs));
    fbw_ref name;
    fbw_ref input_name;
    fbw_ref data;

    if (refs == NULL) {
        fbw->err = WEH_E_NOMEM;
        return 0;
    }
    for (uint32_t i = 0; i < channel->n_data; i++) {
        fbw_ref values = optional_doubles(fbw, channel->data[i].values);

        fbw_begin(fbw);
        fbw_double(fbw, 0, channel->data[i].input, 0.0);
        fbw_ref_field(fbw, 1, values);
        refs[i] = fbw_end(fbw);
    }
    name = fbw_string(fbw, channel->name.ptr, channel->name.len);
    input_name = fbw_string(fbw, channel->input_name.ptr, channel->input_name.len);
    data = fbw_refs(fbw, refs, channel->n_data);
    weh_free(refs);

    fbw_begin(fbw);
    fbw_i32(fbw, 0, channel->data_type);
    fbw_ref_field(fbw, 1, name);
    fbw_ref_field(fbw, 2, input_name);
    fbw_ref_field(fbw, 3, data);
    return fbw_end(fbw);
}

static fbw_ref write_aux(struct fbw *fbw, const struct weh_mesh_aux *aux)
{
    fbw_ref *refs;
    fbw_ref indices;
    fbw_ref channels;

    if (aux == NULL) {
        return 0;
    }
    refs = weh_calloc(aux->n_channels + (size_t)1, sizeof(*refs));
    if (refs == NULL) {
        fbw->err = WEH_E_NOMEM;
        return 0;
    }
    for (uint32_t i = 0; i < aux->n_channels; i++) {
        refs[i] = write_data(fbw, &aux->channels[i]);
    }
    indices = fbw_vector(fbw, aux->indices.items, aux->indices.n, sizeof(int32_t), sizeof(int32_t));
    channels = fbw_refs(fbw, refs, aux->n_channels);
    weh_free(refs);

    fbw_begin(fbw);
    fbw_ref_field(fbw, 0, indices);
    fbw_ref_field(fbw, 1, channels);
    return fbw_end(fbw);
}

static fbw_ref write_tagged(struct fbw *fbw, const struct weh_mesh_tagged *tagged)
{
    fbw_ref ints;
    fbw_ref doubles;

    if (tagged == NULL || (tagged->tag_a == 0 && tagged->tag_b == 0 && tagged->ints.n == 0 &&
                           tagged->doubles.n == 0)) {
        return 0;
    }
    ints = optional_ints(fbw, tagged->ints);
    doubles = optional_doubles(fbw, tagged->doubles);
    fbw_begin(fbw);
    fbw_i32(fbw, 0, tagged->tag_a);
    fbw_i32(fbw, 1, tagged->tag_b);
    fbw_ref_field(fbw, 2, ints);
    fbw_ref_field(fbw, 3, doubles);
    return fbw_end(fbw);
}

fbw_ref encode_mesh(struct fbw *fbw, const struct weh_mesh *mesh)
{
    fbw_ref point = optional_points(fbw, mesh->point);
    fbw_ref param = optional_doubles(fbw, mesh->param);
    fbw_ref normal = optional_points(fbw, mesh->normal);
    fbw_ref int_color = optional_ints(fbw, mesh->int_color);
    fbw_ref face_data = optional_doubles(fbw, mesh->face_data);
    fbw_ref point_index = optional_ints(fbw, mesh->point_index);
    fbw_ref param_index = optional_ints(fbw, mesh->param_index);
    fbw_ref normal_index = optional_ints(fbw, mesh->normal_index);
    fbw_ref color_index = optional_ints(fbw, mesh->color_index);
    fbw_ref face_index = optional_ints(fbw, mesh->face_index);
    fbw_ref aux = write_aux(fbw, mesh->aux);
    fbw_ref tagged = write_tagged(fbw, mesh->tagged);

    fbw_begin(fbw);
    fbw_i32(fbw, 10, mesh->num_per_face);
    fbw_i32(fbw, 11, mesh->num_per_row);
    fbw_i32(fbw, 12, mesh->mesh_style);
    fbw_u8(fbw, 13, mesh->two_sided);
    fbw_i32(fbw, 17, mesh->expected_closure);
    fbw_ref_field(fbw, 0, point);
    fbw_ref_field(fbw, 1, param);
    fbw_ref_field(fbw, 2, normal);
    fbw_ref_field(fbw, 5, point_index);
    fbw_ref_field(fbw, 6, param_index);
    fbw_ref_field(fbw, 7, normal_index);
    fbw_ref_field(fbw, 8, color_index);
    fbw_ref_field(fbw, 4, int_color);
    fbw_ref_field(fbw, 14, face_index);
    fbw_ref_field(fbw, 15, face_data);
    fbw_ref_field(fbw, 16, aux);
    fbw_ref_field(fbw, 18, tagged);
    return fbw_end(fbw);
}
