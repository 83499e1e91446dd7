// Bonds against the reference: how far the worst one was in each frame, and the lengths of each type.

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
    worst_bonds_table(replicas));
}

function bond_types_table(replicas) {
  const rows = replicas.flatMap((replica) => replica.numbers.bond_lengths.map((bond) => ({ ...replica, bond, reference: reference_length(replica.run.molecule, bond.bond) })));
  if (rows.length === 0) return null;
  const column = (label, unit, value, digits) => ({ label, unit, value, show: (row) => fixed(value(row), digits), key: "bond_lengths" });
  return sortable_table("Bond lengths by type", [
    name_column("Replica"),
    { label: "Bond", value: (row) => row.bond.bond, numeric: false },
    { label: "Number", value: (row) => row.bond.count },
    column("Reference", "Å", (row) => row.reference, 3),
    column("Mean", "Å", (row) => row.bond.mean_a, 3),
    column("Standard deviation", "Å", (row) => row.bond.std_a, 3),
    column("Shortest", "Å", (row) => row.bond.min_a, 3),
    column("Longest", "Å", (row) => row.bond.max_a, 3),
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
