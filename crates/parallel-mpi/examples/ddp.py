"""The step of cost.rs with PyTorch's DistributedDataParallel on gloo: python ddp.py RANKS THREADS."""
import os
import statistics
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn import functional as F

LETTERS, LENGTH, BATCH, WIDTH, HEADS = 65, 64, 12, 128, 4


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        n, t, _ = x.shape
        split = lambda z: z.view(n, t, HEADS, WIDTH // HEADS).transpose(1, 2)
        q, k, v = map(split, self.qkv(self.ln1(x)).split(WIDTH, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, WIDTH)
        x = x + self.out(y)
        return x + self.down(F.gelu(self.up(self.ln2(x))))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.letters, self.places = nn.Embedding(LETTERS, WIDTH), nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
        self.blocks, self.norm = nn.ModuleList(Block() for _ in range(4)), nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, LETTERS)

    def forward(self, x, y):
        h = self.letters(x) + self.places
        for block in self.blocks:
            h = block(h)
        return F.cross_entropy(self.head(self.norm(h)).view(-1, LETTERS), y.view(-1))


def run(rank, ranks, threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = Gpt()
    x, y = torch.randint(LETTERS, (BATCH, LENGTH)), torch.randint(LETTERS, (BATCH, LENGTH))
    if ranks > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
        dist.init_process_group("gloo", rank=rank, world_size=ranks)
        model = nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    own = slice(rank * BATCH // ranks, (rank + 1) * BATCH // ranks)
    times = []
    for step in range(60):
        begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = model(x[own], y[own])
        loss.backward()
        optimizer.step()
        if step >= 10:
            times.append((time.perf_counter() - begin) * 1e3)
    if rank == 0:
        count = sum(p.numel() for p in model.parameters())
        print(f"{ranks} ranks of {threads} threads  PyTorch {torch.__version__}  {count} parameters  {statistics.median(times):.2f} ms a step")
    if ranks > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    ranks, threads = int(sys.argv[1]), int(sys.argv[2])
    if ranks == 1:
        run(0, 1, threads)
    else:
        mp.spawn(run, args=(ranks, threads), nprocs=ranks)
