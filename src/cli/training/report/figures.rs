//! Figures of a training: learning curves in its folder, where errors come from in `plots/`.

use super::Report;
use crate::cli::figure_size::FigureWidth;
use anyhow::Result;
use std::path::Path;

#[cfg(feature = "plots")]
pub use drawn::{draw_curves, write};

/// Nothing in a build without plots.
#[cfg(not(feature = "plots"))]
pub fn write(_: &Report, _: &Path, _: Option<FigureWidth>) -> Result<()> {
    Ok(())
}

/// Nothing in a build without plots.
#[cfg(not(feature = "plots"))]
pub fn draw_curves(_: &Path, _: Option<FigureWidth>) -> Result<Vec<std::path::PathBuf>> {
    Ok(Vec::new())
}

#[cfg(feature = "plots")]
mod drawn {
    use super::super::curves::{LearningCurves, MEASURES};
    use super::super::predicted::{Group, Predicted};
    use super::super::verdict::capital;
    use super::*;
    use crate::cli::{figure_size, plots};
    use oreo_validation::plots::{
        error_by_force, errors_by_name, force_parity, Axis, Figure, Mark, Panel,
    };
    use std::path::PathBuf;

    /// Everything that the report has, as SVG, PNG and CSV.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(report: &Report, folder: &Path, width: Option<FigureWidth>) -> Result<()> {
        let predicted = report.predicted.as_ref();
        let figures = predicted.map_or(Vec::new(), of_predictions);
        let figures: Vec<_> = figures
            .into_iter()
            .map(|(name, f)| (name.into(), f))
            .collect();
        plots::write(&figures, &folder.join("plots"), width)?;
        let curves = folder.join("learning_curves");
        learning_curves(&report.curves).save(&curves, figure_size::of(width))?;
        Ok(())
    }

    fn of_predictions(predicted: &Predicted) -> Vec<(&'static str, Figure)> {
        let mut figures = Vec::new();
        if let Some(force) = &predicted.force {
            let elements = force.per_element.iter();
            let elements = elements.map(|e| (e.element.to_string(), e.force_mae_mev_per_a));
            let elements: Vec<_> = elements.collect();
            figures.push(("parity", force_parity(&predicted.parity, force)));
            figures.push(("error-by-force", error_by_force(&predicted.by_force)));
            let title = "Force error by element";
            figures.push(("error-by-element", errors_by_name(title, FORCES, &elements)));
        }
        for (name, title, groups) in [
            ("error-by-file", "Error by file", &predicted.by_source),
            (
                "error-by-molecule",
                "Error by molecule",
                &predicted.by_molecule,
            ),
        ] {
            figures.extend(by_group(title, groups).map(|figure| (name, figure)));
        }
        figures
    }

    /// One number of a group.
    type ErrorOf = fn(&Group) -> Option<f64>;

    const FORCES: &str = "Force MAE (meV/Å)";

    /// Of forces where there are any, else of the property or the energies.
    fn by_group(title: &str, groups: &[Group]) -> Option<Figure> {
        let measures: [(&str, ErrorOf); 3] = [
            (FORCES, |group| group.force_mae_mev_per_a),
            ("Property MAE (meV)", |group| group.property_mae_mev),
            ("Energy MAE (meV)", |group| group.energy_mae_mev),
        ];
        measures.into_iter().find_map(|(measure, error)| {
            let named = |group: &Group| Some((group.name.clone(), error(group)?));
            let errors: Vec<_> = groups.iter().filter_map(named).collect();
            (!errors.is_empty()).then(|| errors_by_name(title, measure, &errors))
        })
    }

    /// Draws `learning_curves.csv` of a folder, which a training that was stopped has, too.
    ///
    /// # Errors
    /// When the table cannot be read or the figures cannot be written.
    pub fn draw_curves(folder: &Path, width: Option<FigureWidth>) -> Result<Vec<PathBuf>> {
        let figure = learning_curves(&LearningCurves::read(folder)?);
        let paths = figure.save(&folder.join("learning_curves"), figure_size::of(width))?;
        Ok(paths.to_vec())
    }

    fn learning_curves(curves: &LearningCurves) -> Figure {
        let seen = || Axis::linear("Conformations seen");
        let loss = Panel::new(seen(), Axis::logarithmic(loss_label(curves)))
            .with("training", Mark::Line, curves.points("train_loss"))
            .with("validation", Mark::Line, curves.points("validation_loss"));
        let mut panels = vec![loss];
        for measure in MEASURES {
            let points = curves.points(measure.column);
            if !points.is_empty() {
                let label = format!("{} ({})", capital(measure.name), measure.unit);
                let panel = Panel::new(seen(), Axis::logarithmic(label));
                // In the colour that it has above.
                let panel = panel.with("", Mark::Line, Vec::new());
                panels.push(panel.with("validation", Mark::Line, points));
            }
        }
        Figure {
            title: "Learning curves".into(),
            caption: String::new(),
            panels,
        }
    }

    /// Terms of several units have weights with units.
    fn loss_label(curves: &LearningCurves) -> &'static str {
        let has = |name: &str| !curves.points(name).is_empty();
        let scalars = ["train_energy", "train_property"].into_iter().any(has);
        match (scalars, has("train_forces")) {
            (false, true) => "Loss (eV²/Å²)",
            (true, false) => "Loss (eV²)",
            _ => "Loss",
        }
    }
}
