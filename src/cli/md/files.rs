//! Which files a run has left, and how to look at them.

use crate::cli::choices::TrajectoryFormat;
use crate::cli::plan::Plan;
use crate::cli::viewers;
use crate::run::RunDirectory;
use std::path::Path;

/// For the end of a run; `analyzed` if there is a report.
pub(super) fn of(plan: &Plan, directory: &RunDirectory, analyzed: bool) -> String {
    let root = viewers::short(directory.root());
    let mut lines = vec![format!("in {}/:", root.display())];
    if analyzed {
        lines.push("  report.html (look here first), plots/, analysis.json, summary.json".into());
    } else {
        lines.push("  summary.json".into());
    }
    let folders = match plan.replicas {
        1 => "replica-0/".to_string(),
        several => format!("replica-0/ to replica-{}/", several - 1),
    };
    let has = |format| plan.formats.contains(&format);
    let trajectory = match (has(TrajectoryFormat::Xyz), has(TrajectoryFormat::Dcd)) {
        (true, true) => "trajectory.xyz and .dcd",
        (true, false) => "trajectory.xyz",
        _ => "trajectory.dcd",
    };
    lines.push(format!("  {folders}: {trajectory}, start.xyz, thermo.csv"));
    lines.push("  config.toml, checkpoint.oreo, log.txt".into());
    lines.push("to see it move:".into());
    let viewers = viewers_of(plan, &directory.replica(0), &directory.start(0));
    lines.extend(viewers.into_iter().map(|line| format!("  {line}")));
    lines.join("\n") + "\n"
}

/// VMD reads a DCD faster than text; the others find everything in the text.
fn viewers_of(plan: &Plan, folder: &Path, start: &Path) -> Vec<String> {
    let has = |format| plan.formats.contains(&format);
    let (xyz, dcd) = (folder.join("trajectory.xyz"), folder.join("trajectory.dcd"));
    match (has(TrajectoryFormat::Xyz), has(TrajectoryFormat::Dcd)) {
        (true, false) => viewers::of_xyz(&xyz),
        (false, _) => viewers::of_dcd(start, &dcd),
        (true, true) => {
            let vmd = viewers::of_dcd(start, &dcd).into_iter().take(1);
            let others = viewers::of_xyz(&xyz).into_iter();
            vmd.chain(others.filter(|line| !line.starts_with("vmd")))
                .collect()
        }
    }
}
