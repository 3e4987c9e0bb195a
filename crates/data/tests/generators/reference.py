"""Writes reference.csv: what scikit-learn makes for a seed. Each line: a name, then the numbers of some rows and labels."""

import csv
from pathlib import Path

import numpy as np
from sklearn import datasets

CASES = {
    "moons": lambda: datasets.make_moons(11, noise=0.1, random_state=0),
    "moons in order": lambda: datasets.make_moons(8, shuffle=False, random_state=0),
    "circles": lambda: datasets.make_circles(13, noise=0.05, factor=0.3, random_state=3),
    "blobs": lambda: datasets.make_blobs(10, random_state=7),
    "blobs given": lambda: datasets.make_blobs(
        7, centers=np.array([[0.0, 1.0, 2.0], [5.0, 5.0, 5.0]]), cluster_std=[0.5, 2.0], random_state=1
    ),
    "s curve": lambda: datasets.make_s_curve(6, noise=0.1, random_state=5),
    "swiss roll": lambda: datasets.make_swiss_roll(6, noise=0.1, random_state=5),
    "swiss roll with a hole": lambda: datasets.make_swiss_roll(9, hole=True, random_state=4294967295),
    "regression": lambda: datasets.make_regression(9, 4, n_informative=2, noise=1.5, bias=0.5, random_state=2),
    "regression of two": lambda: datasets.make_regression(
        5, 3, n_informative=3, n_targets=2, shuffle=False, random_state=2
    ),
    "numbers": lambda: (np.random.RandomState(1).uniform(size=(700, 1))[-4:], np.random.RandomState(1).permutation(9)),
}

if __name__ == "__main__":
    with open(Path(__file__).with_name("reference.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for name, make in CASES.items():
            x, y = make()
            writer.writerow([name] + [repr(float(value)) for value in np.concatenate([x.ravel(), y.ravel()])])
