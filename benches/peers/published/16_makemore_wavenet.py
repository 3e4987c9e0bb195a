"""makemore's tree over eight letters in PyTorch."""

import sys

import torch
from names import LETTERS, parts, train
from torch import nn


class Join(nn.Module):
    def forward(self, x):
        return x.reshape(-1, 2 * x.shape[-1])


def linear(inputs, outputs, factor, bias):
    layer = nn.Linear(inputs, outputs, bias=bias)
    nn.init.normal_(layer.weight, 0.0, factor / inputs**0.5)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer


data = parts(8)
for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
    torch.manual_seed(seed)
    layers = [nn.Embedding(LETTERS, 24)]
    for width in [24, 128, 128]:
        layers += [Join(), linear(2 * width, 128, 1.0, False), nn.BatchNorm1d(128), nn.Tanh()]
    model = nn.Sequential(*layers, linear(128, LETTERS, 0.1, True))
    train(
        f"seed {seed}", "1.9937", model, list(model.parameters()), data, 0.75, evaluated=lambda x: model.eval()(x)
    )
