"""What the programs about names share: data, training, losses. Run each by `python NAME.py`, with GRADUS_DATA as for the examples.
GRADUS_THREADS is the number of threads; GRADUS_SHARE=10 does a tenth of the steps and scales the seconds."""

import os
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F

LETTERS = 27
SHARE = int(os.environ.get("GRADUS_SHARE", "1"))
torch.set_num_threads(int(os.environ.get("GRADUS_THREADS", torch.get_num_threads())))


def names():
    """The names in the order of the lectures, as numbers of letters."""
    text = (Path(os.environ["GRADUS_DATA"]) / "names" / "names.txt").read_text()
    words = text.split()
    random.seed(42)
    random.shuffle(words)
    return [[ord(letter) - 96 for letter in word] for word in words]


def parts(block):
    """Contexts and what follows them, for training and for validation."""
    words = names()
    cut = [0, int(0.8 * len(words)), int(0.9 * len(words))]
    result = []
    for begin, end in zip(cut, cut[1:]):
        contexts, following = [], []
        for word in words[begin:end]:
            context = [0] * block
            for letter in word + [0]:
                contexts.append(context)
                following.append(letter)
                context = context[1:] + [letter]
        result.append((torch.tensor(contexts), torch.tensor(following)))
    return result


def train(title, published, forward, parameters, data, drop, generator, steps=200_000, evaluated=None):
    """Gradient descent at 0.1, and at 0.01 behind a part of the steps; prints the validation loss and the seconds."""
    (x, y), (x_valid, y_valid) = data
    for parameter in parameters:
        parameter.requires_grad_()
    begin = time.perf_counter()
    for step in range(steps // SHARE):
        rows = torch.randint(0, len(x), (32,), generator=generator)
        loss = F.cross_entropy(forward(x[rows]), y[rows])
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        rate = 0.1 if step < drop * steps else 0.01
        with torch.no_grad():
            for parameter in parameters:
                parameter -= rate * parameter.grad
        if step % 10_000 == 0 and "VERBOSE" in os.environ:
            print(f"{step:>6}: {loss.item():.4f}", flush=True)
    seconds = SHARE * (time.perf_counter() - begin)
    with torch.no_grad():
        loss = F.cross_entropy((evaluated or forward)(x_valid), y_valid).item()
    print(f"{title}: validation loss {loss:.4f} (published {published}), {seconds:.1f} s for {steps} steps by 1/{SHARE} of them, {torch.get_num_threads()} threads", flush=True)
