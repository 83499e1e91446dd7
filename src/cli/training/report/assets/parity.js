// Predictions against labels, and what is between them: good forces are a straight line, and only the difference shows more.

function parity_section({ parity, report }) {
  const label = Float64Array.from(floats(parity.label));
  if (label.length === 0) return null;
  const predicted = Float64Array.from(floats(parity.predicted));
  const is_force = report.predicted.force !== null;
  const [what, unit, small] = is_force ? ["force component", "eV/Å", "meV/Å"] : ["property", "eV", "meV"];
  const cloud = (y) => ({ name: "prediction", group: "predictions", colour: 0, points: "cloud", data: { x: label, y, low: null, high: null } });
  const ends = Float64Array.of(label[0], label[label.length - 1]);
  const diagonal = { name: "perfect agreement", reference: true, dash: "5 3", colour: 0, data: { x: ends, y: ends, low: null, high: null } };
  const difference = predicted.map((value, k) => 1000 * (value - label[k]));
  return section("parity", "Predictions", plot_figure({
    id: "parity-figure", title: `Predicted and reference ${what}s`, x: `Reference ${what} (${unit})`, panels: [
      { y: `predicted (${unit})`, short: "predicted", height: 300, series: [diagonal, cloud(predicted)] },
      { y: `predicted − reference (${small})`, short: "difference", height: 200, series: [cloud(difference)], levels: [{ y: 0, label: "" }] },
    ],
    about: [term("parity", `${count(label.length)} of ${count(parity.seen)}`), ` ${what}s of ${count(report.predicted.conformations)} ${report.predicted.set} conformations.`],
  }));
}
