// What of a curve is drawn in a range: its points where they fit, else the mean of each stretch within a band from the
// lowest to the highest value, so that no excursion is lost.

const PIXELS_A_STRETCH = 7;
const FEWEST_STRETCHES = 5; // of a run that is short beside another

function visible_part(series, from, to) {
  const { x } = series;
  let first = 0;
  let last = x.length;
  while (first < last - 1 && x[first + 1] < from) first++;
  while (last > first + 1 && x[last - 2] > to) last--;
  return [first, last];
}

// { x, y, low, high } in a range; low and high are null for a plain line.
function reduced(series, from, to, pixels, noisy) {
  const [first, last] = visible_part(series, from, to);
  const cut = (values) => (values ? values.subarray(first, last) : null);
  const part = { x: cut(series.x), y: cut(series.y), low: cut(series.low), high: cut(series.high) };
  const share = part.x.length ? (part.x[part.x.length - 1] - part.x[0]) / (to - from) : 0;
  const stretches = Math.max(FEWEST_STRETCHES, Math.floor((pixels * share) / PIXELS_A_STRETCH));
  return noisy && last - first > 2 * stretches ? in_stretches(part, stretches) : part;
}

function in_stretches(part, stretches) {
  const found = { x: [], y: [], low: [], high: [] };
  // All equally long but for one point: a last stretch of few points would end every curve in a spike.
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = Math.floor((stretch * part.x.length) / stretches);
    const end = Math.floor(((stretch + 1) * part.x.length) / stretches);
    let [x, y, low, high] = [0, 0, Infinity, -Infinity];
    for (let k = start; k < end; k++) {
      x += part.x[k];
      y += part.y[k];
      low = Math.min(low, part.low ? part.low[k] : part.y[k]);
      high = Math.max(high, part.high ? part.high[k] : part.y[k]);
    }
    found.x.push(x / (end - start));
    found.y.push(y / (end - start));
    found.low.push(low);
    found.high.push(high);
  }
  return found;
}

// Lowest and highest value that will be drawn.
function extent(part) {
  const lows = part.low || part.y;
  const highs = part.high || part.y;
  let [low, high] = [Infinity, -Infinity];
  for (let k = 0; k < part.x.length; k++) {
    if (Number.isFinite(lows[k])) low = Math.min(low, lows[k]);
    if (Number.isFinite(highs[k])) high = Math.max(high, highs[k]);
  }
  return [low, high];
}

function line_path(xs, ys, x, y) {
  let path = "";
  let pen = "M";
  for (let k = 0; k < xs.length; k++) {
    const at = y(ys[k]);
    if (!Number.isFinite(at)) {
      pen = "M";
      continue;
    }
    path += `${pen}${x(xs[k]).toFixed(1)} ${at.toFixed(1)}`;
    pen = "L";
  }
  return path;
}

// Strokes of no length with round ends: thousands of dots are one element.
function dots_path(xs, ys, x, y) {
  let path = "";
  for (let k = 0; k < xs.length; k++) {
    const at = y(ys[k]);
    if (Number.isFinite(at)) path += `M${x(xs[k]).toFixed(1)} ${at.toFixed(1)}h0`;
  }
  return path;
}

function band_path(part, x, y) {
  if (!part.low) return "";
  const there = line_path(part.x, part.high, x, y);
  const back = line_path([...part.x].reverse(), [...part.low].reverse(), x, y);
  return there && back ? `${there}L${back.slice(1)}Z` : "";
}

// Index of the point nearest to a place.
function nearest(series, place) {
  let [low, high] = [0, series.x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (series.x[middle] < place) low = middle;
    else high = middle;
  }
  return Math.abs(series.x[low] - place) <= Math.abs(series.x[high] - place) ? low : high;
}
