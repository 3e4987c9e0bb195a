"""makemore's tree over eight letters in PyTorch, with the lecture's numbers."""

import torch
from names import LETTERS, parts, train

data = parts(8)
generator = torch.Generator().manual_seed(42)
table = torch.randn((LETTERS, 24), generator=generator)
weights = [torch.randn((inputs, 128), generator=generator) / inputs**0.5 for inputs in [48, 256, 256]]
gains, shifts = [torch.ones(128) for _ in range(3)], [torch.zeros(128) for _ in range(3)]
running = [[torch.zeros(128), torch.ones(128)] for _ in range(3)]
last, bias = torch.randn((128, LETTERS), generator=generator) / 128**0.5 * 0.1, torch.zeros(LETTERS)
training = True


def forward(letters):
    x = table[letters]
    for i, weight in enumerate(weights):
        x = x.reshape(len(letters), x.shape[1] // 2, -1) @ weight
        mean, var = running[i]
        if training:
            mean, var = x.mean((0, 1), keepdim=True), x.var((0, 1), keepdim=True)
            with torch.no_grad():
                running[i] = [0.9 * running[i][0] + 0.1 * mean, 0.9 * running[i][1] + 0.1 * var]
        x = torch.tanh(gains[i] * ((x - mean) / torch.sqrt(var + 1e-5)) + shifts[i])
    return x.squeeze(1) @ last + bias


def evaluated(letters):
    global training
    training = False
    return forward(letters)


parameters = [table, *weights, *gains, *shifts, last, bias]
train("tree", "1.9937", forward, parameters, data, 0.75, generator, evaluated=evaluated)
