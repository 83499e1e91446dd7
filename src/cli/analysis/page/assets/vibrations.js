// Vibrational spectrum and velocity autocorrelation; only of frames close enough to each other.

const INVISIBLE = 0.01; // share of the highest density below which a spectrum is empty to the eye

function vibrations_section(contents, replicas) {
  const known = replicas.filter(({ curves }) => curves && curves.spectrum);
  if (known.length === 0) return section("vibrations", "Vibrations", missing_note("spectrum", replicas, "spectrum"));
  const curve = ({ start, spacing, y }, factor) => sampled(start, spacing, floats(y).map((v) => v * factor));
  const spectra = known.map(({ curves, name, group, colour }) => ({ name, group, colour, data: curve(curves.spectrum, 1000) }));
  const correlations = known.map(({ curves, name, group, colour }) => ({ name, group, colour, data: curve(curves.autocorrelation, 1) }));
  const resolution = known.map(({ numbers }) => numbers.spectrum.resolution_per_cm);
  const peaks = { label: "Peaks", unit: "1/cm", key: "spectrum", numeric: false, words: true, value: ({ numbers }) => (numbers.spectrum ? numbers.spectrum.peaks_per_cm.map((p) => Math.round(p)).join(", ") : null), reason: ({ numbers }) => reason_of(numbers, "spectrum") };
  return section("vibrations", "Vibrations",
    plot_figure({ id: "spectrum", title: "Vibrational spectrum", x: "Wavenumber (1/cm)", range: [0, Math.max(...spectra.map(visible_end))], panels: [{ y: "density (10⁻³ cm)", zero: true, height: 220, series: spectra }],
      about: [term("spectrum", "Density of vibrational states"), ` with unit integral; two modes closer than ${significant(Math.max(...resolution), 3)} 1/cm are one peak.`] }),
    plot_figure({ id: "autocorrelation", title: "Velocity autocorrelation", x: "Time (fs)", range: [0, Math.min(1000, Math.max(...correlations.map(({ data }) => data.x[data.x.length - 1])))], panels: [{ y: "C(t)", height: 150, series: correlations, levels: [{ y: 0, label: "" }] }] }),
    sortable_table("Spectrum", [
      name_column("Replica"), peaks,
      number_column("Resolution", "1/cm", "spectrum.resolution_per_cm", (v) => significant(v, 3), "spectrum"),
      number_column("Highest", "1/cm", "spectrum.highest_per_cm", (v) => count(v), "spectrum"),
      number_column("Stretches", "", "spectrum.segments", count, "spectrum"),
      number_column("Frames apart", "fs", "spectrum.spacing_fs", (v) => significant(v, 3), "spectrum"),
    ], replicas));
}

// A tenth beyond the last wavenumber with a density that can be seen.
function visible_end({ data }) {
  const highest = data.y.reduce((most, v) => Math.max(most, v), 0);
  let last = data.y.length - 1;
  while (last > 0 && data.y[last] < INVISIBLE * highest) last--;
  return 1.1 * data.x[last];
}
