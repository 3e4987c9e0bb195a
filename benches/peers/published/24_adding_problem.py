"""The work of examples/24_adding_problem.rs in PyTorch: the same sequences by chance, sizes, rule and end. Prints figures and seconds.
`--share 10` does a tenth of the steps of one seed; the seconds are scaled to all."""

import argparse
import time

import torch

BATCH, HIDDEN, ALLOWED, STEPS = 32, 32, 0.08, 5000


def sequences(n, generator):
    """Numbers with marks, [time, n, 2], and the target, [n, 1]."""
    steps = int(torch.randint(100, 111, (1,), generator=generator))
    numbers = 2 * torch.rand(n, steps, generator=generator) - 1
    marks = torch.zeros(n, steps)
    marks.scatter_(1, torch.randint(0, 10, (n, 1), generator=generator), 1.0)
    marks.scatter_(1, torch.randint(10, steps // 2, (n, 1), generator=generator), 1.0)
    return torch.stack([numbers.t(), marks.t()], 2), 1 + (numbers * marks).sum(1, keepdim=True) / 2


class Reader(torch.nn.Module):
    def __init__(self, core):
        super().__init__()
        self.core, self.head = core, torch.nn.Linear(HIDDEN, 1)

    def forward(self, x):
        return self.head(self.core(x)[0])[-1]


def train(model, steps, generator, share=1):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    seen = row = 0
    for _ in range(steps // share):
        x, target = sequences(BATCH, generator)
        found = model(x)
        loss = torch.nn.functional.mse_loss(found, target)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        seen += BATCH
        row = row + BATCH if ((found - target).abs() < ALLOWED).all() else 0
        if row >= 2000:
            break
    error = wrong = 0.0
    with torch.no_grad():
        for _ in range(10):
            x, target = sequences(256, generator)
            off = model(x) - target
            error += off.square().mean().item() / 10
            wrong += (off.abs() >= ALLOWED).sum().item()
    return error, wrong, seen, row >= 2000


parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--share", type=int, default=1)
options = parser.parse_args()
torch.set_num_threads(options.threads)
start, steps = time.time(), STEPS
for seed in range(options.seeds):
    torch.manual_seed(seed)
    lstm, rnn = Reader(torch.nn.LSTM(2, HIDDEN)), Reader(torch.nn.RNN(2, HIDDEN))
    with torch.no_grad():
        lstm.core.bias_ih_l0[HIDDEN : 2 * HIDDEN] = 4.0
        lstm.core.bias_hh_l0[HIDDEN : 2 * HIDDEN] = 0.0
        rnn.head.load_state_dict(lstm.head.state_dict())
    for name, model in [("LSTM", lstm), ("RNN", rnn)]:
        if name == "LSTM":
            steps = STEPS
        error, wrong, seen, solved = train(model, steps, torch.Generator().manual_seed(1000 + seed), options.share)
        steps = seen // BATCH * options.share  # the plain one sees as many
        print(f"seed {seed}: {name} {error:.4f}, {wrong:.0f} of 2,560 wrong, {seen} sequences, solved {solved}", flush=True)
seconds = (time.time() - start) * options.share
print(f"{seconds:.1f} s for {options.seeds} seeds on {options.threads} threads, by 1/{options.share} of the steps")
