//! Writes one made-up trajectory as extended XYZ and DCD, and its numbers as npz, for
//! `validation/scripts/read_with_ase_and_mdanalysis.py`.
//!
//! `cargo run --release -p oreo-formats --example write_samples -- FOLDER`

use oreo_core::units::FEMTOSECOND;
use oreo_core::{Cell, Element, Frame, Vec3};
use oreo_formats::npz::{write_npz, NpzArray};
use oreo_formats::{create_trajectory, FormatError, Timing};
use std::path::Path;

const TIMING: Timing = Timing {
    first_step: 20,
    interval: 10,
    timestep: 0.5 * FEMTOSECOND,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder")?;
    let folder = Path::new(&folder);
    let tilted = Cell::periodic([[8.0, 0.0, 0.0], [1.0, 7.0, 0.0], [-0.5, 0.25, 9.0]])?;
    write(folder, "open", Cell::Open)?;
    write(folder, "tilted", tilted)?;
    Ok(())
}

fn write(folder: &Path, name: &str, cell: Cell) -> Result<(), FormatError> {
    let frames: Vec<_> = (0..5).map(|k| frame(k, cell.clone())).collect();
    for extension in ["xyz", "dcd"] {
        let path = folder.join(format!("{name}.{extension}"));
        let mut writer = create_trajectory(path, TIMING)?;
        for frame in &frames {
            writer.write(&frame.as_ref())?;
        }
        writer.flush()?;
    }
    let flat = |part: fn(&Frame) -> &[Vec3]| -> Vec<f64> {
        let vectors = frames.iter().flat_map(part);
        vectors.flat_map(|v| [v.x, v.y, v.z]).collect()
    };
    let energies: Vec<_> = frames.iter().filter_map(|frame| frame.energy).collect();
    let rows = match &cell {
        Cell::Open => vec![0.0; 9],
        Cell::Periodic(periodic) => periodic.vectors().iter().copied().collect(),
    };
    let (positions, forces) = (
        flat(|frame| &frame.positions),
        flat(|frame| frame.forces.as_deref().unwrap_or_default()),
    );
    write_npz(
        folder.join(format!("{name}.npz")),
        &[
            ("positions", &[5, 3, 3], NpzArray::F64(&positions)),
            ("forces", &[5, 3, 3], NpzArray::F64(&forces)),
            ("energies", &[5], NpzArray::F64(&energies)),
            ("cell", &[3, 3], NpzArray::F64(&rows)),
            ("numbers", &[3], NpzArray::I64(&[8, 1, 1])),
        ],
    )
}

fn frame(k: u64, cell: Cell) -> Frame {
    let vectors = |phase: f64| {
        let vector = |i: u64| {
            let x = phase + (i + k) as f64;
            Vec3::new(x.sin(), (1.3 * x).cos(), (0.7 * x).sin() / 3.0)
        };
        (0..3).map(vector).collect::<Vec<_>>()
    };
    let element = |z| Element::from_atomic_number(z).expect("oxygen and hydrogen");
    let step = TIMING.first_step + k * TIMING.interval;
    Frame {
        cell,
        energy: Some(-14.0 - (k as f64).sin()),
        forces: Some(vectors(0.3)),
        velocities: Some(vectors(0.6)),
        step: Some(step),
        time: Some(step as f64 * TIMING.timestep),
        ..Frame::new([8, 1, 1].map(element).to_vec(), vectors(0.0))
    }
}
