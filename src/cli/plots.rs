//! Figures in a folder, each as SVG, PNG and CSV.

use super::figure_size::{self, FigureWidth};
use crate::checkpoint::replace_atomically;
use anyhow::{Context, Result};
use oreo_validation::plots::Figure;
use std::path::Path;

/// Under their names, in a folder that is made if missing.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    figures: &[(String, Figure)],
    folder: &Path,
    width: Option<FigureWidth>,
) -> Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    for (name, figure) in figures {
        figure.save(&folder.join(name), figure_size::of(width))?;
        let path = folder.join(format!("{name}.csv"));
        replace_atomically(&path, csv(figure).as_bytes())
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// The drawn points, for those who draw themselves; of an axis of names, these.
fn csv(figure: &Figure) -> String {
    use std::fmt::Write;
    let mut text = String::from("x_axis,y_axis,series,x,y\n");
    for panel in &figure.panels {
        for series in &panel.series {
            for [x, y] in &series.points {
                let name = panel.y.names.get((-y).max(0.0) as usize);
                let y = name.cloned().unwrap_or_else(|| y.to_string());
                let (across, up) = (&panel.x.label, &panel.y.label);
                let _ = writeln!(text, "{across},{up},{},{x},{y}", series.name);
            }
        }
    }
    text
}
