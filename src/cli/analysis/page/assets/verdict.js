// The first lines: whether to believe the run. The words come from verdict.rs; signs stand beside every colour.

const SIGNS = { stable: "✓", unstable: "✕", unfinished: "…", unjudged: "?", good: "✓", attention: "!", missing: "–" };
const SIGN_WORDS = { good: "Good", attention: "Attention", missing: "Not known" };
const MOST_DETAILS = 8;

function verdict_section(contents) {
  const several = contents.runs.length > 1;
  const blocks = contents.runs.map((run) => verdict_block(run, several));
  return element("section", { id: "verdict", class: several ? "verdicts several" : "verdicts", "aria-label": "Verdict" }, blocks);
}

function verdict_block(run, several) {
  const { verdict, analysis } = run;
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[verdict.state]);
  const name = several ? element("p", { class: "verdict-run" }, swatch(run.index), run.label) : null;
  const details = verdict.details.slice(0, MOST_DETAILS);
  const rest = verdict.details.length - details.length;
  return element("div", { class: `verdict ${verdict.state}` }, name,
    element("p", { class: "headline" }, sign, element("span", {}, verdict.headline)),
    details.length ? element("ul", { class: "details" }, details.map((text) => element("li", {}, text)), rest > 0 ? element("li", {}, `and ${rest} more, see the table of replicas`) : null) : null,
    element("ul", { class: "checks" }, verdict.checks.map(check_line)),
    analysis.notes.length ? element("ul", { class: "notes" }, analysis.notes.map((note) => element("li", {}, `Note: ${note}`))) : null);
}

function check_line({ state, text, about }) {
  const sign = element("span", { class: "sign", role: "img", "aria-label": SIGN_WORDS[state] }, SIGNS[state]);
  const colon = text.indexOf(":");
  const words = colon > 0 ? [term(about, text.slice(0, colon)), text.slice(colon)] : [text];
  return element("li", { class: state }, sign, element("span", {}, words));
}
