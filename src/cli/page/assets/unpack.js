// Numbers are in the page as base64 of little-endian binary; see packed.rs and series.rs.

function bytes_of(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return bytes.buffer;
}

function floats(text) {
  return text === null || text === undefined ? null : new Float32Array(bytes_of(text));
}

function shorts(text) {
  return new Int16Array(bytes_of(text));
}

// { x, y, low, high } in f64, low and high null where every stretch is one point.
function unpack_series(packed) {
  if (!packed) return null;
  const lifted = (text) => (text ? Float64Array.from(floats(text), (v) => v + packed.offset) : null);
  return {
    x: Float64Array.from(floats(packed.x)),
    y: lifted(packed.y),
    low: lifted(packed.low),
    high: lifted(packed.high),
  };
}

// Values at start, start + spacing, …
function sampled(start, spacing, values) {
  if (!values) return null;
  const x = Float64Array.from(values, (_, k) => start + k * spacing);
  return { x, y: Float64Array.from(values), low: null, high: null };
}

// The same curve in another unit, about another zero.
function rescaled(series, zero, factor) {
  if (!series) return null;
  const turn = (values) => values && values.map((v) => (v - zero) * factor);
  return { x: series.x, y: turn(series.y), low: turn(series.low), high: turn(series.high) };
}

function read_contents() {
  return JSON.parse(document.getElementById("page-contents").textContent);
}
