// Names and values one under the other, and how formulas and units are written in them.

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

function formula(text) {
  return text.replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
}

function lines_list(lines) {
  return lines.length ? element("dl", { class: "facts" }, lines.map(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])) : null;
}

// On the command line the unit has no ring.
function in_angstroms(text) {
  return text.replace(/(\d) A\b/g, "$1 Å").replace(/eV\/A\b/g, "eV/Å");
}
