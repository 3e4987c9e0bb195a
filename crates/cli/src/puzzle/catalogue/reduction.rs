//! Many elements to fewer: the gradient goes back to each of them.

use crate::puzzle::task::{Puzzle, drawn};

pub(super) const PUZZLES: [Puzzle; 8] = [
    Puzzle {
        title: "the sum of each row",
        formula: "sum(x, axis=1)",
        inputs: &[drawn("x", &[2, 3], -2.0, 2.0)],
        hints: [
            "Each element of a row moves its sum by as much as it moves itself.",
            "Every element of row i receives g[i].",
            "g needs a second axis before it can be repeated along the row: unsqueeze(g, 1), then expand.",
        ],
        solution: "expand(unsqueeze(g, 1), x)",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a mean",
        formula: "mean(x)",
        inputs: &[drawn("x", &[2, 3], -2.0, 2.0)],
        hints: [
            "A mean is a sum and a division.",
            "Every element receives the same.",
            "There are 6 of them, numel(x); ones_like(x) has the shape.",
        ],
        solution: "ones_like(x) * g / numel(x)",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "the mean squared error",
        formula: "mean((x - z)^2)",
        inputs: &[drawn("x", &[2, 3], -2.0, 2.0), drawn("z", &[2, 3], -2.0, 2.0)],
        hints: [
            "Three functions: a difference, a square, a mean. Their slopes multiply.",
            "The square gives 2·(x − z), the mean divides.",
            "The number of elements is numel(x).",
        ],
        solution: "g * 2 * (x - z) / numel(x)",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "the largest of each row",
        formula: "max(x, axis=1)",
        inputs: &[drawn("x", &[3, 4], -2.0, 2.0)],
        hints: [
            "Only one element of each row moves the result.",
            "It is where x equals y, which has lost an axis.",
            "unsqueeze(y, 1) has it again, and g needs it too.",
        ],
        solution: "unsqueeze(g, 1) * (x == unsqueeze(y, 1))",
        slips: &[(
            "expand(unsqueeze(g, 1), x)",
            "this is the rule of a sum: only the largest element receives g",
        )],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "the length of a vector",
        formula: "norm(x)",
        inputs: &[drawn("x", &[4], -2.0, 2.0)],
        hints: [
            "y = sqrt(sum(x^2)): a root around a sum of squares.",
            "The root's slope is 1/(2·y), that of the sum of squares 2·x.",
            "The gradient points along x and has the length of g.",
        ],
        solution: "g * x / y",
        slips: &[
            ("g * x", "the slope of the root is missing: y divides"),
            ("g * 2 * x", "the slope of the root, 1/(2·y), is missing"),
            ("g / (2*y) * ones_like(x)", "the slope of the squares, 2·x, is missing"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "running sums",
        formula: "cumsum(x)",
        inputs: &[drawn("x", &[5], -2.0, 2.0)],
        hints: [
            "Which elements of y does x[1] stand in?",
            "In its own and in all later ones: a sum from the end.",
            "flip turns a vector around.",
        ],
        solution: "flip(cumsum(flip(g)))",
        slips: &[(
            "cumsum(g)",
            "x[i] stands in y[i] and all that follow: the sum runs from the end, not from the start",
        )],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "log-sum-exp",
        formula: "logsumexp(x)",
        inputs: &[drawn("x", &[4], -2.0, 2.0)],
        hints: [
            "y = ln(sum(exp(x))): three functions.",
            "The logarithm divides by the sum, the exponential is its own slope.",
            "exp(x) divided by its sum has a name; exp(x − y) is the same.",
        ],
        solution: "g * softmax(x)",
        slips: &[("g * exp(x)", "the slope of the logarithm is missing: 1 / sum(exp(x))")],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "centred columns",
        formula: "x - mean(x, axis=0)",
        inputs: &[drawn("x", &[4, 3], -2.0, 2.0)],
        hints: [
            "x stands in it twice.",
            "The mean of a column depends on all its elements: each sends back −g/4 to each of the column.",
            "What is left of g has the mean 0 in each column.",
        ],
        solution: "g - mean(g, axis=0)",
        slips: &[
            ("g", "x stands in the mean too: that term is missing"),
            ("g - sum(g, axis=0)", "the mean divides by 4: mean(g, axis=0) in place of the sum"),
            (
                "g * (1 - 1/4)",
                "the mean mixes the rows: each receives what all of its column sent, not its own part alone",
            ),
        ],
        ..Puzzle::EMPTY
    },
];
