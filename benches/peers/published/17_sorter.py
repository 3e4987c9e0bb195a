"""minGPT's sorter in PyTorch."""

import itertools
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(48), nn.LayerNorm(48)
        self.split, self.found = nn.Linear(48, 144), nn.Linear(48, 48)
        self.inner, self.outer = nn.Linear(48, 192), nn.Linear(192, 48)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (part.view(b, t, 3, 16).transpose(1, 2) for part in self.split(self.norm1(x)).chunk(3, 2))
        p = 0.1 if self.training else 0.0
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=p)
        x = x + self.drop(self.found(found.transpose(1, 2).reshape(b, t, c)))
        return x + self.drop(self.outer(F.gelu(self.inner(self.norm2(x)), approximate="tanh")))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.digits, self.places = nn.Embedding(3, 48), nn.Embedding(11, 48)
        self.drop, self.blocks = nn.Dropout(0.1), nn.Sequential(*[Block() for _ in range(3)])
        self.norm, self.next = nn.LayerNorm(48), nn.Linear(48, 3, bias=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, 0.0, 0.02 / 6**0.5 if "found" in name or "outer" in name else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, digits):
        x = self.drop(self.digits(digits) + self.places(torch.arange(digits.shape[1])))
        return self.next(self.norm(self.blocks(x)))


lists = torch.tensor(list(itertools.product(range(3), repeat=6)))
for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
    torch.manual_seed(seed)
    mixed = lists[torch.randperm(len(lists))]
    hidden, shown = mixed[:182], mixed[182:]
    model = Gpt()
    decays = lambda name, p: p.dim() == 2 and not name.startswith(("digits", "places"))
    groups = [
        {"params": [p for name, p in model.named_parameters() if decays(name, p)], "weight_decay": 0.1},
        {"params": [p for name, p in model.named_parameters() if not decays(name, p)], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=5e-4, betas=(0.9, 0.95), fused=True)
    begin = time.perf_counter()
    for step in range(2000):
        asked = shown[torch.randint(0, len(shown), (64,))]
        answer = asked.sort(1)[0]
        scores = model(torch.cat([asked, answer[:, :-1]], 1))[:, 5:]
        loss = F.cross_entropy(scores.reshape(-1, 3), answer.flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
    seconds = time.perf_counter() - begin
    model.eval()
    right = 0
    with torch.no_grad():
        for _ in range(50):
            asked = hidden[torch.randint(0, len(hidden), (100,))]
            digits = asked
            for _ in range(6):
                digits = torch.cat([digits, model(digits)[:, -1].argmax(1, keepdim=True)], 1)
            right += (digits[:, 6:] == asked.sort(1)[0]).all(1).sum().item()
    print(f"seed {seed}: {right} of 5000 sorted, last loss {loss.item():.5f}, {seconds:.1f} s", flush=True)
