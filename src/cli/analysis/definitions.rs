//! What each number is, in one line: printed beside it and written into `analysis.json`.

use std::collections::BTreeMap;

/// Key of `analysis.json` and its meaning.
const DEFINITIONS: [(&str, &str); 22] = [
    ("bond_angles", "as bond_lengths, in degrees; H-C-O has its vertex at C"),
    ("bond_lengths", "over the bonds of a kind and the frames analyzed; std is that of one length, errors of means from block means in time; differences to the mean over the reference frames, as they are, in units of both errors together and of the reference's std; reweighted_*: to the frames weighted as for h_r.h_r_mae_reweighted, the error of their mean from block sums of weight times deviation"),
    ("conserved.drift_ev_per_ps", "slope of least squares of the conserved quantity; error from block means about the line"),
    ("conserved.drift_kt_per_ns_per_dof", "slope / (k T dof), T the mean of thermo.csv"),
    ("diffusion", "D = slope/6 of MSD(t) = <|r(t0+t)-r(t0)|²>, unwrapped, centre of mass at rest, fitted from 1 % to 5 % of the length; error from ten blocks in time; exponent d ln MSD/d ln t is 1 where it diffuses; no correction for the size of the box"),
    ("equilibrated_after_ps", "start that leaves the most independent samples of the potential energy (Chodera 2016)"),
    ("frames_analyzed", "frames before the first broken one; all of them where the run had another rule than bonds"),
    ("g_r", "V <pairs in shell> / (N N shell volume), nearest images, bins of equal width"),
    ("g_r.g_r_mae_a", "Σ|g−g_ref|Δr"),
    ("h_r.h_r_floor", "MAE expected of a perfect potential, frames as correlated as these (block bootstrap)"),
    ("h_r.h_r_half_split", "MAE of the first half of the reference against its second half"),
    ("h_r.h_r_independent_floor", "MAE of as many independent reference frames, ≈ c/√n"),
    ("h_r.h_r_mae", "Σ|h−h_ref|Δr, in [0, 2]; h(r): all pairs, 500 bins to 10 Å, unit integral"),
    ("h_r.h_r_mae_reweighted", "MAE against reference frames weighted by exp(−(E_labels−E_sampled)/kT): what a network of the labels can reach"),
    ("radius_of_gyration_a", "√(Σm|r−R|²/Σm), R the centre of mass"),
    ("rmsd_a", "√(mean |r−r₀|²) after optimal superposition on the first frame, atoms of equal weight"),
    ("spectrum", "cosine transform of C(t) = Σm<v(0)·v(t)>/Σm<v²>, averaged over segments, Hann window"),
    ("stability.by_every_step", "the verdict of the run, which looked at every step, not at saved frames only"),
    ("stability.first_broken_frame", "first saved frame with a bond further from its reference length than the threshold"),
    ("stable_ps", "until a rule stopped the run, or its end; of a trajectory: last frame before the first broken one"),
    ("temperature_k", "2K/(dof k); error of the mean by blocking (Flyvbjerg & Petersen 1989)"),
    ("worst_bond", "the bond of the frames analyzed that is furthest from its reference length"),
];

/// All, by key.
pub fn all() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from(DEFINITIONS)
}

/// Of one key; the keys are written in this program.
pub fn of(key: &str) -> &'static str {
    let found = DEFINITIONS.iter().find(|(name, _)| *name == key);
    found.map_or("", |(_, text)| text)
}
