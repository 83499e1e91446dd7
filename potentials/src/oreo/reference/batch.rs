//! Several requests as one list of atoms and pairs, and the way back from pair gradients to forces.

use oreo_core::{Request, Vec3};

/// The atoms of every request one after the other, and each pair within the cutoff once.
#[derive(Default)]
pub(super) struct Batch {
    /// Who is near whom; what a graph is made of
    pub topology: Topology,
    /// r_p = r_j − r_i in f64, Å, (P,)
    pub vectors: Vec<Vec3>,
    /// Where the pairs of each request end, (B,)
    ends: Vec<usize>,
}

/// Everything that index tensors depend on.
#[derive(Default, Clone, PartialEq)]
pub(super) struct Topology {
    /// Z, (N,)
    pub atomic_numbers: Vec<u32>,
    /// (N,)
    pub molecule: Vec<u32>,
    /// (i, j) counted over all atoms, (P,)
    pub pairs: Vec<[u32; 2]>,
}

impl Batch {
    /// Forgets the last batch, keeps its memory. The subtraction of positions is done in f64 whatever the network
    /// computes in: f32 coordinates far from the origin would lose digits.
    pub fn fill(&mut self, requests: &[Request<'_>], cutoff: f64) {
        let Topology {
            atomic_numbers,
            molecule,
            pairs,
        } = &mut self.topology;
        atomic_numbers.clear();
        molecule.clear();
        pairs.clear();
        self.vectors.clear();
        self.ends.clear();
        for (m, request) in requests.iter().enumerate() {
            let start = atomic_numbers.len() as u32;
            let elements = &request.system.elements;
            atomic_numbers.extend(
                elements
                    .iter()
                    .map(|element| element.atomic_number() as u32),
            );
            molecule.extend(elements.iter().map(|_| m as u32));
            request
                .neighbors
                .for_each(request.positions, request.cell, cutoff, |i, j, r, _| {
                    if i < j || (i == j && points_forward(&r)) {
                        pairs.push([start + i as u32, start + j as u32]);
                        self.vectors.push(r);
                    }
                });
            self.ends.push(self.vectors.len());
        }
    }

    /// Number of requests.
    pub fn molecules(&self) -> usize {
        self.ends.len()
    }

    /// With r_p = r_j − r_i: F_i += ∂E/∂r_p, F_j −= ∂E/∂r_p, and W −= r_p ⊗ ∂E/∂r_p, since the force on j due to i is
    /// −∂E/∂r_p. `gradients` is ∂E/∂r_p, eV/Å, (P,).
    pub fn add_forces(&self, requests: &mut [Request<'_>], gradients: &[Vec3]) {
        let (mut pair, mut start) = (0, 0);
        for (request, &end) in requests.iter_mut().zip(&self.ends) {
            for p in pair..end {
                let [i, j] = self.topology.pairs[p].map(|atom| atom as usize - start);
                request.forces[i] += gradients[p];
                request.forces[j] -= gradients[p];
                if let Some(virial) = request.virial.as_deref_mut() {
                    *virial -= self.vectors[p] * gradients[p].transpose();
                }
            }
            pair = end;
            start += request.system.len();
        }
    }
}

/// An atom meets its own images in both directions, r and −r; one of the two stands for the pair.
fn points_forward(r: &Vec3) -> bool {
    r.iter().find(|&&x| x != 0.0).is_some_and(|&x| x > 0.0)
}
