/* include/weh/geom_entry.h - the entries of a geometry stream, one struct an opcode.
 *
 * Members are those of the FlatBuffers of each opcode (ElementGraphics.fbs and TextString.fbs of
 * imodel-native) in their units: metres, degrees where a member says so, otherwise radians; colours
 * 0xTTBBGGRR (ColorDef.tbgr). A scalar that a file leaves out reads as its default. Memory as in
 * geom_shape.h.
 */
#ifndef WEH_GEOM_ENTRY_H
#define WEH_GEOM_ENTRY_H

#include "weh/geom_shape.h"

#define WEH_GEOM_MAX_DASHES 20 /* of a hatch line */

/* The numbers are those of the file. Others are kept as raw bytes. */
enum weh_geom_op {
    WEH_GEOM_HEADER = 1,      /* as.header */
    WEH_GEOM_SUB_RANGE = 2,   /* as.range; JSON subRange */
    WEH_GEOM_PART = 3,        /* as.part; JSON geomPart */
    WEH_GEOM_SYMBOLOGY = 4,   /* as.symbology; JSON appearance */
    WEH_GEOM_POINTS = 5,      /* as.points */
    WEH_GEOM_POINTS_2D = 6,   /* as.points, z is 0 */
    WEH_GEOM_ARC = 7,         /* as.arc */
    WEH_GEOM_CURVES = 8,      /* as.shape: a curve vector */
    WEH_GEOM_POLYFACE = 9,    /* as.shape */
    WEH_GEOM_CURVE = 10,      /* as.shape: a curve that is no curve vector */
    WEH_GEOM_SOLID = 11,      /* as.shape: cone, sphere, torus, box, sweeps */
    WEH_GEOM_SURFACE = 12,    /* as.shape: B-spline surface */
    WEH_GEOM_FILL = 19,       /* as.fill */
    WEH_GEOM_PATTERN = 20,    /* as.pattern */
    WEH_GEOM_MATERIAL = 21,   /* as.material */
    WEH_GEOM_TEXT = 22,       /* as.text; JSON textString */
    WEH_GEOM_LINE_STYLE = 23, /* as.line_style; JSON styleMod */
    WEH_GEOM_BREP = 25,       /* as.brep: Parasolid, passed through */
    WEH_GEOM_IMAGE = 28       /* as.image */
};

struct weh_geom_header {
    uint32_t version; /* 1 */
    uint32_t flags;   /* bit 0: view independent */
};

struct weh_geom_range {
    struct weh_xyz low, high;
};

/* Where a part goes: x -> origin + rotation (yaw, pitch, roll in degrees) * scale * x. */
struct weh_geom_part {
    uint64_t part_id;
    bool has_origin;
    struct weh_xyz origin;
    double yaw, pitch, roll;
    double scale; /* default 1 */
};

struct weh_geom_symbology {
    uint64_t sub_category_id; /* 0: unchanged */
    uint64_t line_style_id;
    uint32_t color, weight;
    double transparency;
    int32_t display_priority; /* 2d only */
    int8_t geometry_class;
    bool use_color, use_weight, use_style; /* else the sub-category's */
};

struct weh_geom_points {
    struct weh_points points;
    int8_t boundary; /* 0 points, 1 open line string, 2 closed */
};

struct weh_geom_arc {
    struct weh_arc arc; /* a stored sweep of 0 is a full turn */
    int8_t boundary;    /* 1 open, 2 closed: a filled ellipse */
};

struct weh_geom_thematic {
    uint32_t step_count, margin_color, mode, color_scheme;
    double margin, low, high;
};

struct weh_geom_fill {
    int8_t display;          /* FillDisplay: 0 never, 1 by view, 2 always, 3 blanking */
    uint8_t background_fill; /* 0 none, 1 solid, 2 outline */
    bool use_color;
    uint32_t color;
    double transparency;
    int8_t mode; /* gradient: 0 none, 1 linear ... 5 hemispherical, 6 thematic */
    uint16_t flags;
    double angle, tint, shift; /* angle in radians */
    struct weh_ints colors;    /* of the gradient's keys; unsigned */
    struct weh_doubles values; /* as many */
    const struct weh_geom_thematic *thematic;
};

struct weh_geom_hatch_line {
    double angle; /* radians */
    double through[2], offset[2];
    struct weh_doubles dashes; /* at most WEH_GEOM_MAX_DASHES */
};

struct weh_geom_pattern {
    bool has_origin, has_rotation;
    struct weh_xyz origin;
    double rotation[9]; /* matrix, row by row */
    double space1, space2;
    double angle1, angle2; /* radians */
    double scale;
    uint32_t color, weight;
    bool use_color, use_weight, invisible_boundary, snappable;
    uint64_t symbol_id;
    const struct weh_geom_hatch_line *lines;
    uint32_t n_lines;
};

struct weh_geom_material {
    bool use_material;
    uint64_t material_id;
    bool has_origin, has_size, has_uv;
    struct weh_xyz origin, size;
    double yaw, pitch, roll;
    double uv[6]; /* trans2x3: x00 x01 tx, y00 y01 ty */
};

struct weh_geom_text {
    struct weh_str text; /* UTF-8 */
    uint32_t font_id;
    bool bold, italic, underline;
    double height, width_factor;
    bool has_frame;         /* else the identity */
    struct weh_frame frame; /* rotation and origin */
    bool has_layout;        /* the box and glyphs that a font gave; JSON has none of this */
    double low[2], high[2]; /* in the text's own plane */
    struct weh_ints glyph_ids;
    struct weh_doubles glyph_origins; /* x, y pairs */
};

/* Bits of weh_geom_line_style.modifiers (STYLEMOD_*); a value without its bit does not count. */
enum weh_geom_style_bit {
    WEH_GEOM_STYLE_SCALE = 0x01,
    WEH_GEOM_STYLE_DASH_SCALE = 0x02,
    WEH_GEOM_STYLE_GAP_SCALE = 0x04,
    WEH_GEOM_STYLE_START_WIDTH = 0x08,
    WEH_GEOM_STYLE_END_WIDTH = 0x10,
    WEH_GEOM_STYLE_DIST_PHASE = 0x20,
    WEH_GEOM_STYLE_FRACT_PHASE = 0x40,
    WEH_GEOM_STYLE_CENTER_PHASE = 0x80,
    WEH_GEOM_STYLE_NORMAL = 0x100,
    WEH_GEOM_STYLE_ROTATION = 0x200,
    WEH_GEOM_STYLE_PHYSICAL_WIDTH = 0x2000
};
#define WEH_GEOM_STYLE_SEGMENT    UINT32_C(0x40000000) /* segmentMode true */
#define WEH_GEOM_STYLE_NO_SEGMENT UINT32_C(0x80000000) /* segmentMode false */

struct weh_geom_line_style {
    uint32_t modifiers; /* WEH_GEOM_STYLE_ bits */
    double scale, dash_scale, gap_scale, start_width, end_width, dist_phase, fract_phase;
    bool has_normal;
    struct weh_xyz normal;
    double yaw, pitch, roll; /* degrees */
};

struct weh_geom_face_symbology {
    bool use_color, use_material;
    uint32_t color;
    uint64_t material_id;
    double transparency;
};

struct weh_geom_brep {
    const uint8_t *bytes; /* the whole payload: what encoding writes */
    uint32_t n_bytes;
    int8_t type; /* 0 solid, 1 sheet, 2 wire */
    bool has_frame;
    struct weh_frame frame;
    const uint8_t *entity; /* the Parasolid data inside @bytes; NULL when absent */
    uint32_t n_entity;
    const struct weh_geom_face_symbology *faces; /* NULL: absent */
    uint32_t n_faces;
    bool has_face_index; /* older files: JSON leaves their faces out */
};

struct weh_geom_image {
    struct weh_xyz corners[4];
    uint64_t texture_id;
    bool draw_border;
};

#endif
