"""Files between gradus and Python: `record FOLDER` writes those that gradus reads, `check FOLDER` reads those that it wrote.

Needs numpy, torch and safetensors. The network is Linear(3, 4), LayerNorm(4), tanh, Linear(4, 2);
its weights are whole numbers over 8, so that every type holds them exactly.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file


def network():
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    )
    start = 0
    with torch.no_grad():
        for parameter in model.parameters():
            n = parameter.numel()
            parameter.copy_((torch.arange(start, start + n).reshape(parameter.shape) % 17 - 8) / 8)
            start += n
    return model


def example():
    return torch.arange(-6.0, 9.0).reshape(5, 3) / 4


def record(folder):
    model = network()
    state = model.state_dict()
    save_file(state, folder / "network.safetensors")
    torch.save(state, folder / "network.pt")
    np.savez(folder / "network.npz", **{name: value.numpy() for name, value in state.items()})
    np.savez_compressed(folder / "packed.npz", zeros=np.zeros((40, 50), np.float32), half=np.float16([1.5, -2]))
    np.save(folder / "fortran.npy", np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)))
    base = torch.arange(12.0).reshape(3, 4)
    checkpoint = {
        "model": {
            "whole": base,
            "turned": base.t(),
            "row": base[1],
            "columns": base[:, 1:3],
            "parameter": torch.nn.Parameter(torch.tensor([0.5, -0.5])),
            "half": torch.tensor([1.5, -2.0]).half(),
            "brain": torch.tensor([1.5, -2.0]).bfloat16(),
            "double": torch.tensor([0.1], dtype=torch.float64),
            "integers": torch.tensor([[1, -2], [3, 4]]),
            "narrow": torch.tensor([1, 65535], dtype=torch.uint16),
            "mask": torch.tensor([True, False]),
            "repeated": torch.tensor([7.0]).expand(3),
            "none": torch.zeros(0, 3),
            "scalar": torch.tensor(3.5),
        },
        "sizes": torch.Size([1, 2]),
        "list": [torch.ones(1), None, True],
        "epoch": 3,
        "lr": 0.1,
        "name": "a checkpoint",
    }
    torch.save(checkpoint, folder / "checkpoint.pt")
    torch.save(model, folder / "module.pt")
    np.save(folder / "output.npy", model.double()(example().double()).detach().numpy())


def check(folder):
    want = network().state_dict()
    for state in (load_file(folder / "written.safetensors"), dict(np.load(folder / "written.npz"))):
        state = {name: torch.as_tensor(value) for name, value in state.items()}
        model = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
        )
        model.load_state_dict(state)
        for name, value in want.items():
            assert state[name].dtype == value.dtype and torch.equal(state[name], value), name
        output = torch.as_tensor(np.load(folder / "output.npy"))
        assert torch.allclose(model(example()).double(), output, rtol=1e-5, atol=1e-6)
    print("read by torch", torch.__version__, "and numpy", np.__version__)


if __name__ == "__main__":
    {"record": record, "check": check}[sys.argv[1]](Path(sys.argv[2]))
