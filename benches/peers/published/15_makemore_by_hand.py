"""makemore's network with batch normalisation, trained by slopes written out, in PyTorch without its autograd."""

import sys
import time

import torch
import torch.nn.functional as F
from names import LETTERS, SHARE, parts

(x, y), (x_valid, y_valid) = parts(3)
n = 32
for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
    torch.manual_seed(seed)
    table, w1, b1 = torch.randn(LETTERS, 10), torch.randn(30, 200) * 5 / 3 / 30**0.5, torch.randn(200) * 0.1
    w2, b2 = torch.randn(200, LETTERS) * 0.1, torch.randn(LETTERS) * 0.1
    gain, shift = torch.randn(200) * 0.1 + 1.0, torch.randn(200) * 0.1
    begin = time.perf_counter()
    with torch.no_grad():
        for step in range(200_000 // SHARE):
            rows = torch.randint(0, len(x), (n,))
            places, labels = x[rows], y[rows]
            inputs = table[places].view(n, 30)
            sums = inputs @ w1 + b1
            scale = (sums.var(0, keepdim=True) + 1e-5) ** -0.5
            normed = (sums - sums.mean(0, keepdim=True)) * scale
            h = torch.tanh(gain * normed + shift)
            logits = h @ w2 + b2
            d_logits = (F.softmax(logits, 1) - F.one_hot(labels, LETTERS)) / n
            d_shifted = (d_logits @ w2.T) * (1 - h**2)
            d_gain, d_shift = (d_shifted * normed).sum(0), d_shifted.sum(0)
            d_sums = gain * scale / n * (n * d_shifted - d_shift - n / (n - 1) * normed * d_gain)
            d_table = torch.zeros_like(table).index_add_(0, places.flatten(), (d_sums @ w1.T).view(-1, 10))
            rate = 0.1 if step < 100_000 else 0.01
            slopes = [d_table, inputs.T @ d_sums, d_sums.sum(0), h.T @ d_logits, d_logits.sum(0), d_gain, d_shift]
            for parameter, slope in zip([table, w1, b1, w2, b2, gain, shift], slopes):
                parameter -= rate * slope
        seconds = SHARE * (time.perf_counter() - begin)
        everything = table[x].view(-1, 30) @ w1 + b1
        sums = table[x_valid].view(-1, 30) @ w1 + b1
        normed = (sums - everything.mean(0)) * (everything.var(0) + 1e-5) ** -0.5
        loss = F.cross_entropy(torch.tanh(gain * normed + shift) @ w2 + b2, y_valid).item()
    print(f"seed {seed}: validation loss {loss:.4f} (published 2.1099), {seconds:.1f} s by 1/{SHARE} of the steps, {torch.get_num_threads()} threads", flush=True)
