"""micrograd's moons in PyTorch: the published start, 100 steps."""

import random
import time

import numpy as np
import torch
from sklearn.datasets import make_moons

np.random.seed(1337)
random.seed(1337)
points, labels = make_moons(n_samples=100, noise=0.1)
x, y = torch.tensor(points), torch.tensor(labels * 2.0 - 1.0)

parameters = []
for inputs, outputs in [(2, 16), (16, 16), (16, 1)]:
    weight = [[random.uniform(-1, 1) for _ in range(inputs)] for _ in range(outputs)]
    parameters += [torch.tensor(weight, dtype=torch.float64), torch.zeros(outputs, dtype=torch.float64)]
for parameter in parameters:
    parameter.requires_grad_()
w1, b1, w2, b2, w3, b3 = parameters

begin = time.perf_counter()
for step in range(100):
    hidden = torch.relu(torch.relu(x @ w1.T + b1) @ w2.T + b2)
    scores = (hidden @ w3.T + b3).flatten()
    loss = torch.relu(1 - y * scores).mean() + 1e-4 * sum((p * p).sum() for p in parameters)
    right = ((scores > 0) == (y > 0)).double().mean().item()
    gradients = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients):
            parameter -= (1.0 - 0.9 * step / 100) * gradient
    if step in (0, 1, 99):
        print(f"step {step}: {loss.item():.16f}, {100 * right:.0f} % right")
print(f"{time.perf_counter() - begin:.3f} s")
