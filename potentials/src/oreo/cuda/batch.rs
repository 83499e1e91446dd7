//! Requests as one flat list of atoms and edges, and answers back to the requests.

use super::arena::{Region, Work};
use super::constants::Constants;
use super::memory::{Capacity, Memory};
use super::{backend, NAME};
use oreo_core::{Cell, Element, Mat3, Neighbors, PotentialError, Request, Vec3};

/// A batch in the form of the kernels. Its list changes only when neighbours, elements or cells do; then it is copied to the
/// device, otherwise positions alone.
#[derive(Default)]
pub struct Batch {
    /// What the list was made from, one for each request.
    known: Vec<Known>,
    /// (molecules + 1)
    first_atoms: Vec<i32>,
    /// (N + 1)
    first_edges: Vec<i32>,
    /// (N)
    elements: Vec<i32>,
    /// (E, 3)
    links: Vec<i32>,
    /// (E, 3)
    shifts: Vec<f64>,
    /// (N, 3), as bytes
    positions: Vec<u8>,
}

#[derive(Clone, PartialEq)]
struct Known {
    elements: Vec<Element>,
    neighbors: Neighbors,
    cell: Cell,
}

impl Known {
    fn is_of(&self, request: &Request<'_>) -> bool {
        self.elements == request.system.elements
            && self.neighbors == *request.neighbors
            && self.cell == *request.cell
    }

    fn of(request: &Request<'_>) -> Self {
        Self {
            elements: request.system.elements.clone(),
            neighbors: request.neighbors.clone(),
            cell: request.cell.clone(),
        }
    }
}

impl Batch {
    /// Replaces the batch; true if the list is another one.
    ///
    /// # Errors
    /// [`PotentialError::Backend`] on a neighbour list that lacks one direction of a pair, or that is too long.
    pub fn fill(&mut self, requests: &[Request<'_>]) -> Result<bool, PotentialError> {
        self.positions.clear();
        for position in requests.iter().flat_map(|request| request.positions) {
            self.positions
                .extend(position.iter().flat_map(|x| x.to_le_bytes()));
        }
        let same = self.known.len() == requests.len()
            && self.known.iter().zip(requests).all(|(k, r)| k.is_of(r));
        if !same {
            // Should it fail, nothing is known.
            self.known.clear();
            self.list(requests)?;
            self.known.extend(requests.iter().map(Known::of));
        }
        Ok(!same)
    }

    /// What the batch needs room for.
    pub fn size(&self) -> Capacity {
        Capacity {
            molecules: self.first_atoms.len().saturating_sub(1),
            atoms: self.elements.len(),
            edges: self.links.len() / 3,
        }
    }

    /// To be copied to the device for every evaluation.
    pub fn positions<'a>(&'a self, memory: &Memory) -> (usize, &'a [u8]) {
        (memory.positions.0.offset, &self.positions)
    }

    /// To be copied to the device when the list is another one: places in memory and bytes.
    pub fn uploads(&self, memory: &Memory) -> Vec<(usize, Vec<u8>)> {
        let size = self.size();
        let counts = [size.molecules, size.atoms, size.edges].map(|count| count as i32);
        let numbers = |numbers: &[i32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        let at = |place: Work, bytes| (place.0.offset, bytes);
        vec![
            at(memory.counts, numbers(&counts)),
            at(memory.first_atoms, numbers(&self.first_atoms)),
            at(memory.first_edges, numbers(&self.first_edges)),
            at(memory.elements, numbers(&self.elements)),
            at(memory.links, numbers(&self.links)),
            at(
                memory.shifts,
                self.shifts.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
        ]
    }

    fn list(&mut self, requests: &[Request<'_>]) -> Result<(), PotentialError> {
        self.first_atoms.clear();
        self.first_edges.clear();
        self.elements.clear();
        self.links.clear();
        self.shifts.clear();
        self.first_atoms.push(0);
        self.first_edges.push(0);
        for request in requests {
            self.add_molecule(request)?;
        }
        Ok(())
    }

    /// Edges of each atom: its self loop, then its neighbours in the order of their list.
    fn add_molecule(&mut self, request: &Request<'_>) -> Result<(), PotentialError> {
        let neighbors = request.neighbors;
        let first_atom = self.elements.len();
        let first_edge = self.links.len() / 3;
        let elements = &request.system.elements;
        self.elements
            .extend(elements.iter().map(|e| e.atomic_number() as i32));
        let edges = first_edge + neighbors.len() + elements.len();
        if edges > i32::MAX as usize / 3 {
            return Err(backend(format!(
                "{edges} directed pairs are more than {NAME} counts; evaluate fewer molecules at a time"
            )));
        }
        // Before neighbour k of atom i there are the self loops of the atoms up to i.
        let place = |i: usize, k: usize| first_edge + k + i + 1;
        for i in 0..elements.len() {
            let own = first_edge + neighbors.first[i] as usize + i;
            self.link(first_atom + i, first_atom + i, own, Vec3::zeros());
            for k in neighbors.first[i] as usize..neighbors.first[i + 1] as usize {
                let j = neighbors.second[k] as usize;
                let reverse = opposite(neighbors, i, k).ok_or_else(|| {
                    backend(format!(
                        "the neighbour list has atom {j} near atom {i}, but not {i} near {j}"
                    ))
                })?;
                let shift = neighbors.shifts.get(k).copied().unwrap_or_default();
                let translation = request.cell.translation(shift);
                self.link(
                    first_atom + i,
                    first_atom + j,
                    place(j, reverse),
                    translation,
                );
            }
            self.first_edges.push((self.links.len() / 3) as i32);
        }
        self.first_atoms.push(self.elements.len() as i32);
        Ok(())
    }

    fn link(&mut self, receiver: usize, sender: usize, reverse: usize, shift: Vec3) {
        self.links
            .extend([receiver, sender, reverse].map(|n| n as i32));
        self.shifts.extend(shift.iter());
    }

    /// Adds what the device found to the requests; `results` are the bytes of [`Memory::results`]. An atom at NaN has no
    /// neighbours, so that the network would give its molecule an energy; it gets NaN.
    pub fn add_results(
        &self,
        constants: &Constants,
        memory: &Memory,
        results: &[u8],
        requests: &mut [Request<'_>],
    ) {
        let start = memory.results().offset;
        let numbers = |place: Work| numbers(results, start, place.0);
        let mut energies = numbers(memory.energies);
        let mut virials = numbers(memory.virials);
        let mut forces = numbers(memory.forces);
        for request in requests {
            let energy = energies.next().unwrap_or(f64::NAN);
            *request.energy += match is_finite(request.positions) {
                true => constants.std * energy + constants.mean,
                false => f64::NAN,
            };
            let virial: [f64; 9] = std::array::from_fn(|_| virials.next().unwrap_or(f64::NAN));
            if let Some(sum) = request.virial.as_deref_mut() {
                *sum += Mat3::from_row_slice(&virial);
            }
            for force in request.forces.iter_mut() {
                *force += Vec3::from_fn(|_, _| forces.next().unwrap_or(f64::NAN));
            }
        }
    }
}

/// The numbers of a region of an arena, whose bytes from `start` on are given.
fn numbers(bytes: &[u8], start: usize, region: Region) -> impl Iterator<Item = f64> + '_ {
    let first = region.offset - start;
    let (eight, _) = bytes[first..first + region.bytes].as_chunks::<8>();
    eight.iter().map(|number| f64::from_le_bytes(*number))
}

fn is_finite(positions: &[Vec3]) -> bool {
    positions.iter().all(|r| r.iter().all(|x| x.is_finite()))
}

/// Where the list has neighbour `k` of atom i seen from the other end: rows are sorted by atom, then by image.
fn opposite(neighbors: &Neighbors, i: usize, k: usize) -> Option<usize> {
    let j = neighbors.second[k] as usize;
    let row = neighbors.first[j] as usize..neighbors.first[j + 1] as usize;
    let wanted = neighbors.shifts.get(k).map(|shift| shift.map(|s| -s));
    let key = |at: usize| {
        (
            neighbors.second[at] as usize,
            neighbors.shifts.get(at).copied(),
        )
    };
    let (mut low, mut high) = (row.start, row.end);
    while low < high {
        let middle = low.midpoint(high);
        match key(middle) < (i, wanted) {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    (low < row.end && key(low) == (i, wanted)).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: atoms 0 and 1 in a cell, near each other and across the border. Catches an image with the wrong sign, and
    /// self loops that are not counted.
    #[test]
    fn both_directions_of_a_pair_know_each_other() {
        let neighbors = Neighbors {
            first: vec![0, 2, 4],
            second: vec![1, 1, 0, 0],
            shifts: vec![[-1, 0, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0]],
        };
        assert_eq!(opposite(&neighbors, 0, 0), Some(3));
        assert_eq!(opposite(&neighbors, 0, 1), Some(2));
        assert_eq!(opposite(&neighbors, 1, 3), Some(0));
        let system = oreo_core::System::from_symbols(&["H", "H"]).unwrap();
        let positions = [Vec3::new(0.5, 0.0, 0.0), Vec3::new(1.5, 0.0, 0.0)];
        let cell = Cell::orthorhombic(2.0, 9.0, 9.0).unwrap();
        let (mut energy, mut forces) = (0.0, [Vec3::zeros(); 2]);
        let mut batch = Batch::default();
        let requests = [Request {
            system: &system,
            positions: &positions,
            cell: &cell,
            neighbors: &neighbors,
            energy: &mut energy,
            forces: &mut forces,
            virial: None,
        }];
        assert!(batch.fill(&requests).unwrap());
        assert!(!batch.fill(&requests).unwrap());
        assert_eq!(batch.first_edges, [0, 3, 6]);
        let expected = [
            [0, 0, 0],
            [0, 1, 5],
            [0, 1, 4],
            [1, 1, 3],
            [1, 0, 2],
            [1, 0, 1],
        ];
        assert_eq!(batch.links, expected.as_flattened());
        assert_eq!(batch.shifts[3..6], [-2.0, 0.0, 0.0]);
        assert_eq!(batch.shifts[15..18], [2.0, 0.0, 0.0]);
    }

    #[test]
    fn a_list_with_one_direction_only_is_refused() {
        let neighbors = Neighbors {
            first: vec![0, 1, 1],
            second: vec![1],
            shifts: Vec::new(),
        };
        assert_eq!(opposite(&neighbors, 0, 0), None);
    }
}
