//! What is left of a training: learning curves as plots.

use anyhow::Result;
use std::path::{Path, PathBuf};

/// Draws `learning_curves.csv` of a folder as SVG and PNG: validation force or property MAE, training and validation loss.
///
/// # Errors
/// When the table cannot be read or the plots cannot be written.
#[cfg(feature = "plots")]
pub fn draw_curves(folder: &Path) -> Result<Vec<PathBuf>> {
    use oreo_validation::plots::{Axis, Figure, Mark, Panel};
    let table = std::fs::read_to_string(folder.join("learning_curves.csv"))?;
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let column = |name: &str| -> Vec<[f64; 2]> {
        let Some(at) = names.iter().position(|&other| other == name) else {
            return Vec::new();
        };
        let number = |row: &Vec<&str>, at: usize| row.get(at)?.parse::<f64>().ok();
        let point = |row| Some([number(row, 1)?, number(row, at)?]);
        rows.iter().filter_map(point).collect()
    };
    let axis = || Axis::linear("conformations seen");
    let mut panel = Panel::new(axis(), Axis::logarithmic("loss / (eV/A)^2"))
        .with("training", Mark::Line, column("train_loss"))
        .with("validation", Mark::Line, column("validation_loss"));
    for (name, label) in [
        ("property_mae_mev", "property MAE / meV"),
        ("force_mae_mev_per_a", "force MAE / (meV/A)"),
    ] {
        let mae = column(name);
        if !mae.is_empty() {
            let axes = Panel::new(axis(), Axis::logarithmic(label));
            panel = axes.with("validation", Mark::Line, mae);
        }
    }
    let figure = Figure::single("Learning curve", panel);
    Ok(figure.save(&folder.join("learning_curves"))?.to_vec())
}

/// Nothing in a build without plots.
#[cfg(not(feature = "plots"))]
pub fn draw_curves(_: &Path) -> Result<Vec<PathBuf>> {
    Ok(Vec::new())
}
