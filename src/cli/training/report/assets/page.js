// Puts the page together.

function build_page() {
  const contents = read_contents();
  const { report, title, oreo } = contents;
  set_definitions(report.definitions);
  header(`Oreo ${oreo} · training report`, title, report.target);
  show_sections([
    element("section", { id: "verdict", class: "verdicts", "aria-label": "Verdict" }, verdict_box(report.verdict, report.notes)),
    errors_section(contents), learning_section(contents), parity_section(contents), origins_section(contents),
    data_section(contents), training_section(contents), definitions_section("Words of this page and of analysis.json."),
  ]);
}

build_page();
