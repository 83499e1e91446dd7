// Errors by set, by element, by file, by molecule, by the size of the force.

const MEASURES = [
  { label: "Force MAE", unit: "meV/Å", path: "force_mae_mev_per_a", key: "force_mae" },
  { label: "Force RMSE", unit: "meV/Å", path: "force_rmse_mev_per_a", key: "force_mae" },
  { label: "Energy MAE", unit: "meV/atom", path: "energy_mae_mev_per_atom", key: "energy_mae" },
  { label: "Energy MAE", unit: "meV", path: "energy_mae_mev", key: "by_source" },
  { label: "Property MAE", unit: "meV", path: "property_mae_mev", key: "property_mae" },
];

// Numbers, and a bar for the first of them: the eye compares lengths.
function errors_table(caption, name, rows, more) {
  const measures = MEASURES.filter(({ path }) => rows.some((row) => is_number(row[path])));
  if (rows.length === 0 || measures.length === 0) return null;
  const [{ path: first, label }] = measures;
  const largest = Math.max(...rows.map((row) => row[first] || 0));
  const bar = (row) => element("span", { class: "bar", "aria-hidden": "true" }, element("i", { style: `width:${((100 * row[first]) / (largest || 1)).toFixed(1)}%` }));
  return sortable_table(caption, [
    { label: name, value: (row) => row.name, numeric: false, always: true },
    ...measures.map(({ label, unit, path, key }) => ({ label, unit, key, value: (row) => row[path], show: (row) => significant(row[path], 3) })),
    ...more,
    { label: `${label}, drawn`, numeric: false, value: (row) => row[first], show: bar },
  ], rows);
}

const CONFORMATIONS = { label: "Conformations", value: (row) => row.conformations, show: (row) => count(row.conformations) };
const FORMULA = { label: "Molecule", numeric: false, value: (row) => row.formula, show: (row) => formula_words(row.formula) };

function formula_words(text) {
  return text.includes(" ") ? text : formula(text);
}

function errors_section({ report }) {
  const sets = report.errors.map((row) => ({ ...row, name: row.set }));
  return section("errors", "Errors", errors_table("Errors of the best weights", "Set", sets, [CONFORMATIONS]), what_is_what(report));
}

function what_is_what({ errors, predicted }) {
  const training = errors.find(({ set }) => set === "training");
  const lines = [
    training ? `Of the training set ${count(training.conformations)} conformations, evenly spread, were predicted for this page; the other sets are whole.` : null,
    predicted ? `Everything below is about ${count(predicted.conformations)} of the ${count(predicted.of)} ${predicted.set} conformations, evenly spread in each file.` : null,
  ];
  return lines.filter(Boolean).map((text) => element("p", { class: "quiet" }, text));
}

function origins_section({ report }) {
  const { predicted } = report;
  if (!predicted) return null;
  const elements = predicted.force ? predicted.force.per_element.map((row) => ({ ...row, name: row.element })) : [];
  const rest = predicted.further_molecules ? element("p", { class: "quiet" }, `and ${count(predicted.further_molecules)} more molecules`) : null;
  return section("origins", "Where the errors are",
    errors_table("By element", "Element", elements, [{ label: "Atoms", value: (row) => row.atoms, show: (row) => count(row.atoms) }]),
    errors_table("By file", "File", predicted.by_source, [FORMULA, CONFORMATIONS]),
    errors_table("By molecule, the most frequent ones", "Molecule", predicted.by_molecule.map((row) => ({ ...row, name: formula(row.name) })), [CONFORMATIONS]), rest,
    by_force_figure(predicted));
}

function by_force_figure({ by_force: bins }) {
  if (bins.length < 2) return null;
  const of = (name) => Float64Array.from(bins, (bin) => bin[name]);
  const data = { x: of("force_ev_per_a"), y: of("force_mae_mev_per_a"), low: null, high: null };
  return plot_figure({
    id: "by-force", title: "Error of forces by their size", x: "Reference force on an atom (eV/Å)", panels: [{ y: "force MAE (meV/Å)", zero: true, series: [{ name: "force MAE", colour: 0, data, points: "marks" }] }],
    about: [term("by_force", `Each point is the mean of about ${count(bins[0].atoms)} atoms`), " with forces of similar size."],
  });
}
