//! Which atoms are followed, and which of them count together.

use oreo_core::Element;
use std::collections::BTreeMap;

/// About `most` atoms: each k-th of every element, so that none is lost.
pub(super) fn thinned(elements: &[Element], most: usize) -> Vec<usize> {
    let stride = elements.len().div_ceil(most).max(1);
    let mut seen = BTreeMap::<Element, usize>::new();
    let mut is_followed = |atom: &usize| {
        let count = seen.entry(elements[*atom]).or_default();
        *count += 1;
        (*count - 1).is_multiple_of(stride)
    };
    (0..elements.len())
        .filter(|atom| is_followed(atom))
        .collect()
}

/// Name and number of atoms of each group, and the groups that each atom counts in.
pub(super) struct Groups {
    pub(super) names: Vec<(String, usize)>,
    pub(super) of_atom: Vec<usize>,
}

/// The first is everyone; then the elements, unless there is only one.
pub(super) fn groups(elements: &[Element]) -> Groups {
    let mut kinds = elements.to_vec();
    kinds.sort();
    kinds.dedup();
    let mut names = vec![("all".to_string(), elements.len())];
    if kinds.len() > 1 {
        let count = |kind: &Element| elements.iter().filter(|element| *element == kind).count();
        names.extend(kinds.iter().map(|kind| (kind.to_string(), count(kind))));
    }
    let kind = |element: &Element| 1 + kinds.binary_search(element).unwrap_or_default();
    Groups {
        names,
        of_atom: elements.iter().map(kind).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches each third atom of water, which would be the oxygen only.
    #[test]
    fn of_many_atoms_some_of_each_element_are_followed() {
        let water = ["O", "H", "H"].map(|symbol| symbol.parse().unwrap());
        let box_of_water = water.repeat(10);
        assert_eq!(thinned(&box_of_water, 30).len(), 30);
        let some = thinned(&box_of_water, 10);
        let hydrogens = some.iter().filter(|&&atom| atom % 3 != 0).count();
        assert_eq!((some.len(), hydrogens), (11, 7));
    }
}
