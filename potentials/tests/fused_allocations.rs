//! Nothing is allocated by an evaluation once the largest batch has been seen.
#![cfg(feature = "candle")]
#![allow(missing_docs)]

mod common;
mod networks;
mod systems;

use networks::{fused, small};
use oreo_core::{Mat3, Potential, Request, Vec3};
use oreo_potentials::oreo::fused::{Filters, OreoFused, Precision};
use systems::{reference, Molecule};

/// Allocations of one evaluation of all molecules, without those for the requests themselves.
fn allocations(network: &mut OreoFused, molecules: &[Molecule]) -> u64 {
    let lists: Vec<_> = molecules.iter().map(|m| m.neighbors(5.5)).collect();
    let mut energies = vec![0.0; molecules.len()];
    let mut virials = vec![Mat3::zeros(); molecules.len()];
    let mut forces: Vec<_> = molecules
        .iter()
        .map(|m| vec![Vec3::zeros(); m.system.len()])
        .collect();
    let outputs = energies.iter_mut().zip(&mut forces).zip(&mut virials);
    let mut requests: Vec<_> = molecules
        .iter()
        .zip(&lists)
        .zip(outputs)
        .map(
            |((molecule, neighbors), ((energy, forces), virial))| Request {
                system: &molecule.system,
                positions: &molecule.positions,
                cell: &molecule.cell,
                neighbors,
                energy,
                forces,
                virial: Some(virial),
            },
        )
        .collect();
    let mut evaluate = || network.evaluate(&mut requests).unwrap();
    allocation_counter::measure(&mut evaluate).count_total
}

fn forms() -> Vec<OreoFused> {
    let precisions = [Precision::F64, Precision::F32, Precision::F16Weights];
    precisions
        .into_iter()
        .flat_map(|precision| [Filters::Exact, Filters::DEFAULT].map(|f| (precision, f)))
        .map(|(precision, filters)| fused(&small(false), precision, filters))
        .collect()
}

/// Squeezed molecules have more pairs, stretched ones fewer.
fn scaled(molecule: &Molecule, factor: f64) -> Molecule {
    molecule.moved(|r| factor * r)
}

#[test]
fn a_warm_evaluation_allocates_nothing() {
    let (aspirin, _) = reference("small_aspirin.npz");
    for network in &mut forms() {
        assert!(allocations(network, std::slice::from_ref(&aspirin)) > 0);
        assert_eq!(allocations(network, std::slice::from_ref(&aspirin)), 0);
    }
}

#[test]
fn batches_of_changing_size_allocate_nothing_once_the_largest_was_seen() {
    let names = ["polymer2", "aspirin", "ethanol", "water", "single"];
    let mut batch = names
        .map(|name| reference(&format!("small_{name}.npz")).0)
        .to_vec();
    for network in &mut forms() {
        let squeezed: Vec<_> = batch.iter().map(|m| scaled(m, 0.8)).collect();
        allocations(network, &squeezed);
        for factor in [1.0, 0.8, 1.3, 5.0, 0.9, 1.0] {
            let moved: Vec<_> = batch.iter().map(|m| scaled(m, factor)).collect();
            assert_eq!(allocations(network, &moved), 0, "{factor}");
            assert_eq!(allocations(network, &moved[3..]), 0, "{factor}");
        }
        batch.reverse();
        assert_eq!(allocations(network, &batch), 0);
    }
}

/// Pairs come and go during dynamics; memory that grew by exactly what is needed would be taken anew at every new pair.
#[test]
fn a_molecule_that_slowly_gains_pairs_seldom_allocates() {
    let (polymer, _) = reference("small_polymer2.npz");
    for network in &mut forms() {
        let scales = (0..60).map(|n| 1.3 - 0.01 * f64::from(n));
        let steps_with_allocations = scales
            .filter(|&factor| allocations(network, &[scaled(&polymer, factor)]) > 0)
            .count();
        // Twice the pairs take four growths by a quarter; vectors of pairs double.
        assert!(
            steps_with_allocations <= 12,
            "{steps_with_allocations} of 60"
        );
    }
}
