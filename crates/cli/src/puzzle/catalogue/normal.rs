//! Softmax, cross-entropy, batch normalisation: each output depends on a whole row or column.

use crate::puzzle::task::{Puzzle, drawn, given};

pub(super) const PUZZLES: [Puzzle; 3] = [
    Puzzle {
        title: "softmax of each row",
        formula: "softmax(x, axis=1)",
        inputs: &[drawn("x", &[2, 3], -2.0, 2.0)],
        hints: [
            "∂y_i/∂x_j = y_i·(1 − y_i) for i = j, and −y_i·y_j else.",
            "Both cases in one: y_j·g_j minus y_j times a sum over the row.",
            "The sum is Σ g·y along axis 1; it keeps its axis to be taken from g.",
        ],
        solution: "y * (g - sum(g * y, axis=1, keepdim=1))",
        slips: &[
            ("y * g", "all outputs of a row share their sum: the term −y·Σ g·y is missing"),
            (
                "y * (1 - y) * g",
                "this is the diagonal alone: the outputs depend on the other inputs of their row too",
            ),
            (
                "y * (g - sum(g * y, axis=0, keepdim=1))",
                "the sum runs over the wrong axis: a softmax is of a row, axis 1",
            ),
            ("y * (g - sum(g, axis=1, keepdim=1))", "within the sum y multiplies g"),
            ("y * (g - sum(g * y))", "the sum is one of each row, not of all: axis=1, keepdim=1"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "cross-entropy",
        formula: "-mean(sum(p * log_softmax(x, axis=1), axis=1))",
        inputs: &[drawn("x", &[3, 4], -2.0, 2.0), given("p", "[[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]")],
        hints: [
            "p has a 1 in each row, at the class that is right.",
            "For one row it is what the softmax says minus what is right.",
            "The mean over the three rows divides by 3, size(x, 0).",
        ],
        solution: "g * (softmax(x, axis=1) - p) / size(x, 0)",
        slips: &[
            (
                "g * (softmax(x, axis=1) - p) / numel(x)",
                "the mean is over the 3 rows, not over all 12 elements",
            ),
            ("-g * p / size(x, 0)", "the softmax is missing: the logarithm is of a quotient"),
            (
                "-g * p / softmax(x, axis=1) / size(x, 0)",
                "this is the gradient in the probabilities: the softmax's own rule is missing",
            ),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "batch normalisation",
        formula: "(x - mean(x, axis=0)) / sqrt(mean((x - mean(x, axis=0))^2, axis=0) + 0.00001)",
        inputs: &[drawn("x", &[5, 3], -2.0, 2.0)],
        known: &[("s", "sqrt(mean((x - mean(x, axis=0))^2, axis=0) + 0.00001)")],
        hints: [
            "Each x stands in three places: in itself, in the mean, in the deviation s of its column.",
            "The mean takes the mean of g away, as in the puzzle of centred columns.",
            "The deviation takes away y times the mean of g·y; then s divides everything.",
        ],
        solution: "(g - mean(g, axis=0) - y * mean(g * y, axis=0)) / s",
        slips: &[
            ("g / s", "mean and deviation depend on x too: two terms are missing"),
            (
                "(g - mean(g, axis=0)) / s",
                "the deviation s depends on x too: the term −y·mean(g·y) is missing",
            ),
            ("(g - y * mean(g * y, axis=0)) / s", "the mean depends on x too: the term −mean(g) is missing"),
            ("g - mean(g, axis=0) - y * mean(g * y, axis=0)", "the division by s is missing"),
        ],
        ..Puzzle::EMPTY
    },
];
