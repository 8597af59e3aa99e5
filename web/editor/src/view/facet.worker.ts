// Makes triangles and lines of geometry streams, beside the page, which stays fluid meanwhile.
import { answer } from "./facet";
import type { FacetRequest } from "./facets";

onmessage = ({ data }: MessageEvent<FacetRequest>) => {
    const facets = answer(data);
    const buffers = facets.flatMap((f) =>
        [f.triangles, f.glass, f.lines, f.points].flatMap((v) =>
            v === undefined ? [] : [v.positions.buffer, v.colors.buffer, ...(v.normals ? [v.normals.buffer] : [])],
        ),
    );
    postMessage(facets, { transfer: buffers });
};
