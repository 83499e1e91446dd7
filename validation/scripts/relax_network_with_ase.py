"""The same network relaxed by `oreo relax` and by ASE's optimisers: do they end in the same minimum?

    python validation/scripts/relax_network_with_ase.py OREO WEIGHTS STRUCTURE.xyz [FMAX]

needs numpy, ase and the program. ASE asks `oreo evaluate` for every energy and force, so that the potential is the same to the
bit (f32, tables), and the optimisers are all that differs. FMAX in eV/Å is 0.001 unless given. Exits 1 when energies differ by
1e-4 eV, geometries by 1e-3 Å (RMSD after superposition), or L-BFGS by a tenth of its steps.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import ase.io
import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.optimize import LBFGS
from ase.optimize.fire2 import FIRE2

OREO, WEIGHTS, STRUCTURE = sys.argv[1:4]
FMAX = sys.argv[4] if len(sys.argv) > 4 else "0.001"
FOLDER = Path(tempfile.mkdtemp())


class Oreo(Calculator):
    implemented_properties = ["energy", "forces"]

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        bare = ase.Atoms(atoms.numbers, positions=atoms.positions)
        ase.io.write(FOLDER / "now.xyz", bare, format="extxyz", columns=["symbols", "positions"])
        replace_positions(FOLDER / "now.xyz", atoms.positions)
        subprocess.run([OREO, "evaluate", "--weights", WEIGHTS, "--data", FOLDER / "now.xyz", "--predictions",
                        FOLDER / "now.npz"], check=True, capture_output=True)
        with np.load(FOLDER / "now.npz") as said:
            self.results = {"energy": float(said["energies"][0]), "forces": np.array(said["forces"][0], dtype=float)}


def replace_positions(path, positions):
    """All digits: ASE writes eight."""
    lines = path.read_text().splitlines()
    for k, (x, y, z) in enumerate(positions):
        lines[2 + k] = f"{lines[2 + k].split()[0]} {x!r} {y!r} {z!r}".replace("np.float64(", "").replace(")", "")
    path.write_text("\n".join(lines) + "\n")


def rmsd(one, other):
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    u, _, v = np.linalg.svd(one.T @ other)
    turn = np.diag([1, 1, np.sign(np.linalg.det(u @ v))])
    return np.sqrt(((one @ u @ turn @ v - other) ** 2).sum(axis=1).mean())


def by_oreo(optimizer):
    run = subprocess.run([OREO, "relax", "--structure", STRUCTURE, "--weights", WEIGHTS, "--optimizer", optimizer, "--fmax",
                          FMAX, "--output", FOLDER / optimizer, "--json"], check=True, capture_output=True)
    summary = json.loads(run.stdout)
    return summary["force_calls"], summary["energy_end_ev"], ase.io.read(FOLDER / optimizer / "relaxed.xyz").positions


def by_ase(optimizer):
    atoms = ase.io.read(STRUCTURE)
    atoms.calc = Oreo()
    run = optimizer(atoms, logfile=None)
    if not run.run(fmax=float(FMAX), steps=500):
        sys.exit(f"{optimizer.__name__} of ASE did not converge")
    return run.get_number_of_steps() + 1, atoms.get_potential_energy(), atoms.positions


found = {"oreo lbfgs": by_oreo("lbfgs"), "oreo fire": by_oreo("fire"), "ASE LBFGS": by_ase(LBFGS), "ASE FIRE2": by_ase(FIRE2)}
calls, energy, positions = found["ASE LBFGS"]
failed = abs(found["oreo lbfgs"][0] - calls) > 0.1 * calls
for name, (steps, e, r) in found.items():
    apart = rmsd(r, positions)
    print(f"{name:10s} {steps:4d} steps and start, E {e:.6f} eV, {e - energy:+.1e} eV and RMSD {apart:.1e} A from ASE LBFGS")
    failed |= abs(e - energy) > 1e-4 or apart > 1e-3
sys.exit(1 if failed else 0)
