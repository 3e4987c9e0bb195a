"""The work of examples/19_nanogpt.rs in PyTorch: `19_nanogpt.py [--steps N]`; the text in $GRADUS_DATA/tinyshakespeare/input.txt."""

import argparse
import math
import os
import time

import torch
from torch import nn
from torch.nn import functional as F

CONTEXT, WIDTH, LAYERS, HEADS, BATCH = 64, 128, 4, 4, 12
arguments = argparse.ArgumentParser()
arguments.add_argument("--steps", type=int, default=2000)
arguments.add_argument("--seed", type=int, default=0)
options = arguments.parse_args()
torch.set_num_threads(int(os.environ.get("GRADUS_THREADS", torch.get_num_threads())))
torch.manual_seed(options.seed)

with open(os.path.join(os.environ["GRADUS_DATA"], "tinyshakespeare", "input.txt")) as file:
    text = file.read()
letters = sorted(set(text))
numbers = torch.tensor([letters.index(c) for c in text])
parts = numbers[: len(numbers) * 9 // 10], numbers[len(numbers) * 9 // 10 :]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, bias=False), nn.LayerNorm(WIDTH, bias=False)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, WIDTH, bias=False)
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (y.view(b, t, HEADS, -1).transpose(1, 2) for y in self.qkv(self.norm1(x)).split(WIDTH, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.letters, self.positions = nn.Embedding(len(letters), WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks, self.norm = nn.Sequential(*(Block() for _ in range(LAYERS))), nn.LayerNorm(WIDTH, bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                adds = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * LAYERS) if adds else 0.02)

    def forward(self, x, labels):
        x = self.blocks(self.letters(x) + self.positions.weight[: x.shape[1]])
        return F.cross_entropy((self.norm(x) @ self.letters.weight.T).flatten(0, 1), labels.flatten())


def batch(part, n):
    starts = torch.randint(len(part) - CONTEXT, (n, 1))
    places = starts + torch.arange(CONTEXT)
    return part[places], part[places + 1]


def rate(step):
    if step < 100:
        return 1e-3 * (step + 1) / 100
    return 1e-4 + 0.5 * 9e-4 * (1 + math.cos(math.pi * (step - 100) / 1900))


@torch.no_grad()
def estimate():
    return gpt(*batch(parts[1], 20 * BATCH)).item()


gpt = Gpt()
groups = [
    {"params": [w for w in gpt.parameters() if w.dim() == 2], "weight_decay": 0.1},
    {"params": [w for w in gpt.parameters() if w.dim() < 2], "weight_decay": 0.0},
]
optimizer = torch.optim.AdamW(groups, 1e-3, (0.9, 0.99))
start, seconds = time.time(), 0.0
for step in range(options.steps):
    begin = time.time()
    for group in optimizer.param_groups:
        group["lr"] = rate(step)
    loss = gpt(*batch(parts[0], BATCH))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(gpt.parameters(), 1.0)
    optimizer.step()
    seconds += time.time() - begin
    if (step + 1) % 250 == 0:
        print(f"step {step + 1}  training {loss.item():.4f}  validation {estimate():.4f}", flush=True)
print(f"validation {estimate():.4f}, {1e3 * seconds / options.steps:.2f} ms an iteration, {time.time() - start:.1f} s")
