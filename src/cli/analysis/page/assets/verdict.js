// Whether to believe each run.

function verdict_section(contents) {
  const several = contents.runs.length > 1;
  const name = (run) => (several ? element("p", { class: "verdict-run" }, swatch(run.index), run.label) : null);
  const blocks = contents.runs.map((run) => verdict_box(run.verdict, run.analysis.notes, name(run)));
  return element("section", { id: "verdict", class: several ? "verdicts several" : "verdicts", "aria-label": "Verdict" }, blocks);
}
