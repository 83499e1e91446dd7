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
  return minus(value.toFixed(digits)).replace(/^−(0(\.0*)?)$/, "$1");
}

// A little air above and below; a constant gets a range of its own.
function padded(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const span = high - low;
  const air = span > 0 ? 0.06 * span : Math.max(Math.abs(low) * 0.1, 1e-6);
  return [low - air, high + air];
}
