//! Matrix products, attention, and a function that is given by an equation.

use crate::puzzle::task::{Puzzle, drawn};

pub(super) const PUZZLES: [Puzzle; 5] = [
    Puzzle {
        title: "a product's left factor",
        formula: "x @ w",
        inputs: &[drawn("x", &[2, 3], -2.0, 2.0), drawn("w", &[3, 4], -2.0, 2.0)],
        hints: [
            "y is [2, 4], and so is g; the answer is [2, 3]. Which product has these shapes?",
            "x[i, j] meets row j of w in every y[i, k].",
            "The other factor, transposed, on the side on which it stood.",
        ],
        solution: "g @ w.t",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a product's right factor",
        formula: "x @ w",
        inputs: &[drawn("x", &[2, 3], -2.0, 2.0), drawn("w", &[3, 4], -2.0, 2.0)],
        wanted: "w",
        hints: [
            "g is [2, 4], the answer [3, 4]: x has to be turned.",
            "Each row of x and of g makes an outer product; they add up over the rows.",
            "The other factor, transposed, on the side on which it stood.",
        ],
        solution: "x.t @ g",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "attention: the values",
        formula: "softmax(q @ k.t / 2, axis=1) @ v",
        inputs: &[
            drawn("q", &[3, 4], -1.5, 1.5),
            drawn("k", &[5, 4], -1.5, 1.5),
            drawn("v", &[5, 2], -2.0, 2.0),
        ],
        wanted: "v",
        known: &[("a", "softmax(q @ k.t / 2, axis=1)")],
        hints: [
            "The weights a are a matrix of shape [3, 5] that does not depend on v.",
            "y = a @ v: it is a product's right factor.",
            "Its rule: the left factor, transposed, times g.",
        ],
        solution: "a.t @ g",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "attention: the queries",
        formula: "softmax(q @ k.t / 2, axis=1) @ v",
        inputs: &[
            drawn("q", &[3, 4], -1.5, 1.5),
            drawn("k", &[5, 4], -1.5, 1.5),
            drawn("v", &[5, 2], -2.0, 2.0),
        ],
        wanted: "q",
        known: &[("a", "softmax(q @ k.t / 2, axis=1)")],
        hints: [
            "From the back: a product, a softmax, a division, a product. First what reaches the weights a.",
            "g @ v.t reaches a; through the softmax it becomes a·(it − Σ it·a), and Σ it·a is Σ g·y of each row.",
            "The rest is a product's left factor with k, and the division by 2.",
        ],
        solution: "(a * (g @ v.t - sum(g * y, axis=1, keepdim=1))) @ k / 2",
        slips: &[
            ("(a * (g @ v.t)) @ k / 2", "the softmax's sum is missing: −Σ g·y of each row"),
            ("(g @ v.t) @ k / 2", "the softmax's rule is missing between the two products"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "an implicit function",
        formula: "x + k*sin(y)",
        implicit: true,
        inputs: &[drawn("x", &[4], -2.0, 2.0), drawn("k", &[4], 0.2, 0.6)],
        hints: [
            "y stands on both sides. Differentiate both in x, and keep the slope of y as an unknown.",
            "y' = 1 + k·cos(y)·y'.",
            "Solve this for y'; nothing needs the steps by which y was found.",
        ],
        solution: "g / (1 - k*cos(y))",
        slips: &[
            ("g", "y stands on the right too: its own change is missing"),
            (
                "g * (1 + k*cos(y))",
                "this follows y around once: y' stands on both sides and has to be solved for",
            ),
            ("g / (1 - k*cos(x))", "the cosine is of y, not of x"),
            ("g / (1 + k*cos(y))", "the sign: y' − k·cos(y)·y' = 1"),
        ],
        ..Puzzle::EMPTY
    },
];
