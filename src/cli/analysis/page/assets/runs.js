// What the page knows of runs: which one has which colour, and one entry a replica.

function read_runs() {
  const contents = read_contents();
  contents.runs.forEach((run, index) => (run.index = index));
  return contents;
}

// The page has what was embedded of a run; replicas without curves have numbers only.
// One entry a replica, of all runs: what every table and figure goes through.
function replicas_of(contents) {
  const several = contents.runs.length > 1;
  return contents.runs.flatMap((run) =>
    run.analysis.replicas.map((numbers, k) => {
      const alone = run.analysis.replicas.length === 1;
      const own = run.analysis.kind === "trajectory" ? "trajectory" : `replica ${numbers.id}`;
      return {
        run,
        numbers,
        curves: run.replicas[k] || null,
        name: several ? (alone ? run.label : `${run.label} · ${numbers.id}`) : own,
        group: several ? run.label : own,
        colour: several ? run.index : k,
      };
    }),
  );
}
