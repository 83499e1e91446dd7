// Every number leads to its definition.

let definitions = {};

function set_definitions(given) {
  definitions = given;
}

function meaning_id(key) {
  return `meaning-${key.replace(/[^a-z0-9_]/gi, "-")}`;
}

// A word that leads to its definition, which also shows under the pointer.
function term(key, ...words) {
  if (!definitions[key]) return element("span", {}, words);
  return element("a", { class: "term", href: `#${meaning_id(key)}`, title: definitions[key] }, words);
}

function definitions_section(note) {
  const entries = Object.entries(definitions).sort(([a], [b]) => a.localeCompare(b));
  const list = entries.map(([key, text]) => [
    element("dt", { id: meaning_id(key) }, element("code", {}, key)),
    element("dd", {}, text),
  ]);
  return section("definitions", "What the numbers mean", element("p", { class: "quiet" }, note), element("dl", { class: "definitions" }, list));
}

// Why an analysis has no such number; a reason may be filed under a part of the key.
function reason_of(numbers, key) {
  const reasons = numbers.not_computed || {};
  const found = Object.keys(reasons).find((own) => own === key || key.startsWith(`${own}.`) || own.startsWith(`${key}.`));
  return found ? reasons[found] : null;
}

// In place of a figure that nobody has the numbers for: each reason once.
function missing_note(subject, replicas, key) {
  const reasons = [...new Set(replicas.map((replica) => reason_of(replica.numbers, key)).filter(Boolean))];
  return reasons.map((reason) => element("p", { class: "reason" }, element("strong", {}, `No ${subject}: `), reason));
}
