"""TorchMD-NET's Equivariant Transformer on the GPU of this machine, as a peer figure for check.sh.

Untrained, of the size in the ET-OREO paper, f32, as `create_model` makes it: no graph capture, no compilation. Times are of energy
and forces with positions copied in and both copied out, in ms; the median of at most CALLS calls after WARM_UP. Prints JSON.

Needs torch with CUDA, torchmd-net 2 and numpy. Written against the documented arguments of TorchMD-NET 2; never run on a GPU.
"""

import json
import statistics
import time
from pathlib import Path

import numpy
import torch
import torchmdnet
from torchmdnet.models.model import create_model

CALLS, WARM_UP, SECONDS = 1000, 20, 7.0
DATA = Path(__file__).parents[2] / "examples" / "data"
NUMBERS = {"H": 1, "C": 6, "N": 7, "O": 8, "S": 16}
NETWORK = {
    "model": "equivariant-transformer", "embedding_dimension": 256, "num_layers": 8, "num_heads": 8, "num_rbf": 64,
    "rbf_type": "expnorm", "trainable_rbf": False, "activation": "silu", "attn_activation": "silu", "neighbor_embedding": True,
    "distance_influence": "both", "cutoff_lower": 0.0, "cutoff_upper": 5.0, "vector_cutoff": True, "max_z": 100,
    "max_num_neighbors": 128, "aggr": "add", "reduce_op": "add", "output_model": "Scalar", "derivative": True, "atom_filter": -1,
    "prior_model": None, "precision": 32, "equivariance_invariance_group": "O(3)", "static_shapes": False,
    "check_errors": False, "box_vecs": None,
}


def xyz(name):
    """Elements and positions of the first frame: symbol, x, y, z in the first columns."""
    lines = (DATA / name).read_text().splitlines()
    atoms = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    return [NUMBERS[atom[0]] for atom in atoms], [[float(x) for x in atom[1:4]] for atom in atoms]


def ethanol():
    data = numpy.load(DATA / "rmd17_ethanol_1000.npz")
    return data["nuclear_charges"].tolist(), data["coords"][0].tolist()


def measure(model, device, molecule, copies):
    numbers, positions = molecule
    z = torch.tensor(numbers * copies, dtype=torch.long, device=device)
    batch = torch.arange(copies, device=device).repeat_interleave(len(numbers))
    positions = torch.tensor(positions * copies, dtype=torch.float32).pin_memory()
    times, begun = [], time.perf_counter()
    for call in range(WARM_UP + CALLS):
        started = time.perf_counter()
        energy, forces = model(z, positions.to(device), batch=batch)[:2]
        energy.detach().cpu(), forces.detach().cpu()
        if call >= WARM_UP:
            times.append(1e3 * (time.perf_counter() - started))
            if time.perf_counter() - begun > SECONDS:
                break
    return {"atoms": len(z), "molecules": copies, "calls": len(times), "ms_median": statistics.median(times), "ms_min": min(times)}


def main():
    device = torch.device("cuda:0")
    torch.manual_seed(1)
    model = create_model(dict(NETWORK)).to(device).eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    systems = {
        "ethanol": (ethanol(), 1),
        "aspirin": (xyz("aspirin.xyz"), 1),
        "64 ethanol": (ethanol(), 64),
        "2 LAC1_L15": (xyz("lactone_15_loops.xyz"), 2),
    }
    report = {
        "device": torch.cuda.get_device_name(device),
        "torch": torch.__version__,
        "torchmd_net": getattr(torchmdnet, "__version__", "?"),
        "systems": [{"name": name, **measure(model, device, *system)} for name, system in systems.items()],
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
