// Geometry streams as they are stored: unpacked, and without the bytes that the official backend leaves to chance.

/** The raw snappy format (google/snappy format_description.txt). */
function unsnap(bytes) {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  const out = Buffer.alloc(length);
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes[at++];
    const kind = tag & 3;
    let n = (tag >> 2) + 1;
    if (kind === 0) {
      if (n > 60) {
        const width = n - 60;
        n = bytes.readUIntLE(at, width) + 1;
        at += width;
      }
      bytes.copy(out, to, at, at + n);
      at += n;
      to += n;
      continue;
    }
    let offset;
    if (kind === 1) {
      n = ((tag >> 2) & 7) + 4;
      offset = ((tag >> 5) << 8) | bytes[at++];
    } else {
      const width = kind === 2 ? 2 : 4;
      offset = bytes.readUIntLE(at, width);
      at += width;
    }
    for (let i = 0; i < n; i += 1, to += 1) out[to] = out[to - offset];
  }
  return out;
}

function unpack(blob) {
  const pieces = [];
  for (let at = 0; at < blob.length;) {
    const n = blob.readUInt16LE(at);
    if (n <= 2 || at + n > blob.length) throw new Error("no container");
    pieces.push(unsnap(blob.subarray(at + 2, at + n)));
    at += n;
  }
  const all = Buffer.concat(pieces);
  if (all.length < 8 || all.readUInt32LE(0) !== 0x600 || all.readUInt32LE(4) !== all.length - 8) throw new Error("no stream");
  return all.subarray(8);
}

/** Kind of the geometry in opcode 11: the byte of the root table's first field. */
function solidKind(data) {
  const root = 8 + data.readUInt32LE(8);
  const vtable = root - data.readInt32LE(root);
  return data[root + data.readUInt16LE(vtable + 4)];
}

/** The payload of an entry (a Uint8Array): the padding behind the flag of a cone, sphere, torus or box is 0. */
export function withoutChance(opcode, data) {
  const copy = Buffer.from(data);
  if (opcode === 11 && [6, 7, 8, 9].includes(solidKind(copy))) copy.fill(0, copy.length - 7);
  return copy;
}

/** [{opcode, data}] of a stored stream (a Buffer). */
export function entriesOf(blob) {
  const body = unpack(blob);
  const entries = [];
  for (let at = 0; at < body.length;) {
    const opcode = body.readUInt32LE(at);
    const size = body.readUInt32LE(at + 4);
    entries.push({ opcode, data: withoutChance(opcode, body.subarray(at + 8, at + 8 + size)) });
    at += 8 + size;
  }
  return entries;
}

/** A text that is equal for two streams that differ in nothing but chance; undefined for what is no stream. */
export function canonicalStream(blob) {
  try {
    return entriesOf(Buffer.from(blob)).map((e) => `${e.opcode}:${e.data.toString("hex")}`).join(" ");
  } catch {
    return undefined;
  }
}

/** The same for the SQL literal of a blob. */
export function canonicalLiteral(literal) {
  return /^X'[0-9A-F]{20,}'$/.test(literal) ? canonicalStream(Buffer.from(literal.slice(2, -1), "hex")) : undefined;
}
