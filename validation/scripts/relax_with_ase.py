"""Lennard-Jones clusters relaxed by ASE's optimisers: the numbers in integrators/tests/minimizers.rs.

    python validation/scripts/relax_with_ase.py

needs ase (3.29.0 printed what the test holds). ε = 1 eV, σ = 1 Å, cutoff 1000 Å, where the shift that ASE subtracts is
2e-17 eV a pair. Starts are those of the test: perfect polyhedra whose atom i is moved by
0.04 (sin 1.1 i, cos 2.3 i, sin 0.7 i) Å, the gentle one by 0.01 (…); of the dimer r = 1.2 Å. Converged at
fmax = 1e-6 eV/Å.
"""
import numpy as np
from ase import Atoms
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from ase.optimize import FIRE, LBFGS
from ase.optimize.fire2 import FIRE2


def shaken(positions, by):
    i = np.arange(len(positions))
    return np.array(positions) + by * np.stack([np.sin(1.1 * i), np.cos(2.3 * i), np.sin(0.7 * i)], axis=1)


def bipyramid():
    angles = 2 * np.pi * np.arange(5) / 5
    ring = [[0.95 * np.cos(a), 0.95 * np.sin(a), 0.0] for a in angles]
    return shaken(ring + [[0, 0, 0.55], [0, 0, -0.55]], 0.04)


def icosahedron(shake):
    phi = (1 + 5**0.5) / 2
    vertices = []
    for one in (1, -1):
        for other in (phi, -phi):
            vertices += [[0, one, other], [one, other, 0], [other, 0, one]]
    return shaken([[0, 0, 0]] + list(np.array(vertices) * 1.08 / (1 + phi**2) ** 0.5), shake)


STARTS = {
    "dimer": np.array([[0.0, 0, 0], [1.2, 0, 0]]),
    "LJ7": bipyramid(),
    "LJ13": icosahedron(0.04),
    "gentle LJ13": icosahedron(0.01),
}


def distances(positions):
    arms = positions[:, None] - positions[None]
    return np.sort(np.linalg.norm(arms, axis=-1)[np.triu_indices(len(positions), 1)])


class Traced(LennardJones):
    """Keeps the energy of every call: FIRE2 makes two in a step that goes half a step back."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.trace = []

    def calculate(self, *arguments, **settings):
        super().calculate(*arguments, **settings)
        self.trace.append(self.results["energy"])


def relax(name, optimizer, fixed, **settings):
    atoms = Atoms(["Ar"] * len(STARTS[name]), positions=STARTS[name])
    atoms.calc = Traced(sigma=1.0, epsilon=1.0, rc=1000.0)
    if fixed:
        atoms.set_constraint(FixAtoms(fixed))
    run = optimizer(atoms, logfile=None, **settings)
    trace = atoms.calc.trace
    run.run(fmax=1e-6, steps=5000)
    moved = np.linalg.norm(atoms.positions.mean(axis=0) - STARTS[name].mean(axis=0))
    between = distances(atoms.positions)
    print(f"{name} {optimizer.__name__}{' fixed ' + str(fixed) if fixed else ''}: {run.get_number_of_steps()} steps, {len(trace)} calls, "
          f"E {atoms.get_potential_energy():.9f} eV, centroid moved {moved:.1e} A")
    print(f"    first energies {' '.join(f'{energy:.10f}' for energy in trace[:13])}")
    print(f"    distances shortest {between[0]:.6f}, mean {between.mean():.6f}, longest {between[-1]:.6f}")


for name in STARTS:
    for optimizer in (LBFGS, FIRE2, FIRE):
        relax(name, optimizer, [])
relax("LJ7", LBFGS, [0, 3])
relax("LJ7", FIRE2, [0, 3])
