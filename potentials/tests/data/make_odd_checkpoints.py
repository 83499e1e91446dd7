"""Writes odd_*.ckpt: checkpoints with everything that a PyTorch Lightning file may hold, made without PyTorch.

The pickles come from Python's own pickler; modules and classes called `torch` here are stand-ins that pickle under the
same names. Needs numpy. Value of number i (row-major) of the t-th tensor (order of
oreo::layout): t mod 16 + (i mod 8) / 4, exact in every type.
"""
import argparse, collections, datetime, io, pickle, sys, types, zipfile
import numpy as np

torch = types.ModuleType("torch")
utils = types.ModuleType("torch._utils")
lightning = types.ModuleType("pytorch_lightning.utilities.parsing")
sys.modules.update({"torch": torch, "torch._utils": utils, "pytorch_lightning.utilities.parsing": lightning,
                    "pytorch_lightning": types.ModuleType("pytorch_lightning"),
                    "pytorch_lightning.utilities": types.ModuleType("pytorch_lightning.utilities")})

def known_as(module, name, thing):
    thing.__module__, thing.__name__, thing.__qualname__ = module.__name__, name, name
    setattr(module, name, thing)
    return thing

rebuild_tensor = known_as(utils, "_rebuild_tensor_v2", lambda *a: None)
rebuild_parameter = known_as(utils, "_rebuild_parameter", lambda *a: None)
STORAGES = {n: known_as(torch, n, type(n, (), {})) for n in
            ["FloatStorage", "DoubleStorage", "HalfStorage", "BFloat16Storage", "LongStorage"]}
Size = known_as(torch, "Size", type("Size", (tuple,), {"__reduce__": lambda s: (torch.Size, (tuple(s),))}))
AttributeDict = known_as(lightning, "AttributeDict", type("AttributeDict", (dict,), {}))
Stop = known_as(lightning, "EarlyStopping", type("EarlyStopping", (), {}))

def encode(values, kind, order):
    if kind == "BFloat16Storage":
        return (values.astype("<f4").view("<u4") >> 16).astype(order + "u2").tobytes()
    return values.astype(order + {"FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2",
                                  "LongStorage": "i8"}[kind]).tobytes()

class Storage:
    def __init__(self, key, kind, values):
        self.key, self.kind, self.values = key, kind, values

class Tensor:
    def __init__(self, storage, offset, shape, strides, parameter=False, size=tuple):
        self.storage, self.parameter = storage, parameter
        self.arguments = (offset, size(shape), strides, False, collections.OrderedDict())
    def __reduce__(self):
        if self.parameter:
            plain = Tensor(self.storage, self.arguments[0], self.arguments[1], self.arguments[2])
            return rebuild_parameter, (plain, True, collections.OrderedDict())
        return rebuild_tensor, (self.storage,) + self.arguments

class Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            return ("storage", STORAGES[thing.kind], thing.key, "cuda:0", len(thing.values))

C, K, Z = 4, 3, 10
def maps(name, i, o): return [(name + ".weight", (o, i)), (name + ".bias", (o,))]
def shapes():
    r, l, h = "representation_model.", "representation_model.attention_layers.0.", "output_model.output_network."
    yield from [(r + "embedding.weight", (Z, C)),
                (r + "neighbor_embedding.embedding.weight", (Z, C)),
                (r + "distance_expansion.means", (K,)), (r + "distance_expansion.betas", (K,))]
    yield from maps(r + "neighbor_embedding.distance_proj", K, C) + maps(r + "neighbor_embedding.combine", 2 * C, C)
    yield from [(l + "layernorm.weight", (C,)), (l + "layernorm.bias", (C,))]
    for part, i, o in [("q", C, C), ("k", C, C), ("v", C, 3 * C), ("o", C, 3 * C), ("dk", K, C), ("dv", K, 3 * C)]:
        yield from maps(l + part + "_proj", i, o)
    yield from [(l + "vec_proj.weight", (3 * C, C)), (r + "out_norm.weight", (C,)), (r + "out_norm.bias", (C,))]
    for b, i, o in [("0", C, C // 2), ("1", C // 2, 1)]:
        yield from [(h + b + ".vec1_proj.weight", (i, i)), (h + b + ".vec2_proj.weight", (o, i))]
        yield from maps(h + b + ".update_net.layers.0", 2 * i, i) + maps(h + b + ".update_net.layers.2", i, 2 * o)
    yield from [("mean", ()), ("std", (1,))]

OPTIONS = dict(model="equivariant-transformer", rbf_type="expnorm", activation="silu", attn_activation="silu",
    neighbor_embedding=True, distance_influence="both", cutoff_lower=0.0, cutoff_upper=4.5, max_z=Z, atom_filter=-1,
    prior_model=None, output_model="Scalar", reduce_op="add", aggr="add", layernorm_on_vec=None, embedding_dimension=C,
    num_layers=1, num_heads=2, num_rbf=K, vector_cutoff=True, lr=1e-3, seed=2**70, splits=[1, [2, 3]], spread=float("nan"),
    weight_decay=np.float64(0.5), started=datetime.datetime(2026, 11, 22), flags={1, 2}, load_model=b"\x00\xff")

def write(path, protocol, kinds, order, options, size):
    state, storages, shared, parts = collections.OrderedDict(), [], [], []
    for t, (name, shape) in enumerate(shapes()):
        count = int(np.prod(shape))
        values = t % 16 + (np.arange(count) % 8) / 4
        strides = tuple(int(np.prod(shape[a + 1:])) for a in range(len(shape)))
        kind = kinds[t % len(kinds)]
        if len(shape) == 2 and t % 2 == 0:                      # transposed in memory
            values, strides = values.reshape(shape).T.reshape(-1), (1, shape[0])
        if name.endswith("bias"):                               # all biases in one storage
            parts.append((name, sum(map(len, shared)), shape, strides)); shared.append(values)
            state["model." + name] = None
            continue
        storage = Storage(str(len(storages)), kind, values)
        storages.append(storage)
        state["model." + name] = Tensor(storage, 0, shape, strides, t % 3 == 0, size)
    biases = Storage(str(len(storages)), "FloatStorage", np.concatenate(shared))
    steps = Storage(str(len(storages) + 1), "LongStorage", np.array([7]))
    storages += [biases, steps]
    for name, offset, shape, strides in parts:
        state["model." + name] = Tensor(biases, offset, shape, strides, False, size)
    state["model.prior_model.0.steps"] = Tensor(steps, 0, (1,), (1,))
    state["model.strange"] = Stop()
    state._metadata = collections.OrderedDict([("", {"version": 1})])
    everything = {"epoch": 3, "state_dict": state, "hyper_parameters": options, "callbacks": {Stop: {"patience": 2.5}},
        "optimizer_states": [{"state": {0: {"exp_avg": Tensor(biases, 0, (2,), (1,))}}, "param_groups": [{"betas": (0.9, 0.999)}]}],
        "lr_schedulers": [], "frozen": frozenset([1]), "big": -2**40, "text": "é" * 300, "bytes": bytearray(300)}
    everything["itself"] = everything
    pickled = io.BytesIO()
    Pickler(pickled, protocol).dump(everything)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        entry = lambda name, data: z.writestr(zipfile.ZipInfo("archive/" + name), data)
        entry("data.pkl", pickled.getvalue())
        entry("byteorder", {"<": "little", ">": "big"}[order])
        for s in storages:
            entry("data/" + s.key, encode(np.asarray(s.values, float), s.kind, order))
        entry("version", "3\n")

write("odd_protocol2.ckpt", 2, ["FloatStorage"], ">", AttributeDict(OPTIONS), tuple)
write("odd_protocol4.ckpt", 4, ["DoubleStorage", "HalfStorage"], "<", argparse.Namespace(**OPTIONS), Size)
write("odd_protocol5.ckpt", 5, ["BFloat16Storage", "FloatStorage"], "<", dict(OPTIONS), tuple)
