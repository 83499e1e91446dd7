// What was run: the molecule, the settings, the weights with their record, the speed. Several runs stand side by side, and
// what differs between them is marked.

function card_section(contents) {
  const title = contents.runs.length > 1 ? "Runs" : contents.runs[0].analysis.kind === "run" ? "Run" : "Trajectory file";
  if (contents.runs.length === 1) return section("run", title, single_card(contents.runs[0]));
  const cards = contents.runs.map((run) => element("div", { class: "run-card" }, element("h3", {}, swatch(run.index), run.label), molecule_figure(run), facts_list(run), weights_details(run)));
  return section("run", title, runs_table(contents), element("div", { class: "run-cards" }, cards), settings_table(contents.runs));
}

function single_card(run) {
  return element("div", { class: "card" }, molecule_figure(run), element("div", { class: "card-facts" }, facts_list(run), lines_list(settings_of(run))), weights_details(run));
}

// Drawn when the page has its width.
function molecule_figure(run) {
  const replica = run.replicas.find(({ movie }) => movie && movie.frames.length);
  const numbers = run.analysis.replicas[0];
  if (!replica || !numbers) return null;
  const canvas = element("canvas", { class: "still", role: "img", "aria-label": `The molecule ${numbers.formula}` });
  const size = 3 * run.molecule.elements.length;
  const scale = floats(replica.movie.scale_a)[0];
  const positions = Float32Array.from(shorts(replica.movie.positions).subarray(0, size), (v) => v * scale);
  const scene = () => ({
    molecule: run.molecule, positions, box: box_of(replica.movie.cell_a), marked: [], threshold: Infinity,
    labels: size <= 90, sharpness: sharpness(), colours: theme_colours(),
  });
  const camera = Camera.for_atoms(positions);
  const draw = () => {
    fit_canvas(canvas);
    paint_molecule(canvas, camera, camera.radius_for(positions, canvas.width, canvas.height), scene());
  };
  on_resize(canvas, draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const caption = `${formula(numbers.formula)}, ${count(numbers.atoms)} atoms, ${count(run.molecule.bonds.length)} bonds${numbers.periodic ? ", periodic box" : ""}`;
  return element("figure", { class: "molecule" }, canvas, element("figcaption", {}, caption));
}

function facts_list(run) {
  const summary = run.card && run.card.summary;
  const lines = [["files", run.analysis.target]];
  if (summary) {
    const speed = `${significant(summary.ns_per_day, 3)} ns/day, ${significant(summary.steps_per_s, 3)} steps/s; ${significant(summary.ms_per_step.mean, 3)} ms a step (median ${significant(summary.ms_per_step.p50, 3)}, p99 ${significant(summary.ms_per_step.p99, 3)})`;
    lines.push(["speed", summary.steps_per_s > 0 ? `${speed}, ${duration(summary.wall_s)} in all` : "no step in the last stretch"]);
  }
  const { reference, replicas } = run.analysis;
  if (reference) lines.push(["reference", `${reference.path}, ${count(reference.frames)} frames, SHA-256 ${reference.sha256.slice(0, 12)}…`]);
  if (replicas[0]) lines.push(["bonds", `${replicas[0].stability.bonds}, from ${replicas[0].stability.topology}; allowed deviation ${replicas[0].stability.bond_threshold_a} Å`]);
  return lines_list(lines);
}

// The reference of the plan is among the facts, with its digest.
function settings_of(run) {
  if (!run.card) return [];
  const kept = run.card.settings.filter(([name]) => name !== "reference" && name !== "output");
  return kept.map(([name, text]) => [name, in_angstroms(text)]);
}

function weights_details(run) {
  if (!run.card) return null;
  const { weights, weights_note } = run.card;
  const note = weights_note ? element("p", { class: "reason" }, element("strong", {}, "Weights: "), weights_note) : null;
  if (weights.length === 0) return note;
  return element("div", { class: "weights" }, note, element("details", {}, element("summary", {}, "Weights and their record"), lines_list(weights)));
}

function runs_table(contents) {
  const rows = contents.runs.map((run) => ({ run, name: run.label, colour: run.index }));
  const over = (label, unit, path, show, key) => {
    const value = ({ run }) => mean_of(run.analysis.replicas.map((r) => path.split(".").reduce((part, name) => (part ? part[name] : null), r)));
    const reason = ({ run }) => run.analysis.replicas.map((r) => reason_of(r, path)).find(Boolean) || null;
    return { label, unit, key: key || path, value: (row) => value(row).mean, show: (row) => show(value(row)), reason };
  };
  const spread = ({ mean, std }) => (std ? with_error(mean, std) : significant(mean, 4));
  const summary = (name) => ({ run }) => (run.card && run.card.summary ? run.card.summary[name] : null);
  return sortable_table("Runs: means over replicas, ± standard deviation between them", [
    name_column("Run"),
    { label: "Verdict", value: ({ run }) => run.verdict.state, numeric: false },
    { label: "Molecule", value: ({ run }) => (run.analysis.replicas[0] || {}).formula, show: ({ run }) => formula(run.analysis.replicas[0].formula), numeric: false },
    { label: "Replicas", value: ({ run }) => run.analysis.replicas.length },
    over("Stable", "ps", "stable_ps", spread),
    over("h(r) MAE", "", "h_r.h_r_mae", spread),
    over("Sampling floor", "", "h_r.h_r_floor", ({ mean }) => significant(mean, 3)),
    over("T", "K", "temperature_k.all.mean", spread, "temperature_k"),
    over("Drift", "kT/ns/dof", "conserved.drift_kt_per_ns_per_dof", spread),
    { label: "Speed", unit: "ns/day", key: "ns_per_day", value: summary("ns_per_day"), show: (row) => significant(summary("ns_per_day")(row), 3) },
  ], rows);
}

function settings_table(runs) {
  const all = runs.map((run) => new Map([...settings_of(run), ...(run.card ? [["weights", weights_line(run)]] : [])]));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  if (names.length === 0) return null;
  const line = (name) => {
    const texts = all.map((settings) => settings.get(name) || MISSING);
    const differs = texts.some((text) => text !== texts[0]);
    return element("tr", { class: differs ? "differs" : null }, element("th", { scope: "row" }, name, differs ? " ≠" : ""), texts.map((text) => element("td", {}, text)));
  };
  const head = element("tr", {}, element("th", { scope: "col" }, "Setting"), runs.map((run) => element("th", { scope: "col" }, run.label)));
  const caption = "Settings; ≠ marks those that differ";
  const table = element("table", { class: "settings" }, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, names.map(line)));
  return element("div", { class: "table" }, element("div", { class: "table-frame", role: "region", tabindex: 0, "aria-label": caption }, table));
}

function weights_line(run) {
  const of = new Map(run.card.weights);
  const digest = of.get("sha256");
  return [of.get("architecture"), digest ? `SHA-256 ${digest.slice(0, 12)}…` : null].filter(Boolean).join("; ") || MISSING;
}
