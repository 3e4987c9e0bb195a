"""makemore's network on three letters in PyTorch, from each of its starts, with the lectures' numbers: `14_makemore_mlp.py [START …]`."""

import sys

import torch
from names import LETTERS, parts, train

STARTS = {"raw": "2.1682", "small": "2.1027", "scaled": "2.1070", "normalised": "2.1057"}
data = parts(3)
for start in sys.argv[1:] or STARTS:
    generator = torch.Generator().manual_seed(2147483647)
    raw, normalised = start == "raw", start == "normalised"
    table = torch.randn((LETTERS, 10), generator=generator)
    w1 = torch.randn((30, 200), generator=generator)
    w1 = w1 if raw else w1 * 0.2 if start == "small" else w1 * (5 / 3) / (30**0.5)
    b1 = None if normalised else torch.randn(200, generator=generator) * (1 if raw else 0.01)
    w2 = torch.randn((200, LETTERS), generator=generator) * (1 if raw else 0.01)
    b2 = torch.randn(LETTERS, generator=generator) * (1 if raw else 0)
    gain, shift = torch.ones((1, 200)), torch.zeros((1, 200))
    running = [torch.zeros((1, 200)), torch.ones((1, 200))]

    def forward(x):
        sums = table[x].view(len(x), 30) @ w1
        if normalised:
            mean, std = sums.mean(0, keepdim=True), sums.std(0, keepdim=True)
            sums = gain * (sums - mean) / std + shift
            with torch.no_grad():
                running[0] = 0.999 * running[0] + 0.001 * mean
                running[1] = 0.999 * running[1] + 0.001 * std
        else:
            sums = sums + b1
        return torch.tanh(sums) @ w2 + b2

    def evaluated(x):
        sums = table[x].view(len(x), 30) @ w1
        return torch.tanh(gain * (sums - running[0]) / running[1] + shift) @ w2 + b2

    parameters = [table, w1, w2, b2] + ([gain, shift] if normalised else [b1])
    train(start, STARTS[start], forward, parameters, data, 0.5, generator, evaluated=evaluated if normalised else None)
