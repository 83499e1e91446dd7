//! Structures of any size without files: three molecules, and balls of atoms at the density of an organic liquid.
//!
//! Speed depends on how many neighbours atoms have, not on whether the molecule exists. A ball is cut around the centre
//! of a cubic lattice of 2.23 Å, which is 0.09 atoms/Å3 (liquid ethanol has 0.093), and each atom is moved by up to
//! 0.5 Å along each axis, the same way every time: no two atoms come closer than 1.2 Å, an atom inside has about 47
//! neighbours within 5 Å.

use super::self_test::ethanol;
use super::subject::Structure;
use oreo_core::{Element, ElementSet, Frame, Vec3};

/// Å
const SPACING: f64 = 2.23;
/// Å, along each axis.
const JITTER: f64 = 0.5;
/// Of the elements of a ball, where the network knows them: a polyester with some nitrogen.
const ELEMENTS: [&str; 10] = ["C", "H", "O", "H", "C", "H", "N", "H", "C", "H"];

/// `atoms` of elements that are all in `known`: the molecule with that many atoms if there is one here, else a ball.
pub fn of_size(atoms: usize, known: ElementSet) -> Structure {
    molecule(atoms)
        .filter(|one| one.frame.elements.iter().all(|&e| known.contains(e)))
        .unwrap_or_else(|| ball(atoms, known))
}

fn molecule(atoms: usize) -> Option<Structure> {
    match atoms {
        9 => Some(ethanol()),
        21 => Some(parsed(
            "aspirin",
            include_str!("../../../examples/data/aspirin.xyz"),
        )),
        180 => Some(parsed(
            "polyester ring",
            include_str!("../../../examples/data/lactone_15_loops.xyz"),
        )),
        _ => None,
    }
}

/// Of a file that belongs to the program: two lines, then `symbol x y z`.
fn parsed(name: &str, text: &str) -> Structure {
    let atom = |line: &str| {
        let mut words = line.split_whitespace();
        let element: Element = words.next()?.parse().ok()?;
        let mut number = || words.next()?.parse().ok();
        Some((element, Vec3::new(number()?, number()?, number()?)))
    };
    let (elements, positions) = text
        .lines()
        .skip(2)
        .map(|line| atom(line).expect("a line of our own file"))
        .unzip();
    Structure {
        name: name.into(),
        frame: Frame::new(elements, positions),
    }
}

fn ball(atoms: usize, known: ElementSet) -> Structure {
    let positions = nearest_sites(atoms)
        .into_iter()
        .zip(0..)
        .map(|(site, index)| Vec3::from(site.map(f64::from)) * SPACING + jitter(index))
        .collect();
    Structure {
        name: format!("ball of {atoms}"),
        frame: Frame::new(elements(atoms, known), positions),
    }
}

/// Spread evenly over a cube, without order to the eye: multiples of 1/g, 1/g², 1/g³ modulo 1, where g⁴ = g + 1
/// (M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018).
fn jitter(index: u32) -> Vec3 {
    const G: f64 = 1.220_744_084_605_759_5;
    let along = |power: i32| (f64::from(index) * G.powi(-power)).fract() - 0.5;
    Vec3::new(along(1), along(2), along(3)) * 2.0 * JITTER
}

/// The sites of the lattice nearest to its centre, which is one of them.
fn nearest_sites(atoms: usize) -> Vec<[i32; 3]> {
    // The ball that holds them fits in a cube of twice this side: 4π/3 > 4 times the cube of its radius.
    let reach = (atoms as f64 / 4.0).cbrt().ceil() as i32 + 1;
    let line = || -reach..=reach;
    let mut sites: Vec<_> = line()
        .flat_map(|x| line().flat_map(move |y| line().map(move |z| [x, y, z])))
        .collect();
    sites.sort_by_key(|site| (site.map(|k| k * k).iter().sum::<i32>(), *site));
    sites.truncate(atoms);
    sites
}

fn elements(atoms: usize, known: ElementSet) -> Vec<Element> {
    let usual = ELEMENTS.map(|symbol| symbol.parse().expect("a known element"));
    let mut some: Vec<Element> = usual.into_iter().filter(|&e| known.contains(e)).collect();
    if some.is_empty() {
        some = known.iter().collect();
    }
    some.into_iter().cycle().take(atoms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distances(frame: &Frame) -> Vec<f64> {
        let n = frame.len();
        let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
        pairs
            .map(|(i, j)| (frame.positions[i] - frame.positions[j]).norm())
            .collect()
    }

    #[test]
    fn molecules_have_their_atoms_and_other_sizes_are_balls() {
        for (atoms, name) in [
            (1, "ball of 1"),
            (9, "ethanol"),
            (21, "aspirin"),
            (180, "polyester ring"),
            (360, "ball of 360"),
        ] {
            let found = of_size(atoms, ElementSet::all());
            assert_eq!((found.name.as_str(), found.frame.len()), (name, atoms));
        }
    }

    /// 360 atoms of a polymer have 18.3 pairs within 5 Å an atom, an endless liquid of this density has 23.6. Catches a
    /// lattice constant that is wrong by a tenth, and a cube instead of a ball.
    #[test]
    fn balls_have_as_many_neighbours_as_a_polymer_and_no_overlap() {
        let distances = distances(&of_size(360, ElementSet::all()).frame);
        let pairs = distances.iter().filter(|&&r| r < 5.0).count() as f64 / 360.0;
        assert!((15.5..19.0).contains(&pairs), "{pairs}");
        let shortest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(shortest > 1.2, "{shortest}");
        let largest = distances.iter().copied().fold(0.0, f64::max);
        assert!(largest < 24.0, "{largest}");
    }

    #[test]
    fn only_known_elements_are_used() {
        let known = |symbols: &[&str]| {
            let elements = symbols.iter().map(|symbol| symbol.parse().unwrap());
            elements.collect::<ElementSet>()
        };
        for set in [known(&["H", "C"]), known(&["Ar"])] {
            let found = of_size(9, set);
            assert_eq!(found.name, "ball of 9");
            assert!(found.frame.elements.iter().all(|&e| set.contains(e)));
        }
        assert_eq!(of_size(9, known(&["H", "C", "O"])).name, "ethanol");
    }

    #[test]
    fn equal_sizes_give_equal_structures() {
        let [one, other] = [(); 2].map(|()| of_size(50, ElementSet::all()).frame);
        assert_eq!(one.positions, other.positions);
    }
}
