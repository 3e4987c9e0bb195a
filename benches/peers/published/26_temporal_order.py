"""The work of examples/26_temporal_order.rs in PyTorch: the same sequences by chance, sizes, rule and end. Prints figures and seconds."""

import argparse
import time

import torch

BATCH, HIDDEN = 32, 32
TASKS = {"6a": [(10, 20), (50, 60)], "6b": [(10, 20), (33, 43), (66, 76)]}


def sequences(n, places, generator):
    """Letters as ones and zeros, [time, n, 8], and the class."""
    draw = lambda low, high, shape: torch.randint(low, high, shape, generator=generator)
    steps = int(draw(100, 111, (1,)))
    letters = draw(2, 6, (steps, n))
    letters[0], letters[-1] = 0, 1
    classes = torch.zeros(n, dtype=torch.int64)
    for low, high in places:
        at, which = draw(low, high + 1, (n,)), draw(0, 2, (n,))
        letters[at, torch.arange(n)] = 6 + which
        classes = 2 * classes + which
    return torch.nn.functional.one_hot(letters, 8).float(), classes


class Reader(torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.core, self.head = torch.nn.LSTM(8, HIDDEN), torch.nn.Linear(HIDDEN, classes)
        with torch.no_grad():
            self.core.bias_ih_l0[HIDDEN : 2 * HIDDEN] = 4.0
            self.core.bias_hh_l0[HIDDEN : 2 * HIDDEN] = 0.0

    def forward(self, x):
        return self.head(self.core(x)[0])[-1]


def wrong(outputs, classes):
    return int((outputs.softmax(1).gather(1, classes[:, None]) < 0.7).sum())


parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--task", choices=list(TASKS))
options = parser.parse_args()
torch.set_num_threads(options.threads)
start = time.time()
for task in [options.task] if options.task else TASKS:
    places = TASKS[task]
    for seed in range(options.seeds):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        model = Reader(2 ** len(places))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        seen = row = 0
        while seen < 4000 * BATCH and row < 2000:
            x, classes = sequences(BATCH, places, generator)
            outputs = model(x)
            loss = torch.nn.functional.cross_entropy(outputs, classes)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            seen += BATCH
            row = row + BATCH if wrong(outputs.detach(), classes) == 0 else 0
        with torch.no_grad():
            errors = sum(wrong(model(x), classes) for x, classes in (sequences(256, places, generator) for _ in range(10)))
        print(f"{task} seed {seed}: {seen} sequences, solved {row >= 2000}, {errors} of 2,560 wrong", flush=True)
print(f"{time.time() - start:.1f} s on {options.threads} threads")
