// Geometry by name, as @itwin/core-geometry makes it: what is between curve, surface and solid above all.

/** A mesh of facets, given by the indexes of the corners of a cube. */
function mesh(g, facets, more = {}) {
  const polyface = g.IndexedPolyface.create();
  for (let i = 0; i < 8; i += 1) polyface.addPointXYZ(i & 1, (i >> 1) & 1, (i >> 2) & 1);
  for (const facet of facets) {
    for (const index of facet) polyface.addPointIndex(index);
    polyface.terminateFacet(false);
  }
  return Object.assign(polyface, more);
}

const CUBE = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];

function meshes(g) {
  const coloured = mesh(g, CUBE);
  coloured.addColor(255);
  for (let i = 0; i < 24; i += 1) coloured.addColorIndex(0);
  return {
    "mesh of a cube": mesh(g, CUBE),
    "mesh of a cube without its lid": mesh(g, CUBE.slice(1)),
    "mesh of a cube with a facet turned": mesh(g, [CUBE[0].toReversed(), ...CUBE.slice(1)]),
    "mesh of a cube with a facet twice": mesh(g, [...CUBE, CUBE[0]]),
    "mesh of a cube and its inside": mesh(g, [...CUBE, ...CUBE.map((f) => f.toReversed())]),
    "mesh of a cube with a null edge": mesh(g, [[0, 0, 2, 3, 1], ...CUBE.slice(1)]),
    "mesh of triangles": mesh(g, CUBE.flatMap(([a, b, c, d]) => [[a, b, c], [a, c, d]])),
    "mesh of a tetrahedron": mesh(g, [[0, 2, 1], [0, 1, 4], [1, 2, 4], [2, 0, 4]]),
    "mesh of two facets back to back": mesh(g, [[0, 1, 2], [2, 1, 0]]),
    "mesh of one facet": mesh(g, [[0, 1, 2]]),
    "mesh of an edge": mesh(g, [[0, 1]]),
    "mesh that says it is open": mesh(g, CUBE, { expectedClosure: 1 }),
    "mesh that says it is closed": mesh(g, CUBE.slice(1), { expectedClosure: 2 }),
    "mesh with two sides": mesh(g, CUBE, { twoSided: true }),
    "mesh with colours": coloured,
  };
}

function contours(g) {
  const p = (x, y, z = 0) => g.Point3d.create(x, y, z);
  const strings = (points) => g.LineString3d.create(points);
  const square = (z = 0, size = 2) => g.Loop.create(strings([p(1, 0, z), p(1 + size, 0, z), p(1 + size, size, z), p(1, size, z), p(1, 0, z)]));
  const line = (z = 0) => g.Path.create(g.LineSegment3d.create(p(1, 0, z), p(3, 0, z)));
  return { p, strings, square, line };
}

function curves(g) {
  const { p, strings, square, line } = contours(g);
  const arc = (sweep) => g.Arc3d.createXY(p(0, 0), 2, g.AngleSweep.createStartSweepDegrees(0, sweep));
  return {
    "a line": g.LineSegment3d.create(p(0, 0), p(1, 1)),
    "a line string": strings([p(0, 0), p(1, 0), p(1, 1)]),
    "a closed line string": strings([p(0, 0), p(1, 0), p(1, 1), p(0, 0)]),
    "an arc": arc(90),
    "a circle": arc(360),
    "points": g.PointString3d.create(p(0, 0), p(1, 0), p(1, 1)),
    "a path": g.Path.create(g.LineSegment3d.create(p(0, 0), p(1, 0)), g.LineSegment3d.create(p(1, 0), p(2, 1))),
    "a path that closes": g.Path.create(g.LineSegment3d.create(p(0, 0), p(1, 0)), strings([p(1, 0), p(1, 1), p(0, 0)])),
    "a path of a line": line(),
    "a loop": square(),
    "a loop of arcs": g.Loop.create(arc(180), g.LineSegment3d.create(p(-2, 0), p(2, 0))),
    "a disk": g.Loop.create(arc(360)),
    "a region with a hole": g.ParityRegion.create(square(0, 4), g.Loop.create(strings([p(2, 1), p(3, 1), p(3, 2), p(2, 1)]))),
    "two regions": g.UnionRegion.create(square(), g.ParityRegion.create(square(0, 6))),
    "a bag of curves": g.BagOfCurves.create(g.LineSegment3d.create(p(0, 0), p(1, 0)), arc(90)),
    "a spline": g.BSplineCurve3d.createUniformKnots([p(0, 0), p(1, 1), p(2, 0), p(3, 1)], 4),
    "a spline surface": g.BSplineSurface3d.create([0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1], 2, 2, [0, 1], 2, 2, [0, 1]),
  };
}

function solids(g, capped) {
  const { p, strings, square, line } = contours(g);
  const up = g.Vector3d.create(0, 0, 3);
  const axis = () => g.Ray3d.create(p(0, 0), g.Vector3d.unitY());
  const degrees = (d) => g.Angle.createDegrees(d);
  const frame = g.Transform.createIdentity();
  const latitudes = (start, end) => g.AngleSweep.createStartEndDegrees(start, end);
  const open = g.Path.create(strings([p(1, 0), p(2, 0), p(2, 1)]));
  const made = {
    box: g.Box.createDgnBox(p(0, 0), g.Vector3d.unitX(), g.Vector3d.unitY(), p(0, 0, 3), 1, 2, 1, 2, capped),
    cone: g.Cone.createAxisPoints(p(0, 0), p(0, 0, 2), 1, 0.5, capped),
    cylinder: g.Cone.createAxisPoints(p(0, 0), p(0, 0, 2), 1, 1, capped),
    sphere: g.Sphere.createCenterRadius(p(0, 0), 2),
    "half of a sphere": g.Sphere.createEllipsoid(frame, latitudes(0, 90), capped),
    "sphere from latitude to latitude": g.Sphere.createEllipsoid(frame, latitudes(-90, 90), capped),
    "sphere turned over": g.Sphere.createEllipsoid(frame, latitudes(90, -90), capped),
    "a quarter of a torus": g.TorusPipe.createInFrame(frame, 3, 1, degrees(90), capped),
    torus: g.TorusPipe.createInFrame(frame, 3, 1, degrees(360), capped),
    "nearly a torus": g.TorusPipe.createInFrame(frame, 3, 1, degrees(359.9), capped),
    "torus back": g.TorusPipe.createInFrame(frame, 3, 1, degrees(-360), capped),
    "extruded square": g.LinearSweep.create(square(), up, capped),
    "extruded path": g.LinearSweep.create(open, up, capped),
    "extruded line": g.LinearSweep.create(line(), up, capped),
    "extruded region": g.LinearSweep.create(g.ParityRegion.create(square(0, 4), g.Loop.create(strings([p(2, 1), p(3, 1), p(3, 2), p(2, 1)]))), up, capped),
    "line along itself": g.LinearSweep.create(line(), g.Vector3d.unitX(), capped),
    "turned square": g.RotationalSweep.create(square(), axis(), degrees(90), capped),
    "turned path": g.RotationalSweep.create(open, axis(), degrees(90), capped),
    "full turn of a path": g.RotationalSweep.create(open, axis(), degrees(360), capped),
    "turned line": g.RotationalSweep.create(line(), axis(), degrees(180), capped),
    "ruled squares": g.RuledSweep.create([square(0), square(2)], capped),
    "ruled lines": g.RuledSweep.create([line(0), line(2)], capped),
    "ruled paths": g.RuledSweep.create([open, open.clone(), open], capped),
    "ruled and back": g.RuledSweep.create([square(0), square(2), square(0)], capped),
    "ruled alone": g.RuledSweep.create([square(0)], capped),
  };
  return Object.fromEntries(Object.entries(made).map(([name, solid]) => [`${name}, ${capped ? "capped" : "open"}`, solid]));
}

/** All of them; what core-geometry refuses to make is left out. */
export function shapes(g) {
  const all = { ...curves(g), ...meshes(g), ...solids(g, true), ...solids(g, false) };
  return Object.fromEntries(Object.entries(all).filter(([, shape]) => shape !== undefined));
}
