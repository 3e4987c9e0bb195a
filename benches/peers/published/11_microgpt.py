"""microgpt: scalars in plain Python (`scalars`, 100 names), matrices in PyTorch (`tensors`, 1000 names). Prints the time of a name."""

import math
import os
import random
import sys
import time
from pathlib import Path

SHAPES = [(27, 16), (16, 16), (27, 16), (16, 16), (16, 16), (16, 16), (16, 16), (64, 16), (16, 64)]

names = (Path(os.environ["GRADUS_DATA"]) / "names" / "names.txt").read_text().split()
random.seed(42)
random.shuffle(names)
START = [[[random.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)] for rows, columns in SHAPES]


def letters(step):
    numbers = [26] + [ord(letter) - 97 for letter in names[step]] + [26]
    return numbers, min(16, len(numbers) - 1)


class Scalar:
    """A number that knows of which numbers it was made, and the slope in each of them."""

    __slots__ = ("value", "slope", "inputs", "slopes")

    def __init__(self, value, inputs=(), slopes=()):
        self.value, self.slope, self.inputs, self.slopes = value, 0.0, inputs, slopes

    def __add__(self, other):
        return Scalar(self.value + other.value, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Scalar(self.value * other.value, (self, other), (other.value, self.value))

    def scaled(self, factor, shift=0.0):
        return Scalar(self.value * factor + shift, (self,), (factor,))

    def power(self, n):
        return Scalar(self.value**n, (self,), (n * self.value ** (n - 1),))

    def exp(self):
        value = math.exp(self.value)
        return Scalar(value, (self,), (value,))

    def log(self):
        return Scalar(math.log(self.value), (self,), (1.0 / self.value,))

    def relu(self):
        return Scalar(max(0.0, self.value), (self,), (float(self.value > 0.0),))

    def backward(self):
        order, seen, waiting = [], set(), [(self, False)]
        while waiting:
            node, done = waiting.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                waiting.extend((inner, False) for inner in node.inputs)
        self.slope = 1.0
        for node in reversed(order):
            for inner, slope in zip(node.inputs, node.slopes):
                inner.slope += slope * node.slope


def total(terms):
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def dot(a, b):
    return total([p * q for p, q in zip(a, b)])


def linear(x, rows):
    return [dot(row, x) for row in rows]


def softmax(x):
    most = max(p.value for p in x)
    powers = [p.scaled(1.0, -most).exp() for p in x]
    inverse = total(powers).power(-1)
    return [p * inverse for p in powers]


def norm(x):
    scale = dot(x, x).scaled(1.0 / len(x), 1e-5).power(-0.5)
    return [p * scale for p in x]


def scalar_scores(matrices, keys, values, letter):
    wte, wpe, head, wq, wk, wv, wo, inner, outer = matrices
    x = norm([a + b for a, b in zip(wte[letter], wpe[len(keys)])])
    read = norm(x)
    query = linear(read, wq)
    keys.append(linear(read, wk))
    values.append(linear(read, wv))
    found = []
    for h in range(0, 16, 4):
        shares = softmax([dot(query[h : h + 4], key[h : h + 4]).scaled(0.5) for key in keys])
        found += [total([s * value[j] for s, value in zip(shares, values)]) for j in range(h, h + 4)]
    x = [a + b for a, b in zip(linear(found, wo), x)]
    hidden = [p.relu() for p in linear(norm(x), inner)]
    return linear([a + b for a, b in zip(linear(hidden, outer), x)], head)


def train_scalars(steps):
    matrices = [[[Scalar(value) for value in row] for row in matrix] for matrix in START]
    flat = [p for matrix in matrices for row in matrix for p in row]
    m, v = [0.0] * len(flat), [0.0] * len(flat)
    for step in range(steps):
        numbers, n = letters(step)
        keys, values, losses = [], [], []
        for i in range(n):
            chance = softmax(scalar_scores(matrices, keys, values, numbers[i]))[numbers[i + 1]]
            losses.append(chance.log().scaled(-1.0))
        loss = total(losses).scaled(1.0 / n)
        loss.backward()
        rate = 0.01 * (1 - step / 1000)
        for i, p in enumerate(flat):
            m[i] = 0.85 * m[i] + 0.15 * p.slope
            v[i] = 0.99 * v[i] + 0.01 * p.slope**2
            p.value -= rate * (m[i] / (1 - 0.85 ** (step + 1))) / ((v[i] / (1 - 0.99 ** (step + 1))) ** 0.5 + 1e-8)
            p.slope = 0.0
    return loss.value


def train_tensors(steps):
    import torch
    import torch.nn.functional as F

    matrices = [torch.tensor(matrix, dtype=torch.float64, requires_grad=True) for matrix in START]
    wte, wpe, head, wq, wk, wv, wo, inner, outer = matrices
    adam = torch.optim.Adam(matrices, lr=0.01, betas=(0.85, 0.99), fused=True)
    for step in range(steps):
        numbers, n = letters(step)
        given, following = torch.tensor(numbers[:n]), torch.tensor(numbers[1 : n + 1])
        normed = lambda x: F.rms_norm(x, (16,), eps=1e-5)
        heads = lambda x: x.view(n, 4, 4).transpose(0, 1)
        x = normed(wte[given] + wpe[:n])
        read = normed(x)
        found = F.scaled_dot_product_attention(heads(read @ wq.T), heads(read @ wk.T), heads(read @ wv.T), is_causal=True)
        x = x + found.transpose(0, 1).reshape(n, 16) @ wo.T
        x = x + torch.relu(normed(x) @ inner.T) @ outer.T
        loss = F.cross_entropy(x @ head.T, following)
        adam.param_groups[0]["lr"] = 0.01 * (1 - step / 1000)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return loss.item()


for form in sys.argv[1:] or ["scalars", "tensors"]:
    steps, run = {"scalars": (100, train_scalars), "tensors": (1000, train_tensors)}[form]
    begin = time.perf_counter()
    loss = run(steps)
    print(f"{form}: loss of name {steps} is {loss:.10f}, {(time.perf_counter() - begin) / steps * 1e6:.0f} µs a name", flush=True)
