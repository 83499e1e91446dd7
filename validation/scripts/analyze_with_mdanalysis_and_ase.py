"""What `oreo analyze` says of two short trajectories, by other programs: the numbers in tests/data/analyzed_elsewhere.json.

    python validation/scripts/analyze_with_mdanalysis_and_ase.py > tests/data/analyzed_elsewhere.json

needs MDAnalysis, ase, scipy; their versions are in the file. `tests/analyzed_elsewhere.rs` holds `oreo analyze` to it.

ethanol-velocities.xyz.gz (400 frames, 2 fs apart):
  h(r)        MDAnalysis' distances, NumPy's histogram; its MAE against validation/tests/data/ethanol.xyz
  RMSD, Rg    MDAnalysis, on the first frame, atoms of equal weight
  bonds       ase.geometry.analysis, bonds and angles as ASE finds them in the first reference frame
  C(t)        scipy.signal.correlate of mass-weighted velocities read by ASE
  spectrum    its cosine sum, term by term, damped by cos²; places of peaks from Welch's method (scipy.signal.welch, of the same
              resolution), without any C(t)
argon-box.xyz.gz (250 frames, 80 fs apart, folded into the box):
  g(r)        MDAnalysis' InterRDF
  MSD         MDAnalysis' NoJump and EinsteinMSD (windows, no Fourier transform), the centre of mass at rest
  D           scipy.stats.linregress from 3 to 12 frames (1 % to 5 %); error from ten blocks of 25 frames
"""
import json
import sys
import warnings
from pathlib import Path

import ase
import ase.io
import MDAnalysis
import numpy as np
import scipy
from ase.geometry.analysis import Analysis
from MDAnalysis.analysis.msd import EinsteinMSD
from MDAnalysis.analysis.rdf import InterRDF
from MDAnalysis.analysis.rms import rmsd
from MDAnalysis.lib.distances import self_distance_array
from MDAnalysis.transformations import NoJump, boxdimensions
from scipy import signal, stats

warnings.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parents[2]
ETHANOL = ROOT / "tests/data/ethanol-velocities.xyz.gz"
REFERENCE = ROOT / "validation/tests/data/ethanol.xyz"
ARGON = ROOT / "tests/data/argon-box.xyz.gz"
EDGE = 14.57  # Å
LIGHT = scipy.constants.c * 100 * 1e-15  # cm/fs


def rounded(values, digits=8):
    return [float(f"{v:.{digits}g}") for v in np.ravel(values)]


def density(path):
    universe = MDAnalysis.Universe(str(path))
    distances = [self_distance_array(universe.atoms.positions.astype(float)) for _ in universe.trajectory]
    return np.histogram(np.ravel(distances), bins=500, range=(0, 10), density=True)[0]


def shape():
    universe = MDAnalysis.Universe(str(ETHANOL))
    first = universe.atoms.positions.astype(float)
    pairs = [
        (rmsd(universe.atoms.positions.astype(float), first, center=True, superposition=True),
         universe.atoms.radius_of_gyration())
        for _ in universe.trajectory
    ]
    return np.array(pairs).T


def kinds(images):
    """Bonds and angles of all images, as the first reference frame has them."""
    topology = Analysis(ase.io.read(REFERENCE, index=0))
    trajectory = Analysis(images)
    symbols, found = ["H", "C", "O"], {"bonds": {}, "angles": {}}
    for i, a in enumerate(symbols):
        for b in symbols[i:]:
            bonds = topology.get_bonds(a, b, unique=True)
            if bonds[0]:
                values = trajectory.get_values(bonds * len(images))
                found["bonds"][f"{a}-{b}"] = [len(bonds[0]), float(np.mean(values)), float(np.std(values))]
            for vertex in symbols:
                angles = topology.get_angles(a, vertex, b, unique=True)
                if angles[0]:
                    values = trajectory.get_values(angles * len(images))
                    found["angles"][f"{a}-{vertex}-{b}"] = [len(angles[0]), float(np.mean(values)), float(np.std(values))]
    return found


def vibrations(images, spacing):
    velocities = np.array([image.arrays["velocities"] for image in images])
    masses, frames = images[0].get_masses(), len(images)
    sums = np.zeros(frames)
    for atom, mass in enumerate(masses):
        for axis in range(3):
            v = velocities[:, atom, axis]
            sums += mass * signal.correlate(v, v, method="direct")[frames - 1:]
    correlation = (sums / (frames - np.arange(frames)))[: frames // 2]
    correlation /= correlation[0]
    lags = np.arange(len(correlation))
    damped = correlation * np.cos(np.pi * lags / (2 * len(lags))) ** 2
    wavenumbers = np.arange(250) / (1024 * spacing * LIGHT)  # where oreo analyze has its points
    phases = 2 * np.pi * LIGHT * spacing * np.outer(wavenumbers, lags)
    nyquist = 1 / (2 * spacing * LIGHT)
    spectrum = (2 * (np.cos(phases) * damped).sum(axis=1) - damped[0]) / (damped[0] * nyquist)
    frequencies, power = signal.welch(velocities, 1 / spacing, nperseg=200, nfft=8192, axis=0, detrend=False)
    total = (power * masses[None, :, None]).sum(axis=(1, 2))
    peaks, _ = signal.find_peaks(total, height=0.2 * total.max())
    return correlation, wavenumbers, spectrum, frequencies[peaks] / LIGHT


def radial():
    universe = MDAnalysis.Universe(str(ARGON))
    universe.trajectory.add_transformations(boxdimensions.set_dimensions([EDGE] * 3 + [90] * 3))
    found = InterRDF(universe.atoms, universe.atoms, nbins=200, range=(0, EDGE / 2)).run().results.rdf
    found[0] = 0  # each atom with itself
    return found


def unfolded():
    universe = MDAnalysis.Universe(str(ARGON))
    universe.trajectory.add_transformations(boxdimensions.set_dimensions([EDGE] * 3 + [90] * 3), NoJump())
    paths = np.array([universe.atoms.positions.astype(float) for _ in universe.trajectory])
    return paths - paths.mean(axis=1, keepdims=True)  # of one element: equal masses


def displacement(paths):
    universe = MDAnalysis.Universe.empty(paths.shape[1], trajectory=True)
    universe.load_new(paths.astype(np.float32))
    return EinsteinMSD(universe, select="all", msd_type="xyz", fft=False).run().results.timeseries


def slope(msd, spacing):
    lags = np.arange(3, 13)
    return stats.linregress(lags * spacing, msd[3:13]).slope / 6


def main():
    images = ase.io.read(ETHANOL, index=":")
    own, reference = density(ETHANOL), density(REFERENCE)
    rmsds, radii = shape()
    correlation, wavenumbers, spectrum, peaks = vibrations(images, 2.0)
    paths = unfolded()
    msd = displacement(paths)
    blocks = [slope(displacement(paths[k * 25:(k + 1) * 25]), 0.08) for k in range(10)]
    found = {
        "versions": {"python": sys.version.split()[0], "MDAnalysis": MDAnalysis.__version__, "ase": ase.__version__,
                     "scipy": scipy.__version__, "numpy": np.__version__},
        "h_r": rounded(own[:250]),
        "h_r_mae": float(np.abs(own - reference).sum() * 0.02),
        "rmsd_a": rounded(rmsds[::10]),
        "rmsd_mean_a": float(rmsds.mean()),
        "radius_of_gyration_a": rounded(radii[::10]),
        "radius_of_gyration_mean_a": float(radii.mean()),
        "kinds": kinds(images),
        "reference_kinds": kinds(ase.io.read(REFERENCE, index=":")),
        "autocorrelation": rounded(correlation),
        "wavenumber_per_cm": rounded(wavenumbers),
        "spectrum_cm": rounded(spectrum),
        "peaks_per_cm": rounded(peaks),
        "g_r": rounded(radial()),
        "msd_a2": rounded(msd[:50]),
        "diffusion_a2_per_ps": float(slope(msd, 0.08)),
        "diffusion_error_a2_per_ps": float(np.std(blocks, ddof=1) / np.sqrt(10)),
    }
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
    print("{\n" + ",\n".join(lines) + "\n}")


main()
