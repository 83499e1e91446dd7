// From numbers to pixels, and the round numbers in between.

function scale(from, to, start, end) {
  const width = to - from || 1;
  const at = (value) => start + ((value - from) / width) * (end - start);
  at.inverse = (pixel) => from + ((pixel - start) / (end - start)) * width;
  at.from = from;
  at.to = to;
  return at;
}

// 1, 2 or 5 times a power of ten apart, about as many as asked for.
function ticks(from, to, about) {
  const rough = (to - from) / Math.max(1, about);
  if (!(rough > 0) || !Number.isFinite(rough)) return { values: [from], digits: 2 };
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
  const first = Math.ceil(from / step - 1e-6);
  const last = Math.floor(to / step + 1e-6);
  const values = [];
  for (let k = first; k <= last; k++) values.push(k * step);
  return { values, digits: Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)) };
}

// A scale needs two numbers.
function y_ticks(from, to, about) {
  const found = ticks(from, to, about);
  return found.values.length > 1 ? found : ticks(from, to, 2 * about);
}

function tick_label(value, digits) {
  if (digits > 5 || Math.abs(value) >= 1e6) return significant(value, 3);
  return unsigned_zero(minus(value.toFixed(digits)));
}

// A little air above and below; a constant gets a range of its own.
function padded(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const span = high - low;
  const air = span > 0 ? 0.06 * span : Math.max(Math.abs(low) * 0.1, 1e-6);
  return [low - air, high + air];
}

// Equal ratios are equal lengths; what is not above zero has no place.
function log_scale(from, to, start, end) {
  const linear = scale(Math.log10(from), Math.log10(to), start, end);
  const at = (value) => (value > 0 ? linear(Math.log10(value)) : NaN);
  at.from = from;
  at.to = to;
  return at;
}

// Powers of ten; 1, 2 and 5 of each where there is room. A range within one of those steps has marks like a linear one.
function log_ticks(from, to, most) {
  const exponents = [];
  for (let e = Math.floor(Math.log10(from)); e <= Math.log10(to); e++) exponents.push(e);
  const within = (value) => value >= from * 0.999 && value <= to * 1.001;
  const fine = exponents.flatMap((e) => [1, 2, 5].map((digit) => digit * 10 ** e)).filter(within);
  if (fine.length < 2) return ticks(from, to, 3).values;
  if (fine.length <= most) return fine;
  const stride = Math.ceil(exponents.length / Math.max(1, most));
  const coarse = exponents.filter((e) => e % stride === 0).map((e) => 10 ** e).filter(within);
  return coarse.length > 1 ? coarse : fine.filter((_, k) => k % Math.ceil(fine.length / most) === 0);
}

// What a panel with a logarithmic axis has for { low, high, marks, labels }.
function log_range(parts, most) {
  const values = parts.flatMap(({ y, low, high }) => [...y, ...(low || []), ...(high || [])]).filter((v) => Number.isFinite(v) && v > 0);
  const [least, largest] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, 0]);
  const [low, high] = largest > 0 ? [least / 1.15, largest * 1.15] : [0.1, 10];
  const marks = { values: log_ticks(low, high, most), digits: 0 };
  return { low, high, marks, labels: marks.values.map((v) => minus(String(Number(v.toPrecision(3))).replace(/e([-+]?)(\d+)/, (_, sign, e) => ` × ${power_of_ten(Number(`${sign}${e}`))}`)).replace(/^1 × /, "")) };
}
