// How far atoms travel: self-diffusion of all atoms and of each element, a row each; or why there is none.

function diffusion_section(contents, replicas) {
  const rows = replicas.flatMap((replica) => (replica.numbers.diffusion ? replica.numbers.diffusion.species.map((species) => ({ ...replica, species, found: replica.numbers.diffusion })) : []));
  return section("diffusion", "Diffusion",
    rows.length ? diffusion_table(rows) : null,
    missing_note("self-diffusion", replicas, "diffusion"),
    [...new Set(rows.map(({ found }) => found.finite_size))].map((text) => element("p", { class: "about" }, `Size of the box: ${text}.`)));
}

function diffusion_table(rows) {
  const of = (label, unit, value, show) => ({ label, unit, value, show: (row) => show(value(row), row) });
  const seen = ({ species }) => (is_number(species.exponent) ? null : "nothing moved");
  return sortable_table("Self-diffusion, by kind of atom", [
    name_column("Replica"),
    { label: "Atoms", value: ({ species }) => (species.species === "all" ? "all" : species.species), numeric: false },
    of("Number", "", ({ species }) => species.atoms, count),
    { ...of("D", "Å²/ps", ({ species }) => species.diffusion_a2_per_ps, (v, { species }) => with_error(v, species.error_a2_per_ps)), key: "diffusion" },
    of("D", "cm²/s", ({ species }) => species.diffusion_cm2_per_s, (v, { species }) => with_error(v, species.error_cm2_per_s)),
    { ...of("Exponent", "", ({ species }) => species.exponent, (v) => fixed(v, 2)), reason: seen },
    of("Fitted from", "ps", ({ found }) => found.fit_from_ps, picoseconds),
    of("to", "ps", ({ found }) => found.fit_to_ps, picoseconds),
  ], rows);
}
