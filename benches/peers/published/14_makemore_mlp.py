"""makemore's network on three letters in PyTorch, from each of its starts."""

import sys

import torch
from names import LETTERS, parts, train

STARTS = {"raw": "2.1701", "small": "2.1027", "scaled": "2.1070", "normalised": "2.1057"}
data = parts(3)
for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
    for start, published in STARTS.items():
        torch.manual_seed(seed)
        raw, normalised = start == "raw", start == "normalised"
        table = torch.randn(LETTERS, 10)
        w1 = torch.randn(30, 200) * {"raw": 1.0, "small": 0.2}.get(start, 5 / 3 / 30**0.5)
        b1 = torch.randn(200) * (1 if raw else 0.01)
        w2 = torch.randn(200, LETTERS) * (1 if raw else 0.01)
        b2 = torch.randn(LETTERS) * (1 if raw else 0)
        norm = torch.nn.BatchNorm1d(200, momentum=0.001)

        def forward(x):
            sums = table[x].view(len(x), 30) @ w1
            return torch.tanh(norm(sums) if normalised else sums + b1) @ w2 + b2

        def evaluated(x):
            norm.eval()
            return forward(x)

        parameters = [table, w1, w2, b2] + (list(norm.parameters()) if normalised else [b1])
        train(f"{start}, seed {seed}", published, forward, parameters, data, 0.5, evaluated=evaluated)
