// Energies, temperatures, shape and disagreement over time.

// Curves of one name, of all replicas; `turn` may move or scale each.
function over_time(replicas, name, turn) {
  return replicas.filter(({ curves }) => curves && curves.series[name]).map(({ curves, name: own, group, colour }) => {
    const data = unpack_series(curves.series[name]);
    return { name: own, group, colour, noisy: true, data: turn ? turn(data) : data };
  });
}

function time_label(replicas) {
  return replicas.every(({ curves }) => !curves || curves.timed) ? "Time (ps)" : "Frame";
}

function energies_section(contents, replicas) {
  const several = contents.runs.length > 1;
  // Runs of different molecules share no zero; a drift is small beside the energy itself.
  const from_start = (factor) => (data) => rescaled(data, data.y[0], factor);
  const potential = over_time(replicas, "potential_ev", several ? from_start(1) : null);
  const panels = [
    { y: several ? "E_pot − start (eV)" : "E_pot (eV)", short: "potential", title: "potential", series: potential },
    { y: "E_kin (eV)", short: "kinetic", title: "kinetic", series: over_time(replicas, "kinetic_ev") },
    { y: "E_cons − start (meV)", short: "conserved", title: "conserved quantity of the integrator", series: over_time(replicas, "conserved_ev", from_start(1000)), levels: [{ y: 0, label: "" }] },
  ].filter(({ series }) => series.length).map((panel) => ({ ...panel, height: 150 }));
  const figure = panels.length ? plot_figure({ id: "energies", title: "Potential, kinetic and conserved energy", x: "Time (ps)", panels, about: band_words(replicas, "potential_ev") }) : null;
  return section("energy", "Energies", figure,
    panels.length ? null : missing_note("energies", replicas, "conserved"),
    sortable_table("Energies and drift", [
      name_column("Replica"),
      number_column("Potential energy", "eV", "potential_ev.mean", (v, row) => with_error(v, row.numbers.potential_ev.error), "equilibrated_after_ps"),
      number_column("Equilibrated after", "ps", "equilibrated_after_ps", picoseconds),
      number_column("Drift", "eV/ps", "conserved.drift_ev_per_ps", (v, row) => with_error(v, row.numbers.conserved.drift_error_ev_per_ps)),
      number_column("Drift", "kT/ns/dof", "conserved.drift_kt_per_ns_per_dof", (v, row) => with_error(v, row.numbers.conserved.drift_error_kt_per_ns_per_dof)),
      number_column("Scatter about the line", "meV", "conserved.detrended_std_ev", (v) => significant(1000 * v, 3), "conserved.drift_ev_per_ps"),
    ], replicas));
}

function band_words(replicas, name) {
  const long = replicas.some(({ curves }) => curves && curves.series[name] && floats(curves.series[name].x).length > 200);
  return long ? "Lines are means of stretches; Extremes shows the lowest and the highest value of each, and zooming in every point." : null;
}

function temperatures_section(contents, replicas) {
  const shared_target = (part) => {
    const targets = [...new Set(replicas.filter(({ curves }) => curves && curves.targets).map(({ curves }) => curves.targets[part]))];
    return targets.filter(is_number).slice(0, 4);
  };
  const with_targets = (title, targets) => (targets.length ? `${title}, target ${targets.map((y) => `${significant(y, 3)} K`).join(", ")}` : title);
  const panel = (name, y, part, title) => {
    const targets = shared_target(part);
    const levels = targets.map((level) => ({ y: level, label: "" }));
    return { y, short: title, title: with_targets(title, targets), series: over_time(replicas, name), levels, height: 120 };
  };
  const panels = [
    panel("temperature_k", "T (K)", "all", "all degrees of freedom"),
    panel("t_vib_k", "T_vib (K)", "vibration", "vibration"),
    panel("t_rot_k", "T_rot (K)", "rotation", "rotation"),
    panel("t_trans_k", "T_trans (K)", "translation", "translation"),
  ].filter(({ series }) => series.length).map(readable_zero);
  const figure = panels.length ? plot_figure({ id: "temperatures", title: "Temperature of each kind of motion", x: "Time (ps)", panels, about: [term("targets", "Targets"), " are dashed. ", band_words(replicas, "temperature_k")] }) : null;
  const column = (label, part) => number_column(label, "K", `temperature_k.${part}.mean`, (v, row) => with_temperature_error(row.numbers.temperature_k[part]), "temperature_k");
  const target = (label, part) => ({ label, unit: "K", key: "targets", value: ({ curves }) => (curves && curves.targets ? curves.targets[part] : null), show: ({ curves }) => significant(curves.targets[part], 4) });
  return section("temperature", "Temperatures", figure,
    panels.length ? null : missing_note("temperatures", replicas, "temperature_k"),
    sortable_table("Mean temperatures, ± standard error", [
      name_column("Replica"),
      column("T", "all"), target("Target", "all"),
      column("T_vib", "vibration"), target("Target of T_vib", "vibration"),
      column("T_rot", "rotation"), column("T_trans", "translation"), target("Target of T_rot and T_trans", "rotation"),
      number_column("Degrees of freedom", "", "temperature_k.dof", String, "temperature_k"),
    ], replicas));
}

// Motion that was taken out leaves 1e-30 K: rounding, not a temperature.
const NO_MOTION = 1e-6; // K

function with_temperature_error({ mean, error }) {
  return Math.abs(mean) < NO_MOTION ? "0" : with_error(mean, error);
}

function readable_zero(panel) {
  const still = panel.series.every(({ data }) => data.y.every((v) => Math.abs(v) < NO_MOTION));
  if (!still) return panel;
  const series = panel.series.map((one) => ({ ...one, data: rescaled(one.data, 0, 0) }));
  return { ...panel, series, height: 46, levels: [], still: true, title: `${panel.short}: taken out at the start` };
}

function shape_section(contents, replicas) {
  const panels = [
    { y: "RMSD (Å)", short: "RMSD", title: "against the first frame", series: over_time(replicas, "rmsd_a"), zero: true },
    { y: "R_g (Å)", short: "R_g", title: "radius of gyration", series: over_time(replicas, "radius_of_gyration_a") },
  ].filter(({ series }) => series.length).map((panel) => ({ ...panel, height: 140 }));
  const figure = panels.length ? plot_figure({ id: "shape-figure", title: "RMSD and radius of gyration", x: time_label(replicas), panels, about: band_words(replicas, "rmsd_a") }) : null;
  const spread = (path) => (v, row) => {
    const std = row.numbers[path].std;
    return std === null ? fixed(v, 3) : `${fixed(v, 3)} ± ${fixed(std, 3)}`;
  };
  return section("shape", "Shape", figure,
    panels.length ? null : missing_note("RMSD and radius of gyration", replicas, "rmsd_a"),
    panels.length ? sortable_table("Shape: means, ± standard deviation over frames", [
      name_column("Replica"),
      number_column("RMSD", "Å", "rmsd_a.mean", spread("rmsd_a"), "rmsd_a"),
      number_column("Largest RMSD", "Å", "rmsd_a.max", (v) => fixed(v, 3), "rmsd_a"),
      number_column("R_g", "Å", "radius_of_gyration_a.mean", spread("radius_of_gyration_a"), "radius_of_gyration_a"),
      number_column("Smallest R_g", "Å", "radius_of_gyration_a.min", (v) => fixed(v, 3), "radius_of_gyration_a"),
      number_column("Largest R_g", "Å", "radius_of_gyration_a.max", (v) => fixed(v, 3), "radius_of_gyration_a"),
    ], replicas) : null);
}

// Only runs with several networks have it.
function disagreement_section(contents, replicas) {
  const stops = replicas.map(({ curves }) => (curves ? curves.deviation_stop : null)).filter(is_number);
  const levels = [...new Set(stops)].slice(0, 1).map((y) => ({ y, label: "stops the replica" }));
  const panels = [
    { y: "largest (eV/Å)", short: "largest", title: "atom about which the networks differ most", series: over_time(replicas, "force_deviation_max"), zero: true, levels },
    { y: "rms (eV/Å)", short: "rms", title: "all atoms", series: over_time(replicas, "force_deviation_rms"), zero: true },
  ].filter(({ series }) => series.length).map((panel) => ({ ...panel, height: 130 }));
  if (panels.length === 0) return null;
  return section("disagreement", "Disagreement of the networks", plot_figure({
    id: "force-deviation", title: "Force deviation", x: "Time (ps)", panels,
    about: [term("force_deviation", "A large deviation"), " means that at least one network is wrong here; a small one does not mean that they are right."],
  }));
}
