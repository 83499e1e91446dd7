// Numbers as people in the field write them: as many digits as the error allows, a real minus, powers of ten.

const MISSING = "—";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function is_number(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function minus(text) {
  return text.replace(/-/g, "−");
}

function fixed(value, digits) {
  return is_number(value) ? unsigned_zero(minus(value.toFixed(digits))) : MISSING;
}

// −0.00 is 0.00.
function unsigned_zero(text) {
  return text.replace(/^−(0(\.0*)?)$/, "$1");
}

function power_of_ten(exponent) {
  const digits = String(Math.abs(exponent)).split("").map((d) => SUPERSCRIPTS[d]);
  return `10${exponent < 0 ? "⁻" : ""}${digits.join("")}`;
}

// So many significant digits; powers of ten outside of 0.001 … 100,000.
function significant(value, digits) {
  if (!is_number(value)) return MISSING;
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent < -3 || exponent > 5) {
    const mantissa = (value / 10 ** exponent).toFixed(Math.max(0, digits - 1));
    return minus(`${mantissa} × ${power_of_ten(exponent)}`);
  }
  return minus(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

// 500.8 ± 1.2: two digits of the error decide.
function with_error(value, error) {
  if (!is_number(value)) return MISSING;
  if (!is_number(error) || error <= 0) return significant(value, 4);
  const exponent = Math.floor(Math.log10(error));
  const largest = Math.max(Math.abs(value), error);
  if (largest < 1e-3) {
    const power = Math.floor(Math.log10(largest));
    const digits = Math.min(4, Math.max(1, power - exponent + 1));
    const scaled = (v) => (v / 10 ** power).toFixed(digits);
    return minus(`(${scaled(value)} ± ${scaled(error)}) × ${power_of_ten(power)}`);
  }
  const digits = Math.min(8, Math.max(0, 1 - exponent));
  return minus(`${value.toFixed(digits)} ± ${error.toFixed(digits)}`);
}

// 600,000: groups of three from ten thousand on.
function count(value) {
  if (!is_number(value)) return MISSING;
  const text = String(Math.round(value));
  return value < 10000 ? text : text.replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function duration(seconds) {
  if (seconds < 100) return `${significant(seconds, 2)} s`;
  const minutes = seconds / 60;
  return minutes < 100 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}

// ps with the digits of a short run.
function picoseconds(value) {
  if (!is_number(value)) return MISSING;
  if (value === 0) return "0";
  return value < 1 ? fixed(value, 4) : value < 100 ? fixed(value, 3) : fixed(value, 1);
}

function mean_of(values) {
  const known = values.filter(is_number);
  if (known.length === 0) return { mean: null, std: null };
  const mean = known.reduce((sum, v) => sum + v, 0) / known.length;
  const squares = known.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, std: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : null };
}
