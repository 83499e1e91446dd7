// Learning curves: loss, the terms that it is made of, errors on the validation set, learning rate.

const TERMS = [
  ["forces", "forces (eV²/Å²)"], ["zero_force", "zero forces (eV²/Å²)"], ["denoising", "denoising (eV²/Å²)"],
  ["energy", "energy (eV²)"], ["property", "property (eV²)"],
];
const ERRORS = [["property_mae_mev", "property MAE (meV)", "property_mae"], ["force_mae_mev_per_a", "force MAE (meV/Å)", "force_mae"], ["energy_mae_mev_per_atom", "energy MAE (meV/atom)", "energy_mae"]];
const COLOURS = { training: 0, validation: 1, "learning rate": 2 };
const FEW_VALIDATIONS = 60; // that are marked one by one

function learning_section({ curves, report }) {
  if (!curves.samples) return section("learning", "Learning curves", element("p", { class: "reason" }, "No validation yet."));
  const seen = Float64Array.from(floats(curves.samples));
  const line = (name, column) => {
    const data = { x: seen, y: Float64Array.from(floats(curves[column])), low: null, high: null };
    return { name, group: name, colour: COLOURS[name], data, points: seen.length <= FEW_VALIDATIONS ? "marks" : null };
  };
  const both = (column) => ["training", "validation"].map((set) => [set, `${set === "training" ? "train" : set}_${column}`]).filter(([, name]) => curves[name]).map(([set, name]) => line(set, name));
  const terms = TERMS.map(([name, y]) => ({ y, short: name, series: both(name) })).filter(({ series }) => series.length);
  const errors = ERRORS.filter(([column]) => curves[column]).map(([column, y]) => ({ y, short: y.split(" (")[0], series: [line("validation", column)] }));
  const loss = { y: `loss${loss_unit(terms)}`, short: "loss", series: both("loss") };
  const rate = { y: "learning rate", short: "learning rate", series: curves.lr ? [line("learning rate", "lr")] : [] };
  const panels = [...errors, loss, ...(terms.length > 1 ? terms : []), rate].filter(({ series }) => series.length);
  return section("learning", "Learning curves", plot_figure({
    id: "curves", title: "Learning curves", x: "Conformations seen", panels: panels.map((panel) => ({ ...panel, log: true, height: 130 })),
    about: ["Logarithmic axes. ", term("loss", "Training loss"), " is the mean over the steps since the validation before", terms.length > 1 ? ["; the loss is made of ", term("terms", "terms"), "."] : "."],
  }), report.unfinished ? element("p", { class: "reason" }, "The training goes on or was stopped: these are the validations so far.") : null);
}

// Terms of several units have weights with units.
function loss_unit(terms) {
  const units = [...new Set(terms.map(({ y }) => y.slice(y.indexOf("("))))];
  return units.length === 1 ? ` ${units[0]}` : "";
}
