//! The names that scripts rely on.

use oreo_core::{Element, Vec3};
use oreo_validation::energies::EnergyErrors;
use oreo_validation::forces::ForceErrors;
use serde_json::{json, to_value};

#[test]
fn force_and_energy_reports_carry_the_promised_keys() {
    let hydrogen: Vec<Element> = vec!["H".parse().unwrap()];
    let mut forces = ForceErrors::new();
    forces
        .add_frame(&hydrogen, &[Vec3::new(0.003, 0.0, 0.0)], &[Vec3::zeros()])
        .unwrap();
    let mut energies = EnergyErrors::new();
    energies.add(2.0, 1.0).unwrap();
    let forces = to_value(forces.report().unwrap()).unwrap();
    let energies = to_value(energies.report().unwrap()).unwrap();
    for key in [
        "frames",
        "atoms",
        "force_mae_mev_per_a",
        "force_rmse_mev_per_a",
        "force_cosine",
    ] {
        assert!(forces.get(key).is_some(), "{key}");
    }
    assert_eq!(
        forces["force_cosine"],
        json!(null),
        "zero forces have no direction"
    );
    assert_eq!(forces["per_element"][0]["element"], "H");
    assert_eq!(energies["energy_mae_mev"], json!(0.0));
    assert_eq!(energies["energy_offset_ev"], json!(1.0));
}
