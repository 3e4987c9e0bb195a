"""makemore's bigrams in PyTorch: counted, and learned by 5,000 steps."""

import time

import torch
from names import LETTERS, names

counts = torch.zeros(LETTERS, LETTERS)
for word in names():
    for a, b in zip([0] + word, word + [0]):
        counts[a, b] += 1
pairs = counts.sum()
chances = counts / counts.sum(1, keepdim=True)
print(f"counted: {-(counts * chances.clamp_min(1e-30).log()).sum() / pairs:.4f} (published 2.4540)")

torch.manual_seed(0)
logits = torch.randn(LETTERS, LETTERS, requires_grad=True)
begin = time.perf_counter()
for step in range(5000):
    loss = -(logits.log_softmax(1) * counts).sum() / pairs
    (gradient,) = torch.autograd.grad(loss, logits)
    with torch.no_grad():
        logits -= 50 * gradient
print(f"learned: {loss.item():.4f}, {time.perf_counter() - begin:.1f} s")
