//! The trajectory as the viewer of a page holds it: few frames, 16 bits a coordinate.

use crate::cli::analysis::curves::Curves;
use crate::cli::analysis::snapshots::MOST_FRAMES;
use crate::cli::page::packed::{Floats, Shorts};
use oreo_core::{Mat3, Periodic, Vec3};
use oreo_validation::geometry::superpose;
use serde::Serialize;

/// Bytes of one atom in one frame, in base64.
const BYTES: usize = 8;

/// Frames of one replica.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Movie {
    /// Numbers of the frames in the file, from 0.
    frames: Vec<u64>,
    /// `null` where no time is known.
    times_ps: Option<Vec<f64>>,
    /// Å of one unit, of each frame: an exploded one must not make the others coarse.
    scale_a: Floats,
    /// x, y, z of each atom of each frame, about the middle of the picture.
    positions: Shorts,
    /// Rows of the first cell, Å.
    cell_a: Option<[[f64; 3]; 3]>,
    /// Whether frames were laid on the first one.
    superposed: bool,
}

/// Of the frames kept; `None` where even two frames need more than `bytes`.
pub fn of(curves: &Curves, bytes: usize) -> Option<Movie> {
    let atoms = curves.elements.len().max(1);
    let most = (bytes / (atoms * BYTES)).min(MOST_FRAMES);
    if most < 2 {
        return None;
    }
    // The end and the two frames of a break come on top.
    let chosen = curves.snapshots.chosen(most.saturating_sub(3).max(1));
    let first = chosen.first()?;
    let view = View::of(curves.cell.as_ref(), &first.positions);
    let mut movie = Movie {
        frames: chosen.iter().map(|snapshot| snapshot.frame).collect(),
        times_ps: curves.times_ps.as_ref().and_then(|times| {
            let time = |frame: u64| times.get(frame as usize).copied();
            chosen.iter().map(|snapshot| time(snapshot.frame)).collect()
        }),
        scale_a: Floats::default(),
        positions: Shorts::default(),
        cell_a: curves.cell.as_ref().map(cell_rows),
        superposed: curves.cell.is_none(),
    };
    for snapshot in &chosen {
        movie.add(&view.place(&snapshot.positions));
    }
    Some(movie)
}

impl Movie {
    fn add(&mut self, positions: &[Vec3]) {
        let largest = positions
            .iter()
            .fold(0.0, |most: f64, r| most.max(r.amax()));
        let scale = largest.max(f64::MIN_POSITIVE) / f64::from(i16::MAX);
        let coordinates = positions.iter().flat_map(|r| [r.x, r.y, r.z]);
        let short = |x: f64| (x / scale).round() as i16;
        self.scale_a.0.push(scale as f32);
        self.positions.0.extend(coordinates.map(short));
    }
}

/// How the atoms are placed before the camera.
enum View {
    /// Laid on the first frame, whose longest extent is horizontal and whose shortest points at the camera.
    Superposed(Vec<Vec3>),
    /// In the box, about its middle.
    Boxed(Box<Periodic>),
}

impl View {
    fn of(cell: Option<&Periodic>, first: &[Vec3]) -> Self {
        match cell {
            Some(cell) => View::Boxed(Box::new(cell.clone())),
            None => {
                let center = first.iter().sum::<Vec3>() / first.len().max(1) as f64;
                let axes = principal_axes(first, &center);
                View::Superposed(first.iter().map(|r| axes * (r - center)).collect())
            }
        }
    }

    fn place(&self, positions: &[Vec3]) -> Vec<Vec3> {
        match self {
            View::Boxed(cell) => {
                let middle = cell.vectors() * Vec3::repeat(0.5);
                positions.iter().map(|r| cell.wrap(r) - middle).collect()
            }
            View::Superposed(target) => match superpose(positions, target) {
                Ok(fit) => {
                    let turned = |r: &Vec3| fit.rotation * r + fit.translation;
                    positions.iter().map(turned).collect()
                }
                // Only frames of other atoms, which were refused, or none at all.
                Err(_) => positions.to_vec(),
            },
        }
    }
}

/// Rows: directions of largest, middle and smallest extent; a proper rotation.
fn principal_axes(positions: &[Vec3], center: &Vec3) -> Mat3 {
    let spread = |r: &Vec3| (r - center) * (r - center).transpose();
    let covariance: Mat3 = positions.iter().map(spread).sum();
    let eigen = covariance.symmetric_eigen();
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let axis = |k: usize| eigen.eigenvectors.column(order[k]).into_owned();
    let (long, middle) = (axis(0), axis(1));
    Mat3::from_rows(&[
        long.transpose(),
        middle.transpose(),
        long.cross(&middle).transpose(),
    ])
}

fn cell_rows(cell: &Periodic) -> [[f64; 3]; 3] {
    let vector = |k: usize| cell.vectors().column(k).into_owned().into();
    [vector(0), vector(1), vector(2)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::analysis::snapshots::Snapshots;

    fn curves(frames: &[Vec<Vec3>]) -> Curves {
        let mut snapshots = Snapshots::new(frames[0].len());
        frames.iter().for_each(|frame| snapshots.add(frame, false));
        Curves {
            elements: vec!["H".parse().unwrap(); frames[0].len()],
            snapshots,
            ..Curves::default()
        }
    }

    fn distance(movie: &Movie, frame: usize, atoms: usize) -> f64 {
        let start = frame * atoms * 3;
        let at = |k: usize| f64::from(movie.positions.0[start + k]);
        let squares = (0..3).map(|k| (at(k) - at(3 + k)).powi(2));
        squares.sum::<f64>().sqrt() * f64::from(movie.scale_a.0[frame])
    }

    /// Catches one scale for all frames: after an explosion to 3000 Å the first frame would be wrong by 0.05 Å.
    #[test]
    fn lengths_survive_rounding_rotation_and_an_explosion() {
        let shape = |d: f64| {
            vec![
                Vec3::zeros(),
                Vec3::new(0.3, d, 0.4),
                Vec3::new(1.0, 1.0, -2.0),
            ]
        };
        let frames = [shape(0.75), shape(3000.0)];
        let movie = of(&curves(&frames), 1_000_000).unwrap();
        for (k, frame) in frames.iter().enumerate() {
            let expected = frame[1].norm();
            let found = distance(&movie, k, 3);
            assert!(
                (found - expected).abs() < 1e-4 * expected,
                "{found}, {expected}"
            );
        }
    }

    #[test]
    fn too_many_atoms_for_the_page_are_no_movie() {
        let frames = [vec![Vec3::zeros(); 100], vec![Vec3::zeros(); 100]];
        assert_eq!(of(&curves(&frames), 1000), None);
        assert!(of(&curves(&frames), 10_000).is_some());
    }

    #[test]
    fn the_longest_extent_is_horizontal() {
        let line = [0.0, 1.0, 2.0].map(|z| Vec3::new(0.0, 0.1 * z * z, 5.0 * z));
        let center = line.iter().sum::<Vec3>() / 3.0;
        let axes = principal_axes(&line, &center);
        let turned = axes * (line[2] - line[0]);
        assert!(turned.x.abs() > 9.9 && turned.z.abs() < 1e-9, "{turned}");
        assert!((axes.determinant() - 1.0).abs() < 1e-9);
    }
}
