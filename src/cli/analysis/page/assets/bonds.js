// Bonds against the reference: how far the worst one was in each frame, and lengths and angles of each type.

function bonds_section(contents, replicas) {
  const thresholds = [...new Set(replicas.map(({ numbers }) => numbers.stability.bond_threshold_a))];
  const series = over_time(replicas, "bond_deviation_a");
  const figure = series.length ? plot_figure({
    id: "bond-deviation", title: "Largest deviation of a bond", x: time_label(replicas),
    panels: [{ y: "|length − reference| (Å)", zero: true, height: 170, series, levels: thresholds.map((y) => ({ y, label: `broken beyond ${y} Å` })) }],
    about: [term("bond_deviation", "Of each saved frame"), "; the run itself looks at every step. ", band_words(replicas, "bond_deviation_a")],
  }) : null;
  return section("bonds", "Bonds", figure,
    series.length ? null : missing_note("bond lengths", replicas, "worst_bond"),
    bond_types_table(replicas),
    angle_types_table(replicas),
    worst_bonds_table(replicas));
}

function bond_types_table(replicas) {
  const reference = ({ run, kind }) => kind.reference_mean_a ?? reference_length(run.molecule, kind.bond);
  return kinds_table(replicas, { caption: "Bond lengths by type", key: "bond_lengths", name: "bond", label: "Bond", unit: "Å", suffix: "a", digits: 3, reference });
}

function angle_types_table(replicas) {
  const reference = ({ kind }) => kind.reference_mean_deg;
  return kinds_table(replicas, { caption: "Angles by type", key: "bond_angles", name: "angle", label: "Angle", unit: "°", suffix: "deg", digits: 1, reference });
}

// Run and reference side by side, a row a kind.
function kinds_table(replicas, { caption, key, name, label, unit, suffix, digits, reference }) {
  const rows = replicas.flatMap((replica) => (replica.numbers[key] || []).map((kind) => ({ ...replica, kind })));
  if (rows.length === 0) return null;
  const column = (label, unit, value, show = (v) => fixed(v, digits)) => ({ label, unit, value, show: (row) => show(value(row)), key });
  const of = (part) => ({ kind }) => kind[`${part}_${suffix}`];
  return sortable_table(caption, [
    name_column("Replica"),
    { label, value: ({ kind }) => kind[name], numeric: false },
    { label: "Number", value: ({ kind }) => kind.count },
    column("Reference", unit, reference),
    column("Mean", unit, of("mean")),
    column("Difference", unit, of("difference"), (v) => fixed(v, digits + 1)),
    column("Difference in errors", "", ({ kind }) => kind.difference_in_errors, (v) => fixed(v, 1)),
    column("Difference in spreads", "", ({ kind }) => kind.difference_in_reference_std, (v) => fixed(v, 2)),
    column("Reweighted reference", unit, of("reweighted_mean")),
    column("Difference to it", unit, of("reweighted_difference"), (v) => fixed(v, digits + 1)),
    column("The same in errors", "", ({ kind }) => kind.reweighted_difference_in_errors, (v) => fixed(v, 1)),
    column("Standard deviation", unit, of("std")),
    column("Reference's deviation", unit, of("reference_std")),
    column("Lowest", unit, of("min")),
    column("Highest", unit, of("max")),
  ], rows);
}

// Mean over the bonds between the same two elements.
function reference_length(molecule, type) {
  const sorted = (name) => name.split("-").sort().join("-");
  const own = molecule.bonds.filter(([i, j]) => sorted(`${molecule.elements[i]}-${molecule.elements[j]}`) === sorted(type));
  return mean_of(own.map(([, , reference]) => reference)).mean;
}

function worst_bonds_table(replicas) {
  const name = ({ run, numbers }) => numbers.worst_bond.atoms.map((k) => `${run.molecule.elements[k]}${k}`).join("–");
  const known = replicas.filter(({ numbers }) => numbers.worst_bond);
  if (known.length === 0) return null;
  return sortable_table("The bond furthest from its reference, of the frames analyzed", [
    name_column("Replica"),
    { label: "Bond", key: "worst_bond", value: name, numeric: false },
    number_column("Deviation", "Å", "worst_bond.deviation_a", (v) => fixed(v, 3), "worst_bond"),
    number_column("Length", "Å", "worst_bond.distance_a", (v) => fixed(v, 3), "worst_bond"),
    number_column("Reference", "Å", "worst_bond.reference_a", (v) => fixed(v, 3), "worst_bond"),
    number_column("Frame", "", "worst_bond.frame", count, "worst_bond"),
  ], known);
}
