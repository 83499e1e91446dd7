#!/usr/bin/env python3
"""GFN2-xTB energies and forces of frames of a trajectory, for judging a network on its own dynamics.

Needs Python 3.10 or newer with numpy and tblite (pip install numpy tblite). Reads and writes extended XYZ in Å, eV, eV/Å.
Electronic temperature 300 K, as the reference data have it; forces are the gradient of the free energy there.

    gfn2_forces.py OUTPUT/polymers-CK-dynamics/replica-0/trajectory.xyz OUTPUT/own/CK.extxyz --frames 10
"""

import argparse
import os

import numpy
from tblite.interface import Calculator

# CODATA 2018
HARTREE = 27.211386245988  # eV
BOHR = 0.529177210903  # Å
KELVIN = 3.1668115634556e-6  # Hartree
SYMBOLS = {"H": 1, "C": 6, "N": 7, "O": 8}


def frames_of(path):
    """All frames: symbols, positions (n, 3) in Å, comment line."""
    frames = []
    with open(path) as lines:
        for line in lines:
            count = int(line)
            comment = next(lines).rstrip("\n")
            rows = [next(lines).split() for _ in range(count)]
            positions = numpy.array([[float(x) for x in row[1:4]] for row in rows])
            frames.append(([row[0] for row in rows], positions, comment))
    return frames


def labels_of(symbols, positions):
    """Energy in eV and forces (n, 3) in eV/Å."""
    numbers = numpy.array([SYMBOLS[symbol] for symbol in symbols])
    calculator = Calculator("GFN2-xTB", numbers, positions / BOHR)
    calculator.set("accuracy", 0.1)
    calculator.set("temperature", 300 * KELVIN)
    calculator.set("max-iter", 500)
    calculator.set("verbosity", 0)
    found = calculator.singlepoint()
    return found.get("energy") * HARTREE, -found.get("gradient") * HARTREE / BOHR


def step_of(comment):
    """The word of the comment that says which step it was, if there is one."""
    words = [word for word in comment.split() if word.startswith("step=")]
    return f" {words[0]}" if words else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trajectory")
    parser.add_argument("output")
    parser.add_argument("--frames", type=int, default=10, help="so many, evenly over the trajectory, the last one included")
    arguments = parser.parse_args()
    frames = frames_of(arguments.trajectory)
    count = min(arguments.frames, len(frames))
    chosen = [round((k + 1) * len(frames) / count) - 1 for k in range(count)]
    os.makedirs(os.path.dirname(os.path.abspath(arguments.output)), exist_ok=True)
    partial = arguments.output + ".partial"
    with open(partial, "w") as out:
        for number in chosen:
            symbols, positions, comment = frames[number]
            energy, forces = labels_of(symbols, positions)
            out.write(f"{len(symbols)}\nProperties=species:S:1:pos:R:3:forces:R:3 energy={energy:.8f}{step_of(comment)}\n")
            for symbol, position, force in zip(symbols, positions, forces):
                out.write(symbol + "".join(f" {x:.8f}" for x in [*position, *force]) + "\n")
            print(f"frame {number} of {len(frames)}: {energy:.6f} eV, largest force {abs(forces).max():.3f} eV/A", flush=True)
    os.replace(partial, arguments.output)


if __name__ == "__main__":
    main()
