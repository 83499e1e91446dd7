// The words of analysis.json's own `definitions`, and of what only the page shows.

const NOTE = "Keys of analysis.json, which has every number of this page, and what only this page shows.";
const OWN_MEANINGS = {
  unseen: "saved frames with a distance between two elements that the training of the weights never had; from summary.json",
  kinetic_ev: "Σp²/2m of all atoms, from thermo.csv",
  targets: "what the thermostat works towards: of T_vib the target of the modes that move (with dof md17 T·3N/(3N−6)), of T_trans and T_rot 0 K where that motion was taken out at the start",
  bond_deviation: "of each saved frame the bond that is furthest from its reference length",
  pairs: "the part of h(r) that is due to one pair of elements; the parts add up to h(r)",
  force_deviation: "√⟨|F − ⟨F⟩|²⟩ over the networks of the ensemble: largest of an atom, and root mean square over the atoms",
  ns_per_day: "simulated time of one replica per day of wall time, output included",
};
