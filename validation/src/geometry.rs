//! Shape of a molecule: RMSD after optimal superposition, radius of gyration.

use crate::error::{all_finite, same_length};
use crate::ValidationError;
use oreo_core::{Mat3, Vec3};

/// The rotation and translation that bring one set of positions closest to another: `r ↦ rotation · r + translation`.
#[derive(Debug, Clone, PartialEq)]
pub struct Superposition {
    /// Proper: its determinant is +1.
    pub rotation: Mat3,
    /// Å
    pub translation: Vec3,
    /// Å, root of the mean square distance that remains.
    pub rmsd: f64,
}

/// Kabsch, Acta Cryst. A 32, 922 (1976), by singular values: with the covariance H = Σ (mobile − c)(target − c)ᵀ =
/// U S Vᵀ, the rotation is V diag(1, 1, d) Uᵀ, where d = ±1 makes it proper. Without d a molecule is laid on its mirror
/// image and enantiomers look equal. Every atom weighs the same; positions must be unwrapped.
pub fn superpose(mobile: &[Vec3], target: &[Vec3]) -> Result<Superposition, ValidationError> {
    same_length("atoms to superpose", target.len(), mobile.len())?;
    all_finite("position", mobile, 0)?;
    all_finite("position", target, 0)?;
    if mobile.is_empty() {
        return Err(ValidationError::TooFew {
            quantity: "the RMSD",
            unit: "atoms",
            needed: 1,
            found: 0,
        });
    }
    let (from, to) = (centroid(mobile), centroid(target));
    let mut covariance = Mat3::zeros();
    for (m, t) in mobile.iter().zip(target) {
        covariance += (m - from) * (t - to).transpose();
    }
    let rotation = proper_rotation(covariance);
    let translation = to - rotation * from;
    let squares = mobile
        .iter()
        .zip(target)
        .map(|(m, t)| (rotation * m + translation - t).norm_squared());
    let rmsd = (squares.sum::<f64>() / mobile.len() as f64).sqrt();
    Ok(Superposition {
        rotation,
        translation,
        rmsd,
    })
}

/// Å, after optimal superposition.
pub fn rmsd(positions: &[Vec3], reference: &[Vec3]) -> Result<f64, ValidationError> {
    superpose(positions, reference).map(|fit| fit.rmsd)
}

/// √(Σ m |r − R|² / Σ m), R the centre of mass, Å. Positions must be unwrapped.
pub fn radius_of_gyration(masses: &[f64], positions: &[Vec3]) -> Result<f64, ValidationError> {
    same_length("masses", positions.len(), masses.len())?;
    all_finite("position", positions, 0)?;
    let total: f64 = masses.iter().sum();
    crate::error::positive("total mass", total)?;
    let weighted = |sum: Vec3, (m, r): (&f64, &Vec3)| sum + *m * r;
    let center = masses.iter().zip(positions).fold(Vec3::zeros(), weighted) / total;
    let moment: f64 = masses
        .iter()
        .zip(positions)
        .map(|(m, r)| m * (r - center).norm_squared())
        .sum();
    Ok((moment / total).sqrt())
}

fn centroid(positions: &[Vec3]) -> Vec3 {
    positions.iter().sum::<Vec3>() / positions.len() as f64
}

/// nalgebra sorts singular values in descending order, so that the sign goes to the smallest.
fn proper_rotation(covariance: Mat3) -> Mat3 {
    let svd = covariance.svd(true, true);
    let (u, v) = match (svd.u, svd.v_t) {
        (Some(u), Some(v_t)) => (u, v_t.transpose()),
        _ => unreachable!("both factors were asked for"),
    };
    let sign = (v * u.transpose()).determinant().signum();
    v * Mat3::from_diagonal(&Vec3::new(1.0, 1.0, sign)) * u.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chiral set: no rotation lays it on its mirror image.
    fn chiral() -> Vec<Vec3> {
        [
            [0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, 2.0, 0.0],
            [0.0, 0.0, 3.0],
        ]
        .map(Vec3::from)
        .to_vec()
    }

    fn rotation() -> Mat3 {
        nalgebra::Rotation3::from_euler_angles(0.3, -2.0, 1.1).into_inner()
    }

    /// Catches a rotation applied the wrong way round (its transpose).
    #[test]
    fn a_moved_molecule_has_no_rmsd_and_the_motion_is_found() {
        let target: Vec<Vec3> = chiral()
            .iter()
            .map(|r| rotation() * r + Vec3::new(5.0, -3.0, 2.0))
            .collect();
        let fit = superpose(&chiral(), &target).unwrap();
        assert!(fit.rmsd < 1e-12);
        assert!((fit.rotation - rotation()).norm() < 1e-12);
        assert!((fit.translation - Vec3::new(5.0, -3.0, 2.0)).norm() < 1e-12);
    }

    /// Catches the improper rotation: without the sign the RMSD would be zero.
    #[test]
    fn mirror_images_are_not_equal() {
        let mirrored: Vec<Vec3> = chiral().iter().map(|r| Vec3::new(-r.x, r.y, r.z)).collect();
        let fit = superpose(&chiral(), &mirrored).unwrap();
        assert!((fit.rotation.determinant() - 1.0).abs() < 1e-12);
        assert!(fit.rmsd > 0.1, "{}", fit.rmsd);
    }

    /// Two points 2 Å apart against 3 Å apart: each is ½ Å off after superposition.
    #[test]
    fn two_points_by_hand() {
        let line = |length: f64| vec![Vec3::zeros(), Vec3::new(0.0, length, 0.0)];
        assert!((rmsd(&line(2.0), &line(3.0)).unwrap() - 0.5).abs() < 1e-12);
        assert!(rmsd(&line(2.0), &chiral()).is_err());
        assert!(rmsd(&[], &[]).is_err());
        assert!(rmsd(&[Vec3::new(f64::NAN, 0.0, 0.0)], &[Vec3::zeros()]).is_err());
    }

    /// Masses 1 and 3 at 0 and 4: R = 3, Rg = √((9 + 3)/4) = √3. Catches the geometric centre (2) and Σm forgotten.
    #[test]
    fn radius_of_gyration_by_hand() {
        let positions = [Vec3::zeros(), Vec3::new(4.0, 0.0, 0.0)];
        assert!((radius_of_gyration(&[1.0, 3.0], &positions).unwrap() - 3f64.sqrt()).abs() < 1e-12);
        assert!(radius_of_gyration(&[1.0], &positions).is_err());
    }
}
