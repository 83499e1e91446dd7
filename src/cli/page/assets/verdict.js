// The first lines: what to believe. The words come from Rust; signs stand beside every colour.

const SIGNS = { stable: "✓", unstable: "✕", unfinished: "…", unjudged: "?", trained: "✓", falling: "!", good: "✓", attention: "!", missing: "–" };
const SIGN_WORDS = { good: "Good", attention: "Attention", missing: "Not known" };
const MOST_DETAILS = 8;

// { state, headline, details, checks }; `name` stands above one of several.
function verdict_box(verdict, notes, name) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[verdict.state]);
  const details = verdict.details.slice(0, MOST_DETAILS);
  const rest = verdict.details.length - details.length;
  return element("div", { class: `verdict ${verdict.state}` }, name,
    element("p", { class: "headline" }, sign, element("span", {}, verdict.headline)),
    details.length ? element("ul", { class: "details" }, details.map((text) => element("li", {}, text)), rest > 0 ? element("li", {}, `and ${rest} more, see the table of replicas`) : null) : null,
    element("ul", { class: "checks" }, verdict.checks.map(check_line)),
    notes.length ? element("ul", { class: "notes" }, notes.map((note) => element("li", {}, `Note: ${note}`))) : null);
}

function check_line({ state, text, about }) {
  const sign = element("span", { class: "sign", role: "img", "aria-label": SIGN_WORDS[state] }, SIGNS[state]);
  const colon = text.indexOf(":");
  const words = colon > 0 ? [term(about, text.slice(0, colon)), text.slice(colon)] : [text];
  return element("li", { class: state }, sign, element("span", {}, words));
}
