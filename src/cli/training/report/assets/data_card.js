// What was trained on, how, and what came out.

function data_section({ card }) {
  const column = (label, value, show) => ({ label, value, show });
  const number = (label, name) => column(label, (row) => row[name], (row) => count(row[name]));
  const text = (label, name) => ({ label, value: (row) => row[name], numeric: false, words: true });
  return section("data", "Data", sortable_table("What was trained on", [
    { label: "File", value: (row) => row.name, numeric: false, always: true },
    number("Training", "train"), number("Validation", "validation"), number("Test", "test"), number("Later", "later"),
    FORMULA, text("Level of theory", "level"), text("Labels", "labels"), text("Units", "units"),
    text("Split", "protocol"), column("Share of a batch", (row) => row.weight, (row) => significant(row.weight, 3)),
  ], card.files), element("details", {}, element("summary", {}, "Files and their digests"), lines_list(card.files.map(({ file, sha256 }) => [file.split("/").pop(), `${file}, SHA-256 ${sha256 || "unknown"}`]))));
}

function training_section({ card }) {
  return section("training", "Training and weights", lines_list(card.settings),
    element("details", {}, element("summary", {}, "Weights and their record"), lines_list(card.weights)),
    element("details", {}, element("summary", {}, "Complete config file"), element("pre", { class: "file" }, card.config)));
}
