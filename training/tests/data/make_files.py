"""Makes the files of this folder out of rMD17 and QM9; needs numpy and h5py. Run: make_files.py rmd17_ethanol_10.npz QM9.npz QM9.csv"""
import sys
import h5py
import numpy as np

rmd17, qm9, table = sys.argv[1:]
KCAL = 4184 / (6.02214076e23 * 1.602176634e-19)  # eV
HARTREE, BOHR = 27.211386245981, 0.529177210544

# The ten frames of ethanol in the layouts of ANI-1x (frame 3 without forces, frame 5 without energy) and of the Alkane set.
z = np.load(rmd17)
energies = z["energies"][:10].ravel() * KCAL / HARTREE
positions, forces = z["coords"][:10], z["forces"][:10] * KCAL / HARTREE
with h5py.File("ani1x_layout.h5", "w") as file:
    for name, rows in (("C2H6O", slice(0, 8)), ("B_last_two", slice(8, 10))):
        group = file.create_group(name)
        group["atomic_numbers"] = z["nuclear_charges"].astype("u1")
        packed = dict(compression="gzip", shuffle=True, chunks=(3, 9, 3))
        if name == "B_last_two":
            packed["chunks"] = (1, 9, 3)
        f, e = forces[rows].copy(), energies[rows].copy()
        if name == "C2H6O":
            f[3], e[5] = np.nan, np.nan
        group.create_dataset("coordinates", data=positions[rows].astype("f4"), **packed)
        group.create_dataset("wb97x_dz.forces", data=f, **packed)
        group.create_dataset("wb97x_dz.energy", data=e, compression="gzip")
    file.create_group("no_labels")["coordinates"] = positions[:1]
    file["no_labels"]["atomic_numbers"] = z["nuclear_charges"].astype("u1")
with h5py.File("species_layout.h5", "w") as file:
    group = file.create_group("ethanol/run-1")
    symbols = {1: b"H", 6: b"C", 8: b"O"}
    group["species"] = np.array([symbols[int(k)] for k in z["nuclear_charges"]])
    group["coordinates"], group["energies"], group["forces"] = positions[:4], energies[:4], forces[:4] * BOHR

# The first seven molecules of QM9, packed; the table has one of them and one that is not there.
q = np.load(qm9)
n = q["n_atoms"][:7]
atoms = int(n.sum())
np.savez_compressed("qm9_first_7.npz", gdb_index=q["gdb_index"][:7], n_atoms=n, numbers=q["numbers"][:atoms], positions=q["positions"][:atoms])
rows = open(table).read().splitlines()
open("qm9_orbitals.csv", "w").write("\n".join(rows[:3]) + "\n")

# Two of them as SDF (V2000), and in the raw layout with round made-up properties and small coordinates as Mathematica writes them.
symbol = {1: "H", 6: "C", 7: "N", 8: "O"}
first = np.concatenate([[0], np.cumsum(n)]).astype(int)
with open("two_molecules.sdf", "w") as file:
    for k in (0, 3):
        rows = slice(first[k], first[k + 1])
        x, numbers = q["positions"][rows], q["numbers"][rows]
        file.write(f"{k}\n     RDKit          3D\n\n{len(x):3d}  0  0  0  0  0  0  0  0  0999 V2000\n")
        for z_, (a, b, c) in zip(numbers, x):
            file.write(f"{a:10.4f}{b:10.4f}{c:10.4f} {symbol[int(z_)]:<3} 0  0  0  0  0  0  0  0  0  0  0  0\n")
        file.write("M  END\n$$$$\n")
values = {0: (-0.25, 0.05, 0.30, -40.0), 3: (-0.20, 0.10, 0.30, -77.0)}
for k, (homo, lumo, gap, u0) in values.items():
    rows = slice(first[k], first[k + 1])
    x, numbers = q["positions"][rows], q["numbers"][rows]
    with open(f"qm9_raw/dsgdb9nsd_{k + 1:06d}.xyz", "w") as file:
        file.write(f"{len(x)}\ngdb {k + 1}\t1.0\t1.0\t1.0\t0.\t13.0\t{homo}\t{lumo}\t{gap}\t35.0\t0.04\t{u0}\t{u0}\t{u0}\t{u0}\t6.4\t\n")
        for z_, (a, b, c) in zip(numbers, x):
            c = f"{c * 1e6:.6f}*^-6" if abs(c) < 1e-3 else f"{c:.10f}"
            file.write(f"{symbol[int(z_)]}\t{a:.10f}\t{b:.10f}\t{c}\t0.0\n")
        file.write("1.0\t2.0\nC\tC\nInChI=1S\tInChI=1S\n")
