//! Toy systems, the loop that drives them, an archive in memory, and statistics for correlated numbers.
#![allow(dead_code)] // each test file uses a part

pub mod memory;
pub mod statistics;

use oreo_core::random::Generator;
use oreo_core::units::{FEMTOSECOND, KELVIN};
use oreo_core::{Cell, Integrator, State, System, Vec3};
use oreo_integrators::*;

/// Overwrites the forces (eV/Å) and returns the energy (eV).
pub type Forces = fn(&[Vec3], &mut [Vec3]) -> f64;

/// A system small enough to be run a million times in a test.
#[derive(Clone)]
pub struct Toy {
    pub system: System,
    pub positions: Vec<Vec3>,
    pub forces: Forces,
}

impl Toy {
    /// At rest, forces known.
    pub fn state(&self) -> State {
        let mut state = State::at_rest(self.positions.clone(), Cell::Open);
        state.energy = (self.forces)(&state.positions, &mut state.forces);
        state
    }

    /// The loop of the engine.
    pub fn run(&self, integrator: &mut dyn Integrator, state: &mut State, steps: usize) {
        for _ in 0..steps {
            integrator.begin(&self.system, state);
            state.energy = (self.forces)(&state.positions, &mut state.forces);
            integrator.finish(&self.system, state);
        }
    }

    /// Internal motion only, with exactly the kinetic energy of the target.
    pub fn internal_start(&self, target: KineticTarget, seed: u64) -> State {
        let mut state = self.state();
        MaxwellBoltzmann::internal(target, &Cell::Open)
            .draw(&self.system, &mut state, &mut Generator::new(seed, 0))
            .unwrap();
        state
    }

    pub fn target(&self, coupling: Coupling, kelvin: f64) -> KineticTarget {
        DegreesOfFreedom::of(&self.system, &Cell::Open)
            .unwrap()
            .target(Mode::Physical, coupling, kelvin * KELVIN)
            .unwrap()
    }
}

/// Thermostat time of all tests.
pub const TAU: f64 = 25.0 * FEMTOSECOND;

pub fn nose_hoover(timestep: f64, target: KineticTarget) -> NoseHoover {
    NoseHoover::new(
        timestep,
        Chain::new(target, ChainSettings::default()).unwrap(),
    )
    .unwrap()
}

/// `n` atoms of mass 1, each in a well of force constant 1 around the origin: ω = 1.
pub fn oscillators(n: usize) -> Toy {
    let elements = vec!["H".parse().unwrap(); n];
    Toy {
        system: System {
            elements,
            masses: vec![1.0; n],
        },
        positions: vec![Vec3::zeros(); n],
        forces: |positions, forces| {
            for (force, position) in forces.iter_mut().zip(positions) {
                *force = -position;
            }
            positions.iter().map(|x| 0.5 * x.norm_squared()).sum()
        },
    }
}

/// Four heavy atoms around a fifth, all pairs joined by anharmonic springs; periods of 20 to 100 fs.
pub fn molecule() -> Toy {
    Toy {
        system: System::from_symbols(&["C", "N", "O", "F", "N"]).unwrap(),
        positions: corners(),
        forces: |positions, forces| {
            springs(positions, forces, |i, j| {
                let length = (corner(j) - corner(i)).norm();
                (if i == 0 { 20.0 } else { 3.0 }, length)
            })
        },
    }
}

/// Straight at rest: two bonds, held straight by the ends pushing each other apart.
pub fn straight_triatomic() -> Toy {
    Toy {
        system: System::from_symbols(&["C", "O", "O"]).unwrap(),
        positions: [0.0, 1.25, -1.25].map(|x| Vec3::new(x, 0.0, 0.0)).to_vec(),
        forces: |positions, forces| {
            springs(positions, forces, |i, _| {
                if i == 0 {
                    (20.0, 1.16)
                } else {
                    (5.0, 2.9)
                }
            })
        },
    }
}

/// Seven Lennard-Jones atoms, a pentagonal bipyramid; ε = 0.3 eV and σ = 2.5 Å so that it holds at room temperature.
pub fn lennard_jones_cluster() -> Toy {
    let ring = (0..5).map(|k| {
        let angle = f64::from(k) * std::f64::consts::TAU / 5.0;
        2.35 * Vec3::new(angle.cos(), angle.sin(), 0.0)
    });
    let poles = [1.4, -1.4].map(|z| Vec3::new(0.0, 0.0, z));
    Toy {
        system: System::from_symbols(&["Ar"; 7]).unwrap(),
        positions: ring.chain(poles).collect(),
        forces: |positions, forces| {
            pairs(positions, forces, |_, _, r| {
                let (epsilon, s6) = (0.3, (2.5 / r).powi(6));
                let energy = 4.0 * epsilon * (s6 * s6 - s6);
                (energy, -24.0 * epsilon * (2.0 * s6 * s6 - s6) / r)
            })
        },
    }
}

fn corner(i: usize) -> Vec3 {
    let (a, b) = (0.85, 0.80);
    [
        Vec3::zeros(),
        Vec3::new(a, a, b),
        Vec3::new(a, -b, -a),
        Vec3::new(-b, a, -a),
        Vec3::new(-a, -a, b),
    ][i]
}

fn corners() -> Vec<Vec3> {
    (0..5).map(corner).collect()
}

/// E = ½ k d² (1 − d + 7/12 d²), the first terms of a Morse curve, positive for every d = r − r₀.
fn springs(
    positions: &[Vec3],
    forces: &mut [Vec3],
    constants: fn(usize, usize) -> (f64, f64),
) -> f64 {
    pairs(positions, forces, |i, j, r| {
        let (k, length) = constants(i, j);
        let d = r - length;
        let energy = 0.5 * k * d * d * (1.0 - d + 7.0 / 12.0 * d * d);
        (energy, k * d * (1.0 - 1.5 * d + 7.0 / 6.0 * d * d))
    })
}

/// Sums energies and derivatives dE/dr over all pairs.
fn pairs(
    positions: &[Vec3],
    forces: &mut [Vec3],
    energy_and_slope: impl Fn(usize, usize, f64) -> (f64, f64),
) -> f64 {
    forces.fill(Vec3::zeros());
    let mut total = 0.0;
    for i in 0..positions.len() {
        for j in i + 1..positions.len() {
            let arm = positions[j] - positions[i];
            let r = arm.norm();
            let (energy, slope) = energy_and_slope(i, j, r);
            total += energy;
            forces[i] += slope / r * arm;
            forces[j] -= slope / r * arm;
        }
    }
    total
}
