"""Do ASE and MDAnalysis read Oreo's files as Oreo meant them? Slow half of check V17 (docs of the formats crate).

    cargo run --release -p oreo-formats --example write_samples -- FOLDER
    python validation/scripts/read_with_ase_and_mdanalysis.py FOLDER

needs numpy, ase, MDAnalysis. Reads {open,tilted}.{xyz,dcd,npz}; the npz holds the numbers that were written.
Exits 1 at the first difference.
"""
import sys
import warnings
from pathlib import Path

import ase.io
import MDAnalysis
import numpy as np
from MDAnalysis.lib.mdamath import triclinic_vectors

warnings.filterwarnings("ignore")


def check(what, worst, allowed):
    print(f"{what:50s} {worst:.2e}  (allowed {allowed:.0e})")
    if not worst <= allowed:
        sys.exit(f"{what}: differs")


def compare_ase(folder, name, written):
    frames = ase.io.read(folder / f"{name}.xyz", index=":")
    check(f"ase {name}: frames", abs(len(frames) - len(written["energies"])), 0)
    for k, atoms in enumerate(frames):
        check(f"ase {name} {k}: elements", np.abs(atoms.numbers - written["numbers"]).max(), 0)
        check(f"ase {name} {k}: positions", np.abs(atoms.positions - written["positions"][k]).max(), 0)
        check(f"ase {name} {k}: forces", np.abs(atoms.get_forces() - written["forces"][k]).max(), 0)
        check(f"ase {name} {k}: energy", abs(atoms.get_potential_energy() - written["energies"][k]), 0)
        check(f"ase {name} {k}: cell", np.abs(atoms.cell.array - written["cell"]).max(), 0)
        check(f"ase {name} {k}: pbc", abs(int(atoms.pbc.all()) - int(name == "tilted")), 0)
        check(f"ase {name} {k}: step", abs(atoms.info["step"] - (20 + 10 * k)), 0)
        check(f"ase {name} {k}: time", abs(atoms.info["time_fs"] - (10 + 5 * k)), 1e-12)


def compare_mdanalysis(folder, name, written):
    for extension in ("dcd", "xyz"):
        universe = MDAnalysis.Universe(str(folder / f"{name}.xyz"), str(folder / f"{name}.{extension}"))
        check(f"mda {name}.{extension}: frames", abs(len(universe.trajectory) - len(written["energies"])), 0)
        for k, frame in enumerate(universe.trajectory):
            worst = np.abs(universe.atoms.positions - written["positions"][k]).max()
            check(f"mda {name}.{extension} {k}: positions", worst, 1e-6)
            if extension == "dcd":
                check(f"mda {name}.dcd {k}: time", abs(1000 * frame.time - (10 + 5 * k)), 1e-5)
                cell = np.zeros((3, 3)) if frame.dimensions is None else triclinic_vectors(frame.dimensions)
                check(f"mda {name}.dcd {k}: cell", np.abs(cell - written["cell"]).max(), 1e-5)


folder = Path(sys.argv[1])
for name in ("open", "tilted"):
    written = dict(np.load(folder / f"{name}.npz"))
    compare_ase(folder, name, written)
    compare_mdanalysis(folder, name, written)
print("ase", ase.__version__, "and MDAnalysis", MDAnalysis.__version__, "read the files as they were written")
