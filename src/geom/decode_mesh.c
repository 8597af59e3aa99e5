/* src/geom/decode_mesh.c - an indexed mesh from its FlatBuffer (table Polyface of allcg.fbs). */
#include "decode_priv.h"

static void read_data(struct decoder *d, struct fb_vector offsets, struct weh_aux_channel *out)
{
    struct weh_aux_data *data = decode_alloc(d, offsets.n, sizeof(*data));

    for (uint32_t i = 0; data != NULL && i < offsets.n && !d->fb.bad; i++) {
        struct fb_table table = fb_table_at(&d->fb, offsets.at + 4 * i);

        data[i].input = fb_double(&table, 0, 0.0);
        data[i].values = decode_doubles(d, &table, 1);
    }
    out->data = data;
    out->n_data = offsets.n;
}

static const struct weh_mesh_aux *read_aux(struct decoder *d, const struct fb_table *mesh)
{
    struct fb_table table = fb_child(mesh, 16);
    struct fb_vector offsets = fb_vector(&table, 1, sizeof(uint32_t));
    struct weh_mesh_aux *aux;
    struct weh_aux_channel *channels;

    if (table.fb == NULL) {
        return NULL;
    }
    aux = decode_alloc(d, 1, sizeof(*aux));
    channels = decode_alloc(d, offsets.n, sizeof(*channels));
    if (aux == NULL || channels == NULL) {
        return NULL;
    }
    aux->indices = decode_ints(d, &table, 0);
    for (uint32_t i = 0; i < offsets.n && !d->fb.bad && d->err == WEH_OK; i++) {
        struct fb_table channel = fb_table_at(&d->fb, offsets.at + 4 * i);

        channels[i].data_type = fb_i32(&channel, 0);
        channels[i].name = decode_string(d, &channel, 1);
        channels[i].input_name = decode_string(d, &channel, 2);
        read_data(d, fb_vector(&channel, 3, sizeof(uint32_t)), &channels[i]);
    }
    aux->channels = channels;
    aux->n_channels = offsets.n;
    return aux;
}

static const struct weh_mesh_tagged *read_tagged(struct decoder *d, const struct fb_table *mesh)
{
    struct fb_table table = fb_child(mesh, 18);
    struct weh_mesh_tagged *tagged = table.fb == NULL ? NULL : decode_alloc(d, 1, sizeof(*tagged));

    if (tagged != NULL) {
        tagged->tag_a = fb_i32(&table, 0);
        tagged->tag_b = fb_i32(&table, 1);
        tagged->ints = decode_ints(d, &table, 2);
        tagged->doubles = decode_doubles(d, &table, 3);
    }
    return tagged;
}

void decode_mesh(struct decoder *d, const struct fb_table *table, struct weh_mesh *out)
{
    out->point = decode_points(d, table, 0);
    out->param = decode_doubles(d, table, 1);
    out->normal = decode_points(d, table, 2);
    out->double_color = decode_doubles(d, table, 3);
    out->int_color = decode_ints(d, table, 4);
    out->point_index = decode_ints(d, table, 5);
    out->param_index = decode_ints(d, table, 6);
    out->normal_index = decode_ints(d, table, 7);
    out->color_index = decode_ints(d, table, 8);
    out->color_table = decode_ints(d, table, 9);
    out->num_per_face = fb_i32(table, 10);
    out->num_per_row = fb_i32(table, 11);
    out->mesh_style = fb_i32(table, 12);
    out->two_sided = fb_u8(table, 13, 0) != 0;
    out->face_index = decode_ints(d, table, 14);
    out->face_data = decode_doubles(d, table, 15);
    out->aux = read_aux(d, table);
    out->expected_closure = fb_i32(table, 17);
    out->tagged = read_tagged(d, table);
    out->edge_mate_index = decode_ints(d, table, 19);
}
