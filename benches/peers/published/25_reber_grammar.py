"""The work of examples/25_reber_grammar.rs in PyTorch: the same grammar, sizes, rule and end. Prints figures and seconds."""

import argparse
import random
import time

import torch

LETTERS, LONGEST, HIDDEN = "BTPSXVE", 40, 12
EDGES = [[("T", 1), ("P", 2)], [("S", 1), ("X", 3)], [("T", 2), ("V", 4)], [("X", 2), ("S", 5)], [("P", 3), ("V", 5)]]


def string(generator):
    """A string, and for each of its letters those that may follow it."""
    outer = generator.choice("TP")
    text, after, state = f"B{outer}B", ["TP", "B"], 0
    while state < 5:
        after.append("".join(letter for letter, _ in EDGES[state]))
        letter, state = generator.choice(EDGES[state])
        text += letter
    return text + "E" + outer + "E", after + ["E", outer, "E"]


def strings(n, known, generator):
    inputs = torch.zeros(n, LONGEST, 7)
    labels = torch.full((n, LONGEST), -1)
    allowed = torch.ones(n, LONGEST, 7, dtype=torch.bool)
    i = 0
    while i < n:
        text, after = string(generator)
        if len(text) > LONGEST or text in known:
            continue
        known.add(text)
        for t, may in enumerate(after):
            inputs[i, t, LETTERS.index(text[t])] = 1.0
            labels[i, t] = LETTERS.index(text[t + 1])
            allowed[i, t] = torch.tensor([letter in may for letter in LETTERS])
        i += 1
    return inputs, labels, allowed


class Reader(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.core, self.head = torch.nn.LSTM(7, HIDDEN, batch_first=True), torch.nn.Linear(HIDDEN, 7)
        with torch.no_grad():
            self.core.bias_ih_l0[HIDDEN : 2 * HIDDEN] = 1.0
            self.core.bias_hh_l0[HIDDEN : 2 * HIDDEN] = 0.0

    def forward(self, x):
        return self.head(self.core(x)[0])


def understood(model, inputs, allowed):
    with torch.no_grad():
        outputs = model(inputs)
    least = outputs.masked_fill(~allowed, torch.inf).amin(2)
    most = outputs.masked_fill(allowed, -torch.inf).amax(2)
    return int((least > most).all(1).sum())


parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
torch.set_num_threads(options.threads)
start = time.time()
for seed in range(options.seeds):
    torch.manual_seed(seed)
    generator, known = random.Random(seed), set()
    train, labels, may = strings(256, known, generator)
    test, _, test_may = strings(256, known, generator)
    model = Reader()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    epoch, right = 0, (0, 0)
    while epoch < 200 and right != (256, 256):
        for i in torch.randperm(256):
            loss = torch.nn.functional.cross_entropy(model(train[i : i + 1])[0], labels[i], ignore_index=-1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        epoch += 1
        right = understood(model, train, may), understood(model, test, test_may)
    print(f"seed {seed}: {right[0]} and {right[1]} of 256 strings after {256 * epoch} sequences", flush=True)
print(f"{time.time() - start:.1f} s on {options.threads} threads")
