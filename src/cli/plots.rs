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
        for (number, series) in panel.series.iter().enumerate() {
            // Without a name it is what the one above is.
            let above = figure.panels[0].series.get(number);
            let unnamed = series.name.is_empty().then_some(above).flatten();
            let series_name = &unnamed.unwrap_or(series).name;
            for [x, y] in &series.points {
                let name = panel.y.names.get((-y).max(0.0) as usize);
                let y = name.cloned().unwrap_or_else(|| y.to_string());
                let names = [&panel.x.label, &panel.y.label, series_name];
                let [across, up, series] = names.map(|name| cell(name));
                let _ = writeln!(text, "{across},{up},{series},{x},{}", cell(&y));
            }
        }
    }
    text
}

/// RFC 4180: in quotes where a comma would end it.
fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oreo_validation::plots::{Axis, Mark, Panel};

    /// Catches names as they are: rows of six cells.
    #[test]
    fn a_comma_in_a_name_makes_no_cell_and_bars_keep_their_names() {
        let axis = Axis::named("", vec!["H".into(), "C, \"all\"".into()]);
        let panel = Panel::new(Axis::linear("error (eV)"), axis);
        let points = vec![[2.0, 0.0], [3.0, -1.0]];
        let panel = panel.with("reference, reweighted", Mark::Bars, points);
        let expected = "x_axis,y_axis,series,x,y\n\
            error (eV),,\"reference, reweighted\",2,H\n\
            error (eV),,\"reference, reweighted\",3,\"C, \"\"all\"\"\"\n";
        assert_eq!(csv(&Figure::single("", panel)), expected);
    }
}
