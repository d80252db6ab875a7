/** NumPy's archives of arrays: a ZIP file with a .npy file for each. */

const TYPES = {
  "|u1": Uint8Array,
  "<u2": Uint16Array,
  "<u4": Uint32Array,
  "<i4": Int32Array,
  "<i8": BigInt64Array,
  "<f8": Float64Array,
};
const END_OF_DIRECTORY = 0x06054b50; // signatures of the ZIP format
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * @param {ArrayBuffer} buffer What `numpy.savez` or `savez_compressed` wrote.
 * @returns {Promise<Object<string, ArrayBufferView>>} By name, flat.
 * @throws {Error} The file is something else, or has arrays of a type not in `TYPES`.
 */
export async function readNpz(buffer) {
  const arrays = {};
  for (const { name, method, start, stop } of entries(new DataView(buffer))) {
    const packed = buffer.slice(start, stop);
    const npy = method ? await inflated(packed) : packed;
    arrays[name.replace(/\.npy$/, "")] = readNpy(npy);
  }
  return arrays;
}

/** Names of the archive's files, and where their bytes lie. */
function* entries(view) {
  // the directory's end is the file's, but for a comment, which numpy doesn't write
  const end = view.byteLength - 22;
  if (end < 0 || view.getUint32(end, true) !== END_OF_DIRECTORY) {
    throw new Error("Not an .npz file, or cut short.");
  }
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new Error("Damaged .npz.");
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) throw new Error(`ZIP method ${method}.`);
    const size = view.getUint32(at + 20, true);
    const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const local = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(
      new Uint8Array(view.buffer, at + 46, lengths[0]),
    );
    // name and extra field are there once more before the bytes, the latter longer
    const before = view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const start = local + 30 + before;
    yield { name, method, start, stop: start + size };
    at += 46 + lengths[0] + lengths[1] + lengths[2];
  }
}

function inflated(bytes) {
  const stream = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(stream).arrayBuffer();
}

function readNpy(buffer) {
  const view = new DataView(buffer);
  const [field, length] =
    view.getUint8(6) === 1
      ? [2, view.getUint16(8, true)]
      : [4, view.getUint32(8, true)];
  const header = new TextDecoder().decode(new Uint8Array(buffer, 8 + field, length));
  const type = header.match(/'descr': '([^']+)'/)?.[1];
  if (!TYPES[type]) throw new Error(`Numbers of type ${type} in an .npz file.`);
  return new TYPES[type](buffer.slice(8 + field + length));
}
