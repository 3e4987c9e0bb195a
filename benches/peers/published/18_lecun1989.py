"""karpathy/lecun1989-repro, repro.py and modern.py, whose digits, weights and draws are those of examples/18_lecun1989.rs:
`18_lecun1989.py [--recipe paper|modern] [--seeds N] [--passes N] [--double] [--quick]`; MNIST's files in $GRADUS_DATA/mnist.
Seed 1337 is the published one. With --passes the seconds are scaled to all passes."""

import argparse
import gzip
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("--quick", action="store_true")
arguments.add_argument("--double", action="store_true")
arguments.add_argument("--seeds", type=int, default=1)
arguments.add_argument("--first", type=int, default=1337)
arguments.add_argument("--passes", type=int)
arguments.add_argument("--recipe", choices=["paper", "modern"])
options = arguments.parse_args()
torch.set_num_threads(int(os.environ.get("GRADUS_THREADS", torch.get_num_threads())))
PLANES = torch.tensor([*range(8), *range(4, 12), *range(4), *range(8, 12)])
DTYPE = torch.float64 if options.double else torch.float32


def read(part):
    folder = os.path.join(os.environ["GRADUS_DATA"], "mnist")
    with gzip.open(f"{folder}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{folder}/{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return torch.tensor(images, dtype=torch.float32) / 127.5 - 1, torch.tensor(labels, dtype=torch.long)


def digits(data, n):
    chosen = np.random.permutation(len(data[1]))[:n]
    return F.interpolate(data[0][chosen], (16, 16), mode="bilinear").to(DTYPE), data[1][chosen]


def uniform(*shape, inputs):
    return torch.nn.Parameter(((torch.rand(shape) - 0.5) * 2 * 2.4 / inputs**0.5).to(DTYPE))


class Net(torch.nn.Module):
    def __init__(self, modern):
        super().__init__()
        self.modern = modern
        zeros = lambda *shape: torch.nn.Parameter(torch.zeros(*shape, dtype=DTYPE))
        self.w1, self.b1 = uniform(12, 1, 5, 5, inputs=25), zeros(12, 8, 8)
        self.w2, self.b2 = uniform(12, 8, 5, 5, inputs=200), zeros(12, 4, 4)
        self.w3, self.b3 = uniform(192, 30, inputs=192), zeros(30)
        self.w4 = uniform(30, 10, inputs=30)
        self.b4 = torch.nn.Parameter(torch.full([10], 0.0 if modern else -1.0, dtype=DTYPE))

    def forward(self, x):
        bend = torch.relu if self.modern else torch.tanh
        if self.modern and self.training:
            x = torch.roll(x, tuple(np.random.randint(-1, 2, size=2)), (2, 3))
        x = bend(F.conv2d(F.pad(x, (2, 2, 2, 2), value=-1.0), self.w1, stride=2) + self.b1)
        seen = F.pad(x, (2, 2, 2, 2), value=-1.0)[:, PLANES]
        x = bend(F.conv2d(seen, self.w2, stride=2, groups=3) + self.b2)
        x = F.dropout(x, 0.25, self.training) if self.modern else x
        x = bend(x.flatten(1) @ self.w3 + self.b3) @ self.w4 + self.b4
        return x if self.modern else torch.tanh(x)


def error(modern, sets, seed):
    np.random.seed(seed)
    (test, truth), (x, labels) = digits(sets[1], 2007), digits(sets[0], 7291)  # in this order
    torch.manual_seed(seed)
    np.random.seed(seed)
    if options.quick:
        x, labels = x[:500], labels[:500]
    net = Net(modern)
    targets = F.one_hot(labels, 10) * 2.0 - 1.0
    targets = targets.to(DTYPE)
    rule = torch.optim.AdamW(net.parameters(), 3e-4) if modern else torch.optim.SGD(net.parameters(), 0.03)
    passes, begin = 80 if modern else 23, time.time()
    tried = min(passes, 2 if options.quick else options.passes or passes)
    for done in range(tried):
        if modern:
            rule.param_groups[0]["lr"] = 3e-4 - 2e-4 * done / 79
        for i in range(len(x)):
            found = net(x[i : i + 1])
            loss = F.cross_entropy(found, labels[i : i + 1]) if modern else F.mse_loss(found, targets[i : i + 1])
            rule.zero_grad()
            loss.backward()
            rule.step()
    seconds = (time.time() - begin) * passes / tried
    net.eval()
    with torch.no_grad():
        wrong = [int((net(pictures).argmax(1) != of).sum()) for pictures, of in [(x, labels), (test, truth)]]
    print(f"seed {seed}: {wrong[0]} of {len(x)}, {wrong[1]} of 2007 wrong after {tried} passes, {seconds:.1f} s for {passes}", flush=True)
    return 100 * wrong[1] / 2007


sets = read("train"), read("t10k")
for modern in (False, True):
    if options.recipe == ("paper" if modern else "modern"):
        continue
    errors = [error(modern, sets, seed) for seed in range(options.first, options.first + options.seeds)]
    print(f"modern {modern}, {DTYPE}, {torch.get_num_threads()} threads: test error {np.mean(errors):.2f} % of {errors}", flush=True)
