//! Energies of free atoms by least squares: E ≈ Σ_z n_z e_z.
//!
//! Total energies of quantum chemistry are thousands of eV that depend on the composition only. Fitted to energies before
//! training, e_z are what an energy term leaves to the network; fitted to E − Ê after training on forces, they make the
//! network's energies comparable between molecules.

use oreo_core::Element;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// eV for each element.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ElementEnergies(pub BTreeMap<Element, f64>);

impl ElementEnergies {
    /// eV, of all atoms together.
    ///
    /// # Errors
    /// The first element that has no energy.
    pub fn sum(&self, elements: &[Element]) -> Result<f64, Element> {
        let energies = elements.iter();
        energies
            .map(|element| self.0.get(element).copied().ok_or(*element))
            .sum()
    }
}

/// `H=-13.6 C=-1029.5`, in full precision: for the record of weights.
impl fmt::Display for ElementEnergies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|(z, e)| format!("{z}={e:?}")).collect();
        f.write_str(&pairs.join(" "))
    }
}

impl FromStr for ElementEnergies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |pair: &str| {
            let (element, energy) = pair.split_once('=')?;
            Some((element.parse().ok()?, energy.parse().ok()?))
        };
        let pairs = text.split_whitespace().map(|word| {
            pair(word).ok_or_else(|| format!("'{word}' is no element energy such as H=-13.6"))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

/// The sums of the normal equations; memory does not grow with the data.
#[derive(Debug, Clone, Default)]
pub struct ElementEnergyFit {
    /// Σ n_a n_b
    products: BTreeMap<(Element, Element), f64>,
    /// Σ n_a E, eV
    energies: BTreeMap<Element, f64>,
}

impl ElementEnergyFit {
    /// Takes in one molecule of energy `energy`, eV.
    pub fn add(&mut self, elements: &[Element], energy: f64) {
        let mut counts = BTreeMap::<Element, f64>::new();
        for &element in elements {
            *counts.entry(element).or_default() += 1.0;
        }
        for (&a, m) in &counts {
            *self.energies.entry(a).or_default() += m * energy;
            for (&b, n) in &counts {
                *self.products.entry((a, b)).or_default() += m * n;
            }
        }
    }

    /// The energies, and how many combinations of elements the data determine: fewer than elements when, as with one
    /// molecule, compositions do not tell elements apart. Then the solution of least norm is given: sums for such
    /// compositions are right, single energies mean nothing.
    pub fn solve(&self) -> (ElementEnergies, usize) {
        let elements: Vec<_> = self.energies.keys().copied().collect();
        let row = |&a| elements.iter().map(move |&b| (a, b));
        let product = |pair| self.products.get(&pair).copied().unwrap_or(0.0);
        let matrix = elements.iter().map(|a| row(a).map(product).collect());
        let (values, vectors) = eigenvectors(matrix.collect());
        let least = RANK * values.iter().copied().fold(0.0, f64::max);
        let mut solution = vec![0.0; elements.len()];
        let mut rank = 0;
        for (value, vector) in values.iter().zip(&vectors) {
            if *value > least {
                rank += 1;
                let projection = vector.iter().zip(self.energies.values());
                let share = projection.map(|(v, e)| v * e).sum::<f64>() / value;
                let sums = solution.iter_mut().zip(vector);
                sums.for_each(|(sum, v)| *sum += share * v);
            }
        }
        let energies = elements.into_iter().zip(solution).collect();
        (ElementEnergies(energies), rank)
    }
}

/// Eigenvalues below this share of the largest are rounding: counts are whole numbers, whose products are exact.
const RANK: f64 = 1e-11;

/// Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations (Golub & Van Loan, Matrix Computations,
/// section 8.5): for the few elements of a data set, and exact about what is nearly 0.
fn eigenvectors(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut vectors: Vec<Vec<f64>> = (0..n)
        .map(|k| (0..n).map(|j| f64::from(u8::from(j == k))).collect())
        .collect();
    // Convergence is quadratic: ten sweeps are plenty.
    for _ in 0..30 {
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] != 0.0 {
                    let (c, s) = rotation(a[p][p], a[p][q], a[q][q]);
                    for row in &mut a {
                        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                    }
                    rotate_rows(&mut a, p, q, c, s);
                    rotate_rows(&mut vectors, p, q, c, s);
                }
            }
        }
    }
    ((0..n).map(|k| a[k][k]).collect(), vectors)
}

fn rotate_rows(rows: &mut [Vec<f64>], p: usize, q: usize, c: f64, s: f64) {
    for k in 0..rows[p].len() {
        let (x, y) = (rows[p][k], rows[q][k]);
        (rows[p][k], rows[q][k]) = (c * x - s * y, s * x + c * y);
    }
}

/// Cosine and sine of the angle that makes the off-diagonal element 0; the smaller of the two.
fn rotation(pp: f64, pq: f64, qq: f64) -> (f64, f64) {
    let theta = (qq - pp) / (2.0 * pq);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    (c, t * c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(formula: &str) -> Vec<Element> {
        formula.split(' ').map(|z| z.parse().unwrap()).collect()
    }

    const FORMULAS: [&str; 5] = ["H H O", "C H H H H", "N H H H", "C O", "H C N"];

    fn truth() -> ElementEnergies {
        "H=-13.6 C=-1029.5 N=-1485.25 O=-2041.75".parse().unwrap()
    }

    /// Planted: products of counts without the off-diagonal ones shift every energy by tens of eV.
    #[test]
    fn energies_of_atoms_come_back_from_those_of_molecules() {
        let mut fit = ElementEnergyFit::default();
        for formula in FORMULAS {
            let elements = elements(formula);
            fit.add(&elements, truth().sum(&elements).unwrap());
        }
        let (energies, rank) = fit.solve();
        assert_eq!(rank, 4);
        for (element, energy) in &energies.0 {
            assert!(
                (energy - truth().0[element]).abs() < 1e-8,
                "{element} {energy}"
            );
        }
    }

    /// The sum of squares is least: any small change of the energies makes it larger.
    #[test]
    fn no_other_energies_fit_better() {
        let molecules: Vec<_> = FORMULAS.iter().map(|formula| elements(formula)).collect();
        let labels = [1.0, -2.0, 0.5, 3.0, 1.5];
        let mut fit = ElementEnergyFit::default();
        molecules
            .iter()
            .zip(labels)
            .for_each(|(z, e)| fit.add(z, e));
        let (best, _) = fit.solve();
        let loss = |energies: &ElementEnergies| -> f64 {
            let residuals = molecules.iter().zip(labels);
            residuals
                .map(|(z, e)| (energies.sum(z).unwrap() - e).powi(2))
                .sum()
        };
        assert!(loss(&best) > 1e-3);
        for element in best.0.keys() {
            for change in [-1e-4, 1e-4] {
                let mut other = best.clone();
                *other.0.get_mut(element).unwrap() += change;
                assert!(loss(&other) > loss(&best));
            }
        }
    }

    #[test]
    fn one_composition_determines_one_sum() {
        let ethanol = elements("C C O H H H H H H");
        let mut fit = ElementEnergyFit::default();
        (0..10_000).for_each(|k| fit.add(&ethanol, -4200.0 + f64::from(k % 2)));
        let (energies, rank) = fit.solve();
        assert_eq!(rank, 1);
        assert!((energies.sum(&ethanol).unwrap() + 4199.5).abs() < 1e-6);
    }

    #[test]
    fn text_loses_nothing_and_nonsense_is_named() {
        let energies: ElementEnergies = format!("H={:?} Cl=-1e4", -40.0 / 3.0).parse().unwrap();
        assert_eq!(energies.to_string().parse(), Ok(energies));
        assert!("H=a"
            .parse::<ElementEnergies>()
            .unwrap_err()
            .contains("'H=a'"));
        assert_eq!(truth().sum(&elements("H Cl")), Err("Cl".parse().unwrap()));
        assert_eq!(ElementEnergyFit::default().solve(), Default::default());
    }
}
