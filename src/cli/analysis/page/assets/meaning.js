// Every number leads to its definition: the words of analysis.json's own `definitions`, and of what only the page shows.

const OWN_MEANINGS = {
  unseen: "saved frames with a distance between two elements that the training of the weights never had; from summary.json",
  kinetic_ev: "Σp²/2m of all atoms, from thermo.csv",
  targets: "what the thermostat works towards: of T_vib the target of the modes that move (with dof md17 T·3N/(3N−6)), of T_trans and T_rot 0 K where that motion was taken out at the start",
  bond_deviation: "of each saved frame the bond that is furthest from its reference length",
  pairs: "the part of h(r) that is due to one pair of elements; the parts add up to h(r)",
  force_deviation: "√⟨|F − ⟨F⟩|²⟩ over the networks of the ensemble: largest of an atom, and root mean square over the atoms",
  ns_per_day: "simulated time of one replica per day of wall time, output included",
};

let definitions = {};

function set_definitions(given) {
  definitions = { ...OWN_MEANINGS, ...given };
}

function meaning_id(key) {
  return `meaning-${key.replace(/[^a-z0-9_]/gi, "-")}`;
}

// A word that leads to its definition, which also shows under the pointer.
function term(key, ...words) {
  if (!definitions[key]) return element("span", {}, words);
  return element("a", { class: "term", href: `#${meaning_id(key)}`, title: definitions[key] }, words);
}

function definitions_section() {
  const entries = Object.entries(definitions).sort(([a], [b]) => a.localeCompare(b));
  const list = entries.map(([key, text]) => [
    element("dt", { id: meaning_id(key) }, element("code", {}, key)),
    element("dd", {}, text),
  ]);
  const note = "Keys of analysis.json, which has every number of this page, and what only this page shows.";
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
