//! How to look at written trajectories: command lines of three viewers.
//!
//! - VMD: `-f` loads the files behind it into one molecule, so that a structure gives a DCD its elements
//!   (<https://www.ks.uiuc.edu/Research/vmd/current/ug/>, "VMD Command-Line Options")
//! - PyMOL: `-d` runs a command after the files were loaded (its manual page, pymol(1)); `load_traj FILE, OBJECT` adds the frames
//!   of a DCD to an object, which is named like its file (<https://pymolwiki.org/index.php/Load_Traj>)
//! - OVITO takes a file, and finds its frames (<https://www.ovito.org/manual/reference/file_formats/input/xyz.html>)

use std::path::{Path, PathBuf};

/// A trajectory with elements: extended XYZ.
pub fn of_xyz(trajectory: &Path) -> Vec<String> {
    let file = quoted(trajectory);
    vec![
        format!("ovito {file}"),
        format!("vmd {file}"),
        format!("pymol {file}"),
    ]
}

/// A DCD, which has none, beside a structure that has.
pub fn of_dcd(structure: &Path, trajectory: &Path) -> Vec<String> {
    let object = structure.file_stem().unwrap_or_default().to_string_lossy();
    let (structure, file) = (quoted(structure), quoted(trajectory));
    let plain = short(trajectory).display().to_string();
    vec![
        format!("vmd -f {structure} {file}"),
        format!("pymol {structure} -d \"load_traj {plain}, {object}\""),
    ]
}

/// As one would type it here: relative where it is below the working directory.
pub fn short(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let absolute = std::path::absolute(path).unwrap_or(path.to_path_buf());
    absolute.strip_prefix(&here).unwrap_or(path).to_path_buf()
}

/// For a shell: in quotes where it would come apart.
fn quoted(path: &Path) -> String {
    let text = short(path).display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,=:@%~".contains(c);
    match text.chars().all(is_plain) && !text.starts_with('~') {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dcd_comes_with_its_structure_and_an_xyz_alone() {
        let (start, dcd) = (Path::new("/a/start.xyz"), Path::new("/a/trajectory.dcd"));
        assert_eq!(
            of_dcd(start, dcd),
            [
                "vmd -f /a/start.xyz /a/trajectory.dcd",
                "pymol /a/start.xyz -d \"load_traj /a/trajectory.dcd, start\"",
            ]
        );
        assert_eq!(of_xyz(Path::new("/a/t.xyz"))[0], "ovito /a/t.xyz");
    }

    /// Planted: without quotes the shell sees two files.
    #[test]
    fn paths_are_short_and_survive_a_shell() {
        let below = std::env::current_dir().unwrap().join("run/t.xyz");
        assert_eq!(quoted(&below), "run/t.xyz");
        assert_eq!(quoted(Path::new("/a/my run/t.xyz")), "'/a/my run/t.xyz'");
        assert_eq!(quoted(Path::new("/a/it's.xyz")), r"'/a/it'\''s.xyz'");
    }
}
