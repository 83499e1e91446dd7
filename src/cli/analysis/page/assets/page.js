// Puts the page together.

function build_page() {
  const contents = read_runs();
  const replicas = replicas_of(contents);
  set_definitions({ ...OWN_MEANINGS, ...contents.definitions });
  run_header(contents);
  show_sections([
    verdict_section(contents), card_section(contents), viewer_section(replicas), distances_section(contents, replicas),
    energies_section(contents, replicas), temperatures_section(contents, replicas), bonds_section(contents, replicas),
    shape_section(contents, replicas), vibrations_section(contents, replicas), diffusion_section(contents, replicas), disagreement_section(contents, replicas),
    replicas_section(contents, replicas), definitions_section(NOTE),
  ]);
}

function run_header(contents) {
  const single = contents.runs.length === 1 ? contents.runs[0] : null;
  const numbers = single && single.analysis.replicas[0];
  const replicas = numbers && `${count(single.analysis.replicas.length)} ${single.analysis.replicas.length === 1 ? "replica" : "replicas"}`;
  const length = numbers ? `${formula(numbers.formula)} · ${replicas}` : `${contents.runs.length} runs`;
  header(`Oreo ${contents.oreo} · molecular dynamics report`, single ? single.label : "Runs side by side", length);
  if (!single) document.title = `${contents.runs.map(({ label }) => label).join(", ")} · Oreo report`;
}

build_page();
