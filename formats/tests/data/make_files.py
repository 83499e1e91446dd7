"""Makes the small files of this folder with other programs: NumPy, ASE, MDAnalysis. Not needed to run the tests.

usage: make_files.py RMD17_ETHANOL_NPZ     (needs numpy, ase, MDAnalysis; run inside this folder)
"""
import sys
import warnings

import ase
import ase.io
import MDAnalysis
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

warnings.filterwarnings("ignore")

# Ten rMD17 frames, both label sets, spread over the trajectory.
full = np.load(sys.argv[1])
rows = np.linspace(0, len(full["energies"]) - 1, 10).astype(int)
np.savez_compressed(
    "rmd17_ethanol_10.npz",
    **{k: full[k] if k == "nuclear_charges" else full[k][rows] for k in full.files},
)
# The same labels in the layout of MD17 and sGDML, energies as a column, single precision, units said.
np.savez(
    "sgdml_ethanol_3.npz",
    z=full["nuclear_charges"].astype(np.int32),
    R=np.asfortranarray(full["coords"][rows[:3]].astype(np.float32)),
    E=full["old_energies"][rows[:3], None],
    F=full["old_forces"][rows[:3]],
    r_unit=np.array("Ang"),
    e_unit=np.array("kcal/mol"),
    name=np.array("ethanol"),
)

# Two tilted frames with everything that ASE writes: momenta, forces, energy.
frames = []
for k in range(2):
    atoms = ase.Atoms(
        "OH2",
        positions=[[0.1 + k, 0.2, 0.3], [1.06 + k, 0.2, 0.3], [-0.14 + k, 1.13, 0.3]],
        cell=[[8.0, 0.0, 0.0], [1.0, 7.0, 0.0], [-0.5, 0.25, 9.0]],
        pbc=True,
    )
    atoms.set_momenta([[0.5, -0.25, 0.125], [0.1, 0.2, 0.3], [-0.3, -0.2, -0.1]])
    forces = [[1.0, 2.0, 3.0 + k], [-0.5, -1.0, -1.5], [-0.5, -1.0, -1.5 - k]]
    atoms.calc = SinglePointCalculator(atoms, energy=-14.25 - k, forces=forces)
    frames.append(atoms)
ase.io.write("ase_tilted.extxyz", frames)
frames[0].pbc = False
frames[0].cell = None
ase.io.write("ase_open.xyz.gz", frames[:1], format="extxyz")

# The same positions as DCD: tilted, and without a cell.
for name, cell in (("mdanalysis_tilted.dcd", True), ("mdanalysis_open.dcd", False)):
    universe = MDAnalysis.Universe.empty(3, trajectory=True)
    with MDAnalysis.Writer(name, 3, dt=0.002, nsavc=4, istart=4) as out:
        for atoms in frames:
            universe.atoms.positions = atoms.positions
            universe.dimensions = frames[1].cell.cellpar() if cell else None
            out.write(universe.atoms)
print("ase", ase.__version__, "MDAnalysis", MDAnalysis.__version__, "numpy", np.__version__)
