// Puts the page together.

function header(contents) {
  const single = contents.runs.length === 1 ? contents.runs[0] : null;
  const title = single ? single.label : "Runs side by side";
  document.title = `${single ? single.label : contents.runs.map(({ label }) => label).join(", ")} · Oreo report`;
  const numbers = single && single.analysis.replicas[0];
  const length = numbers ? `${formula(numbers.formula)} · ${count(single.analysis.replicas.length)} ${single.analysis.replicas.length === 1 ? "replica" : "replicas"}` : `${contents.runs.length} runs`;
  document.getElementById("top").append(element("p", { class: "brand" }, `Oreo ${contents.oreo} · molecular dynamics report`), element("h1", {}, title), element("p", { class: "quiet" }, length));
}

function navigation(sections) {
  const link = (part) => element("a", { href: `#${part.id}` }, part.querySelector("h2").textContent);
  document.getElementById("contents").append(...sections.filter((part) => part.querySelector("h2")).map(link));
}

function build_page() {
  const contents = read_contents();
  const replicas = replicas_of(contents);
  set_definitions(contents.definitions);
  header(contents);
  const sections = [
    verdict_section(contents), card_section(contents), viewer_section(replicas), distances_section(contents, replicas),
    energies_section(contents, replicas), temperatures_section(contents, replicas), bonds_section(contents, replicas),
    shape_section(contents, replicas), vibrations_section(contents, replicas), disagreement_section(contents, replicas),
    replicas_section(contents, replicas), definitions_section(),
  ].filter(Boolean);
  document.getElementById("main").append(...sections);
  navigation(sections);
  draw_everything();
  document.documentElement.dataset.ready = "true";
}

// Paper shows what is folded on the screen.
window.addEventListener("beforeprint", () => {
  on_paper = true;
  document.querySelectorAll("details").forEach((node) => (node.open = true));
  draw_everything();
});
window.addEventListener("afterprint", () => {
  on_paper = false;
  draw_everything();
});

build_page();
if (location.hash === "#self-check") window.addEventListener("load", () => setTimeout(self_check, 100));
