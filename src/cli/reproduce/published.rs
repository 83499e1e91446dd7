//! Numbers of the ET-OREO paper ("May the Force be with You", 2023) that ours stand beside.

use oreo_training::objective::Variant;

/// A row of table 2: force MAE (meV/Å), stable (ps of 300), h(r) MAE.
struct Molecule {
    /// As in our files.
    molecule: &'static str,
    /// TorchMDNet, ET-ORE, ET-OREO.
    rows: [[f64; 3]; 3],
}

/// Original labels of MD17, 9,500 training frames of each molecule.
const MD17: [Molecule; 4] = [
    Molecule {
        molecule: "aspirin",
        rows: [[7.4, 102.0, 0.04], [4.2, 94.0, 0.04], [1.0, 300.0, 0.02]],
    },
    Molecule {
        molecule: "ethanol",
        rows: [[5.6, 121.0, 0.12], [3.1, 300.0, 0.10], [1.0, 300.0, 0.03]],
    },
    Molecule {
        molecule: "naphthalene",
        rows: [[3.3, 50.0, 0.12], [2.0, 25.0, 0.11], [0.9, 300.0, 0.03]],
    },
    Molecule {
        molecule: "salicylic",
        rows: [[4.7, 60.0, 0.06], [2.5, 94.0, 0.05], [0.9, 300.0, 0.02]],
    },
];

/// Force MAE (meV/Å), stable (ps), h(r) MAE of a variant; `None` for what the paper does not have.
pub fn md17(molecule: &str, variant: Variant) -> Option<[f64; 3]> {
    let row = match variant {
        Variant::TorchMdNet => 0,
        Variant::EtOre => 1,
        Variant::EtOreo => 2,
        _ => return None,
    };
    let found = MD17.iter().find(|row| row.molecule == molecule)?;
    Some(found.rows[row])
}

/// Table 4, MAE in meV with all of QM9: from scratch (TorchMDNet), pre-trained (ET-OREO).
pub fn qm9(property: &str) -> Option<[f64; 2]> {
    Some(match property {
        "homo" => [20.3, 16.8],
        "lumo" => [17.5, 14.5],
        "gap" => [36.1, 26.4],
        _ => return None,
    })
}
