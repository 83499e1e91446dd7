// h(r) against the reference, what is between them, and which pairs of elements it comes from; g(r) of a box.

const BIN_WIDTH = 0.02; // Å, of h(r)
const REWEIGHTED = "reference, reweighted to its labels";

function distances_section(contents, replicas) {
  const drawn_ones = replicas.filter(({ curves }) => curves && curves.h_r);
  return section("distances", "Distances",
    drawn_ones.length ? h_r_figure(contents, drawn_ones) : null,
    pair_figures(contents, drawn_ones),
    sortable_table("Distance scores", [
      name_column("Replica"),
      number_column("h(r) MAE", "", "h_r.h_r_mae", (v) => significant(v, 3)),
      number_column("Reweighted", "", "h_r.h_r_mae_reweighted", (v) => significant(v, 3)),
      number_column("Sampling floor", "", "h_r.h_r_floor", (v) => significant(v, 3)),
      number_column("Independent floor", "", "h_r.h_r_independent_floor", (v) => significant(v, 3)),
      number_column("Half-split", "", "h_r.h_r_half_split", (v) => significant(v, 3)),
      number_column("Beyond 10 Å", "%", "h_r.share_beyond_10_a", (v) => fixed(100 * v, 1), "h_r.h_r_mae"),
      number_column("g(r) MAE", "Å", "g_r.g_r_mae_a", (v) => significant(v, 3)),
      number_column("Highest peak of g(r)", "Å", "g_r.highest_peak_a", (v) => fixed(v, 2), "g_r"),
    ], replicas),
    g_r_figures(replicas));
}

function h_curve(values) {
  return sampled(0.5 * BIN_WIDTH, BIN_WIDTH, values);
}

// One reference line where all runs share it, else one a run.
function references(contents) {
  const known = contents.runs.filter((run) => run.reference_h_r);
  const shared = known.every((run) => run.reference_h_r === known[0].reference_h_r);
  return (shared ? known.slice(0, 1) : known).map((run) => ({
    name: shared ? "reference" : `reference of ${run.label}`, group: "reference", reference: true, colour: 0, data: h_curve(floats(run.reference_h_r)),
  }));
}

// The same as the level of theory of the labels would have it, and how far that is from the frames as they are.
function reweighted_references(contents) {
  const known = contents.runs.filter((run) => run.reweighted_h_r);
  const shared = known.every((run) => run.reweighted_h_r === known[0].reweighted_h_r);
  return (shared ? known.slice(0, 1) : known).map((run) => {
    const [own, plain] = [floats(run.reweighted_h_r), floats(run.reference_h_r)];
    const name = shared ? REWEIGHTED : `${REWEIGHTED} (${run.label})`;
    const line = (values) => ({ name, group: REWEIGHTED, reference: true, dash: "5 3", colour: 0, data: h_curve(values) });
    return { curve: line(own), shift: line(own.map((h, k) => h - plain[k])) };
  });
}

function h_r_figure(contents, replicas) {
  const runs = replicas.map(({ curves, name, group, colour }) => ({ name, group, colour, data: h_curve(floats(curves.h_r)) }));
  const differences = replicas.filter(({ run }) => run.reference_h_r).map(({ run, curves, name, group, colour }) => {
    const reference = floats(run.reference_h_r);
    return { name, group, colour, data: h_curve(floats(curves.h_r).map((h, k) => h - reference[k])) };
  });
  const reweighted = reweighted_references(contents);
  const panels = [{ y: "h(r) (1/Å)", short: "h", zero: true, height: 240, series: [...references(contents), ...reweighted.map(({ curve }) => curve), ...runs] }];
  if (differences.length) panels.push({ y: "h − h_ref (1/Å)", short: "difference", zero: true, height: 120, series: [...reweighted.map(({ shift }) => shift), ...differences], levels: [{ y: 0, label: "" }] });
  return plot_figure({
    id: "h-r", title: "Distribution of pair distances", x: "r (Å)", range: distance_range(panels[0].series), panels,
    about: [scores_line(contents), term("h_r.h_r_mae", "The MAE"), " is the area between the curves. ", term("h_r.h_r_floor", "Its floor"), " is what a perfect potential would score with so few frames, ",
      term("h_r.h_r_half_split", "the half-split"), " what the reference scores against itself.",
      reweighted.length ? [" A run that is right follows ", term("h_r.h_r_mae_reweighted", "the reweighted reference"), ": below, its line is near the dashed one."] : null],
  });
}

// Of a single run; several have a table.
function scores_line(contents) {
  const [run] = contents.runs;
  if (contents.runs.length > 1 || !is_number(run.analysis.h_r_mae.mean)) return null;
  const of = (name) => mean_of(run.analysis.replicas.map(({ h_r }) => h_r[name])).mean;
  const parts = [["MAE", "h_r_mae"], ["against the reference reweighted to its labels", "h_r_mae_reweighted"], ["sampling floor", "h_r_floor"], ["half-split of the reference", "h_r_half_split"]];
  const known = parts.filter(([, name]) => is_number(of(name))).map(([words, name]) => `${words} ${significant(of(name), 3)}`);
  return `${known.join(", ")}${run.analysis.replicas.length > 1 ? " (means over the replicas)" : ""}. `;
}

// Å: where there is anything to see.
function distance_range(series) {
  let [first, last] = [Infinity, 0];
  for (const { data } of series) {
    for (let k = 0; k < data.x.length; k++) {
      if (data.y[k] <= 0) continue;
      first = Math.min(first, data.x[k]);
      last = Math.max(last, data.x[k]);
    }
  }
  return last > first ? [Math.max(0, first - 0.3), Math.min(10, last + 0.3)] : [0, 10];
}

// A choice of the pair; one figure at a time is enough.
function pair_figures(contents, replicas) {
  const pairs = [...new Set(replicas.flatMap(({ curves }) => curves.pairs.map(({ pair }) => pair)))];
  if (pairs.length < 2) return null;
  const part = (list, pair) => (list.find((one) => one.pair === pair) || {}).density;
  const figure = (pair) => {
    const known = contents.runs.filter((run) => part(run.reference_pairs, pair));
    const reference = known.slice(0, 1).map((run) => ({ name: "reference", reference: true, colour: 0, data: h_curve(floats(part(run.reference_pairs, pair))) }));
    const there = replicas.filter(({ curves }) => part(curves.pairs, pair));
    const series = there.map(({ curves, name, group, colour }) => ({ name, group, colour, data: h_curve(floats(part(curves.pairs, pair))) }));
    const all = [...reference, ...series];
    return plot_figure({ id: "h-r-pair", title: `Distances between ${pair.replace("-", " and ")}`, x: "r (Å)", range: distance_range(all), panels: [{ y: "part of h(r) (1/Å)", zero: true, series: all }], about: [term("pairs", "Parts"), " of all pairs of elements add up to h(r)."] });
  };
  return chosen_figure("Pair of elements", pairs, figure);
}

// A select with a figure below that follows it.
function chosen_figure(label, names, figure) {
  const place = element("div", {}, figure(names[0]));
  const control = element("select", { onchange: () => {
    place.replaceChildren(figure(control.value));
  } }, names.map((name) => element("option", { value: name }, name)));
  return element("div", { class: "chosen" }, element("label", {}, `${label} `, control), place);
}

function g_r_figures(replicas) {
  const boxed = replicas.filter(({ curves }) => curves && curves.g_r);
  if (boxed.length === 0) return null;
  const curve = ({ bin_width_a }, values) => sampled(0.5 * bin_width_a, bin_width_a, floats(values));
  const series = boxed.map(({ curves, name, group, colour }) => ({ name, group, colour, data: curve(curves.g_r, curves.g_r.g) }));
  const reference = boxed.filter(({ curves }) => curves.g_r.reference).slice(0, 1)
    .map(({ curves }) => ({ name: "reference", reference: true, colour: 0, data: curve(curves.g_r, curves.g_r.reference) }));
  const whole = plot_figure({
    id: "g-r", title: "Radial distribution of all atoms", x: "r (Å)", panels: [{ y: "g(r)", zero: true, height: 220, series: [...reference, ...series], levels: [{ y: 1, label: "ideal gas" }] }],
    about: [term("g_r", "g(r)"), " is the density of atoms at a distance, relative to the mean density."],
  });
  const pairs = [...new Set(boxed.flatMap(({ curves }) => curves.g_r.partial.map(({ pair }) => pair)))];
  if (pairs.length === 0) return whole;
  const figure = (pair) => {
    const there = boxed.map((one) => ({ ...one, part: one.curves.g_r.partial.find((p) => p.pair === pair) })).filter(({ part }) => part);
    const lines = there.map(({ curves, part, name, group, colour }) => ({ name, group, colour, data: curve(curves.g_r, part.density) }));
    return plot_figure({ id: "g-r-pair", title: `Radial distribution of ${pair}`, x: "r (Å)", panels: [{ y: "g(r)", zero: true, series: lines, levels: [{ y: 1, label: "ideal gas" }] }] });
  };
  return [whole, chosen_figure("Pair of elements", pairs, figure)];
}
