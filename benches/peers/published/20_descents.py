"""The work of examples/20_descents.rs with PyTorch's optimizers, without Newton's method: `20_descents.py`."""

import math
import time

import torch

start = time.time()
VALLEY, BOWL = (0.1, 2.0), (1.0, 2.0)


def quadratic(weights):
    return lambda x: (torch.tensor(weights, dtype=torch.float64) * x**2).sum()


def descend(name, f, rule, lr, published, **options):
    two = ", " in published
    x = torch.tensor([-5.0, -2.0] if two else [10.0], dtype=torch.float64, requires_grad=True)
    optimizer = rule([x], lr=lr, **options)
    for _ in range(20 if two else 10):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
    print(f"{name:24} rate {lr:<5} published {published:>24}   PyTorch", ", ".join(f"{v:.6f}" for v in x.tolist()))


def waves(x):
    return (x * torch.cos(0.15 * math.pi * x)).sum()


sgd = torch.optim.SGD
for lr, published in [(0.2, "0.060466"), (0.05, "3.486784"), (1.1, "61.917364")]:
    descend("gradient descent", quadratic((1.0,)), sgd, lr, published)
descend("gradient descent", waves, sgd, 2.0, "-1.528166")
descend("gradient descent", quadratic(BOWL), sgd, 0.1, "-0.057646, -0.000073")
descend("gradient descent", quadratic(VALLEY), sgd, 0.4, "-0.943467, -0.000073")
descend("gradient descent", quadratic(VALLEY), sgd, 0.6, "-0.387814, -1673.365109")
descend("momentum 0.5", quadratic(VALLEY), sgd, 0.6, "0.007188, 0.002553", momentum=0.5)
descend("momentum 0.25", quadratic(VALLEY), sgd, 0.6, "-0.126340, -0.186632", momentum=0.25)
# PyTorch adds epsilon outside of the root: the last digits may differ.
descend("AdaGrad", quadratic(VALLEY), torch.optim.Adagrad, 0.4, "-2.382563, -0.158591")
descend("AdaGrad", quadratic(VALLEY), torch.optim.Adagrad, 2.0, "-0.002295, -0.000000")
descend("RMSProp", quadratic(VALLEY), torch.optim.RMSprop, 0.4, "-0.010599, 0.000000", alpha=0.9)
print(f"{time.time() - start:.2f} s")
