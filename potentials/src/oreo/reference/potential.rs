//! The network as a [`Potential`].

use super::batch::Batch;
use super::graph::Graph;
use super::{tensors, Model};
use crate::oreo::Weights;
use candle_core::{DType, Device, Tensor, Var};
use oreo_core::{Capabilities, NeighborRequest, Potential, PotentialError, Request, Vec3};

/// The arithmetic of the network; the dynamics are f64 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// For production.
    F32,
    /// For tests and references.
    F64,
}

/// The ET in tensor operations, on the CPU or on a GPU: the definition that faster paths are held to.
pub struct OreoReference {
    model: Model,
    capabilities: Capabilities,
    cutoff: f64,
    dtype: DType,
    device: Device,
    /// Scratch only.
    batch: Batch,
}

pub(super) const NAME: &str = "OREO reference";

impl OreoReference {
    /// # Errors
    /// [`PotentialError::Backend`] on hyper-parameters that this network does not have, on missing or misshapen tensors,
    /// and when the device fails.
    pub fn new(
        weights: &Weights,
        precision: Precision,
        device: &Device,
    ) -> Result<Self, PotentialError> {
        let (dtype, name) = match precision {
            Precision::F32 => (DType::F32, "f32"),
            Precision::F64 => (DType::F64, "f64"),
        };
        let config = &weights.config;
        let build = || {
            let model = Model::new(config, &tensors(weights, dtype, device)?)?;
            device.synchronize()?;
            candle_core::Result::Ok(model)
        };
        let model = build().map_err(backend)?;
        Ok(Self {
            model,
            capabilities: Capabilities {
                name: NAME.into(),
                precision: name,
                neighbors: Some(NeighborRequest {
                    cutoff: config.cutoff_upper,
                }),
                elements: weights.elements(),
                virial: true,
                periodic: true,
                atoms_per_call: Some(ATOMS_PER_CALL),
            },
            cutoff: config.cutoff_upper,
            dtype,
            device: device.clone(),
            batch: Batch::default(),
        })
    }

    /// The network itself, for its features and for training.
    pub fn model(&self) -> &Model {
        &self.model
    }

    fn energies_and_gradients(&mut self) -> candle_core::Result<(Vec<f64>, Vec<Vec3>)> {
        let graph = self.batch.graph(&self.device)?;
        let vectors = rows(&self.batch.vectors, self.dtype, &self.device)?;
        energies_and_pair_gradients(&self.model, &graph, &vectors)
    }
}

/// (P,) → (P, 3)
pub(super) fn rows(vectors: &[Vec3], dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
    let numbers: Vec<f64> = vectors.iter().flat_map(|r| r.iter().copied()).collect();
    Tensor::from_vec(numbers, (vectors.len(), 3), device)?.to_dtype(dtype)
}

/// E of each molecule (eV) and ∂E/∂r of each pair (eV/Å), by one reverse pass. A GPU is waited for once, at the end.
pub(super) fn energies_and_pair_gradients(
    model: &Model,
    graph: &Graph,
    pair_vectors: &Tensor,
) -> candle_core::Result<(Vec<f64>, Vec<Vec3>)> {
    let vectors = Var::from_tensor(pair_vectors)?;
    let energies = model.energy(graph, &vectors)?;
    let molecules = energies.dim(0)?;
    let all = match pair_vectors.dim(0)? {
        0 => energies,
        _ => match energies.sum_all()?.backward()?.get(&vectors) {
            Some(gradient) => {
                let gradient = gradient.to_dtype(DType::F64)?.flatten_all()?;
                Tensor::cat(&[&energies, &gradient], 0)?
            }
            None => candle_core::bail!("the energy has no derivative by the pair vectors"),
        },
    };
    let all: Vec<f64> = all.to_vec1()?;
    let (energies, gradients) = all.split_at(molecules);
    let gradients = gradients.chunks_exact(3).map(Vec3::from_column_slice);
    Ok((energies.to_vec(), gradients.collect()))
}

/// Bounds the memory of one reverse pass, which grows with the number of pairs: measured for the full-size network in f32,
/// the whole process takes 141 MB with ethanol (9 atoms) and 226 MB with aspirin (21 atoms).
const ATOMS_PER_CALL: usize = 256;

impl Potential for OreoReference {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    /// A molecule with an atom at NaN, or with two atoms at the same place, gets NaN; the others of the batch do not
    /// notice.
    fn evaluate(&mut self, requests: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in requests.iter() {
            self.capabilities.check(request.system, request.cell)?;
        }
        self.batch.fill(requests, self.cutoff);
        let (energies, gradients) = self.energies_and_gradients().map_err(backend)?;
        for (request, energy) in requests.iter_mut().zip(energies) {
            *request.energy += match is_finite(request.positions) {
                true => energy,
                false => f64::NAN,
            };
        }
        self.batch.add_forces(requests, &gradients);
        Ok(())
    }
}

/// An atom at NaN has no neighbours, so that the network would give its molecule an energy.
fn is_finite(positions: &[Vec3]) -> bool {
    positions.iter().all(|r| r.iter().all(|x| x.is_finite()))
}

pub(super) fn backend(error: candle_core::Error) -> PotentialError {
    PotentialError::Backend {
        potential: NAME.into(),
        message: error.to_string(),
    }
}
