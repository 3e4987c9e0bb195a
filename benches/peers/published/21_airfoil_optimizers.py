"""The work of examples/21_airfoil_optimizers.rs in PyTorch, with PyTorch's optimizers (it has no Yogi, and Adagrad's and RMSprop's epsilon
stand outside of the root): `21_airfoil_optimizers.py [--seeds N]`; the data in $GRADUS_DATA/airfoil/airfoil_self_noise.dat."""

import argparse
import os
import time

import numpy as np
import torch
from torch import optim

arguments = argparse.ArgumentParser()
arguments.add_argument("--seeds", type=int, default=20)
seeds = arguments.parse_args().seeds
torch.set_num_threads(int(os.environ.get("GRADUS_THREADS", torch.get_num_threads())))

table = np.loadtxt(os.path.join(os.environ["GRADUS_DATA"], "airfoil", "airfoil_self_noise.dat"), dtype=np.float32)
table = torch.tensor((table - table.mean(0)) / table.std(0))[:1500]
inputs, labels = table[:, :5], table[:, 5:]


def train(rule, options, batch, epochs, factor, seed):
    torch.manual_seed(seed)
    model = torch.nn.Linear(5, 1)
    torch.nn.init.normal_(model.weight, std=0.01)
    torch.nn.init.zeros_(model.bias)
    optimizer = rule(model.parameters(), **options)
    for _ in range(epochs):
        for rows in torch.randperm(1500).split(batch):
            optimizer.zero_grad()
            (factor * torch.nn.functional.mse_loss(model(inputs[rows]), labels[rows])).backward()
            optimizer.step()
    with torch.no_grad():
        return 0.5 * (model(inputs) - labels).square().mean().item()


BY_HAND = [
    ("gradient descent, all rows", 1500, optim.SGD, {"lr": 1.0}, "0.247"),
    ("SGD, one row", 1, optim.SGD, {"lr": 0.005}, "0.245"),
    ("SGD, 100 rows", 100, optim.SGD, {"lr": 0.4}, "0.246"),
    ("SGD", 10, optim.SGD, {"lr": 0.05}, "0.246"),
    ("momentum 0.5", 10, optim.SGD, {"lr": 0.02, "momentum": 0.5}, "0.245"),
    ("momentum 0.9", 10, optim.SGD, {"lr": 0.005, "momentum": 0.9}, "0.243"),
    ("AdaGrad", 10, optim.Adagrad, {"lr": 0.1}, "0.243"),
    ("RMSProp", 10, optim.RMSprop, {"lr": 0.01, "alpha": 0.9}, "0.245"),
    ("Adadelta", 10, optim.Adadelta, {"lr": 1.0, "eps": 1e-5}, "0.245"),
    ("Adam", 10, optim.Adam, {"lr": 0.01, "eps": 1e-6}, "0.243"),
]
CONCISE = [
    ("SGD", 10, optim.SGD, {"lr": 0.01}, "0.243"),
    ("momentum 0.9", 10, optim.SGD, {"lr": 0.005, "momentum": 0.9}, "0.250"),
    ("AdaGrad", 10, optim.Adagrad, {"lr": 0.1}, "0.242"),
    ("RMSProp", 10, optim.RMSprop, {"lr": 0.01, "alpha": 0.9}, "0.246"),
    ("Adadelta", 10, optim.Adadelta, {"lr": 1.0}, "0.243"),
    ("Adam", 10, optim.Adam, {"lr": 0.01}, "0.243"),
]

start = time.time()
for recipes, factor, epochs in [(BY_HAND, 0.5, 2), (CONCISE, 1.0, 4)]:
    for name, batch, rule, options, published in recipes:
        passes = 10 if batch == 1500 else epochs
        losses = [train(rule, options, batch, passes, factor, seed) for seed in range(seeds)]
        print(f"{name:28} published {published}   PyTorch {np.mean(losses):.4f}", flush=True)
print(f"{time.time() - start:.1f} s")
