//! Several requests or molecules as one list of atoms and pairs, and the way back from pair gradients to forces.

use super::graph::Graph;
use crate::oreo::gradients::Molecule;
use candle_core::{bail, Device, Result};
use oreo_core::{Element, Request, Vec3};
use std::sync::Arc;

/// The atoms of every request one after the other, and each pair within the cutoff once.
#[derive(Default)]
pub(super) struct Batch {
    /// Who is near whom; what a graph is made of
    pub topology: Topology,
    /// r_p = r_j − r_i in f64, Å, (P,)
    pub vectors: Vec<Vec3>,
    /// Where the pairs of each request end, (B,)
    ends: Vec<usize>,
    /// Good as long as the same pairs are within the cutoff.
    graph: Option<(Topology, Arc<Graph>)>,
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
        self.clear();
        for request in requests {
            let start = self.add_atoms(&request.system.elements);
            request
                .neighbors
                .for_each(request.positions, request.cell, cutoff, |i, j, r, _| {
                    if i < j || (i == j && points_forward(&r)) {
                        self.add_pair(start, [i, j], r);
                    }
                });
            self.ends.push(self.vectors.len());
        }
    }

    /// The same for molecules in open space, which have no neighbour list.
    pub fn fill_open(&mut self, molecules: &[Molecule<'_>], cutoff: f64) {
        self.clear();
        for molecule in molecules {
            let start = self.add_atoms(molecule.elements);
            for (i, a) in molecule.positions.iter().enumerate() {
                for (j, b) in molecule.positions.iter().enumerate().skip(i + 1) {
                    let r = b - a;
                    if r.norm() < cutoff {
                        self.add_pair(start, [i, j], r);
                    }
                }
            }
            self.ends.push(self.vectors.len());
        }
    }

    fn clear(&mut self) {
        self.topology.atomic_numbers.clear();
        self.topology.molecule.clear();
        self.topology.pairs.clear();
        self.vectors.clear();
        self.ends.clear();
    }

    /// The next molecule; where its atoms start.
    fn add_atoms(&mut self, elements: &[Element]) -> usize {
        let Topology {
            atomic_numbers,
            molecule,
            ..
        } = &mut self.topology;
        let start = atomic_numbers.len();
        let number = self.ends.len() as u32;
        atomic_numbers.extend(elements.iter().map(|e| e.atomic_number() as u32));
        molecule.extend(elements.iter().map(|_| number));
        start
    }

    fn add_pair(&mut self, start: usize, pair: [usize; 2], r: Vec3) {
        let pair = pair.map(|atom| (start + atom) as u32);
        self.topology.pairs.push(pair);
        self.vectors.push(r);
    }

    /// Index tensors of what it holds: those of the last call if they would be the same.
    ///
    /// # Errors
    /// Of the device. On a GPU candle cannot start a kernel for nothing, so that a batch without any pair is refused.
    pub fn graph(&mut self, device: &Device) -> Result<Arc<Graph>> {
        if let Some((_, graph)) = self.graph.as_ref().filter(|(of, _)| *of == self.topology) {
            return Ok(graph.clone());
        }
        let topology = &self.topology;
        if device.is_cuda() && topology.pairs.is_empty() {
            bail!("no two atoms are within the cutoff, which the reference cannot compute on a GPU; use --device cpu");
        }
        let graph = Arc::new(Graph::new(
            &topology.atomic_numbers,
            &topology.molecule,
            self.ends.len(),
            &topology.pairs,
            device,
        )?);
        self.graph = Some((topology.clone(), graph.clone()));
        Ok(graph)
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
