"""The work of examples/18_lecun1989.rs in PyTorch: `18_lecun1989.py [--quick] [--seeds N]`; MNIST's files in $GRADUS_DATA/mnist."""

import argparse
import gzip
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("--quick", action="store_true")
arguments.add_argument("--seeds", type=int, default=1)
arguments.add_argument("--recipe", choices=["paper", "modern"])
options = arguments.parse_args()
torch.set_num_threads(int(os.environ.get("GRADUS_THREADS", torch.get_num_threads())))
PLANES = torch.tensor([*range(8), *range(4, 12), *range(4), *range(8, 12)])


def read(part):
    folder = os.path.join(os.environ["GRADUS_DATA"], "mnist")
    with gzip.open(f"{folder}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{folder}/{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return torch.tensor(images, dtype=torch.float32) / 127.5 - 1, torch.tensor(labels, dtype=torch.long)


def digits(data, n):
    chosen = torch.randperm(len(data[1]))[:n]
    return F.interpolate(data[0][chosen], (16, 16), mode="bilinear"), data[1][chosen]


def uniform(*shape, inputs):
    return torch.nn.Parameter((torch.rand(shape) * 2 - 1) * 2.4 / inputs**0.5)


class Net(torch.nn.Module):
    def __init__(self, modern):
        super().__init__()
        self.modern = modern
        self.w1, self.b1 = uniform(12, 1, 5, 5, inputs=25), torch.nn.Parameter(torch.zeros(12, 8, 8))
        self.w2, self.b2 = uniform(12, 8, 5, 5, inputs=200), torch.nn.Parameter(torch.zeros(12, 4, 4))
        self.w3, self.b3 = uniform(30, 192, inputs=192), torch.nn.Parameter(torch.zeros(30))
        self.w4 = uniform(10, 30, inputs=30)
        self.b4 = torch.nn.Parameter(torch.full([10], 0.0 if modern else -1.0))

    def forward(self, x):
        bend = torch.relu if self.modern else torch.tanh
        x = bend(F.conv2d(F.pad(x, (2, 2, 2, 2), value=-1.0), self.w1, stride=2) + self.b1)
        seen = F.pad(x, (2, 2, 2, 2), value=-1.0)[:, PLANES]
        x = bend(F.conv2d(seen, self.w2, stride=2, groups=3) + self.b2)
        x = F.dropout(x, 0.25, self.training) if self.modern else x
        x = F.linear(bend(F.linear(x.flatten(1), self.w3, self.b3)), self.w4, self.b4)
        return x if self.modern else torch.tanh(x)


def error(modern, sets, seed):
    torch.manual_seed(seed)
    (x, labels), (test, truth) = digits(sets[0], 7291), digits(sets[1], 2007)
    if options.quick:
        x, labels = x[:500], labels[:500]
    net = Net(modern)
    targets = F.one_hot(labels, 10) * 2.0 - 1.0
    rule = torch.optim.AdamW(net.parameters(), 3e-4) if modern else torch.optim.SGD(net.parameters(), 0.03)
    for done in range(2 if options.quick else 80 if modern else 23):
        if modern:
            rule.param_groups[0]["lr"] = 3e-4 - 2e-4 * done / 79
        for i in range(len(x)):
            if modern:
                shifts = np.random.randint(-1, 2, 2).tolist()
                loss = F.cross_entropy(net(torch.roll(x[i : i + 1], shifts, (2, 3))), labels[i : i + 1])
            else:
                loss = F.mse_loss(net(x[i : i + 1]), targets[i : i + 1])
            rule.zero_grad()
            loss.backward()
            rule.step()
        if done % 10 == 9:
            print(f"pass {done + 1}: {time.time() - start:.1f} s", flush=True)
    net.eval()
    with torch.no_grad():
        return 100 * (net(test).argmax(1) != truth).float().mean().item()


sets = read("train"), read("t10k")
for modern in (False, True):
    if options.recipe == ("paper" if modern else "modern"):
        continue
    start = time.time()
    errors = [error(modern, sets, seed) for seed in range(options.seeds)]
    seconds = (time.time() - start) / options.seeds
    print(f"modern {modern}: test error {np.mean(errors):.2f} % of {errors}, {seconds:.1f} s a seed", flush=True)
