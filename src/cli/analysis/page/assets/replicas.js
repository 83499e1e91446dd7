// A row a replica: how it ended and what it is worth.

function replicas_section(contents, replicas) {
  const own_summary = ({ run, numbers }) => {
    const summary = run.card && run.card.summary;
    return (summary && summary.replicas.find(({ id }) => id === numbers.id)) || {};
  };
  const verdict = ({ numbers }) => numbers.stability.by_every_step;
  const unseen = (row) => own_summary(row).unseen;
  const drawn_count = replicas.filter(({ curves }) => curves).length;
  const rest = drawn_count < replicas.length ? element("p", { class: "quiet" }, `Curves and frames of the first ${drawn_count} replicas are in this page; numbers of all ${replicas.length} are in the tables.`) : null;
  return section("replicas", "Replicas", sortable_table("How each replica ended, and what it is worth", [
    name_column("Replica"),
    { label: "Seed", value: (row) => own_summary(row).seed },
    { label: "Steps", value: (row) => own_summary(row).steps, show: (row) => count(own_summary(row).steps) },
    { label: "Ended by", key: "stability.by_every_step", value: (row) => (verdict(row) ? verdict(row).cause : null), numeric: false },
    number_column("Stable", "ps", "stable_ps", picoseconds),
    number_column("First broken frame", "", "stability.first_broken_frame.frame", count, "stability.first_broken_frame"),
    { label: "Frames analyzed", key: "frames_analyzed", value: ({ numbers }) => numbers.frames_analyzed, show: ({ numbers }) => `${count(numbers.frames_analyzed)} of ${count(numbers.frames)}` },
    number_column("h(r) MAE", "", "h_r.h_r_mae", (v) => significant(v, 3)),
    number_column("T", "K", "temperature_k.all.mean", (v, row) => with_error(v, row.numbers.temperature_k.all.error), "temperature_k"),
    number_column("Drift", "kT/ns/dof", "conserved.drift_kt_per_ns_per_dof", (v) => significant(v, 2)),
    number_column("RMSD", "Å", "rmsd_a.mean", (v) => fixed(v, 3), "rmsd_a"),
    { label: "Unseen frames", key: "unseen", value: (row) => (unseen(row) ? unseen(row).frames : null), show: (row) => `${count(unseen(row).frames)} of ${count(unseen(row).of_frames)}` },
  ], replicas), rest);
}
