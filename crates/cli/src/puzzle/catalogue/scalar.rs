//! Functions of each element by itself: the gradient is g times the slope.

use crate::puzzle::task::{Puzzle, drawn, signed};

pub(super) const PUZZLES: [Puzzle; 10] = [
    Puzzle {
        title: "a square",
        formula: "x^2",
        inputs: &[drawn("x", &[], -2.0, 2.0)],
        hints: [
            "A small change of x changes y by how much for each unit?",
            "The slope of a power is its exponent times the power one lower; g multiplies it.",
            "(x + h)^2 − x^2 = 2·x·h + h^2; for small h the last term is nothing.",
        ],
        solution: "g * 2 * x",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a polynomial",
        formula: "x^3 - 2*x",
        inputs: &[drawn("x", &[3], -2.0, 2.0)],
        hints: [
            "The slope of a sum is the sum of the slopes.",
            "One term is a power, the other has the same slope everywhere.",
            "The terms give 3·x^2 and −2; g multiplies both.",
        ],
        solution: "g * (3*x^2 - 2)",
        slips: &[
            ("g * 3 * x^2", "the slope of the second term, −2, is missing"),
            ("3*x^2*g - 2", "g multiplies both terms: parentheses are missing"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a product",
        formula: "x * w",
        inputs: &[drawn("x", &[3], -2.0, 2.0), drawn("w", &[3], -2.0, 2.0)],
        wanted: "w",
        hints: [
            "While w changes, x is a number like any other.",
            "The slope of 5·w is 5.",
            "What multiplies w multiplies g.",
        ],
        solution: "x * g",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a quotient",
        formula: "x / w",
        inputs: &[drawn("x", &[3], 0.5, 2.0), drawn("w", &[3], 0.5, 2.0)],
        wanted: "w",
        hints: [
            "Write it as a product with a power of w.",
            "The power is −1: it comes to the front, and the next lower one is −2.",
            "A larger w makes the quotient smaller where x > 0: the sign is minus.",
        ],
        solution: "-g * x / w^2",
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a bell: the chain rule",
        formula: "exp(-x^2)",
        inputs: &[drawn("x", &[3], -1.5, 1.5)],
        hints: [
            "There are two functions, one within the other: their slopes multiply.",
            "The outer one is its own slope, and its value is known: y.",
            "The inner one, −x^2, has the slope −2·x.",
        ],
        solution: "g * y * (-2*x)",
        slips: &[("g * y", "the slope of the inner function, −2·x, is missing")],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "tanh",
        formula: "tanh(x)",
        inputs: &[drawn("x", &[3], -1.5, 1.5)],
        hints: [
            "The slope can be written with the output alone.",
            "It is 1 where y is 0, and nothing where y is near 1 or −1.",
            "tanh = sinh / cosh; by the rule of the quotient the slope is (cosh² − sinh²) / cosh².",
        ],
        solution: "g * (1 - y^2)",
        slips: &[
            ("g * (1 - x^2)", "the square in the slope is that of the output y, not of x"),
            ("g * y * (1 - y)", "this is the slope of the sigmoid"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "the sigmoid",
        formula: "sigmoid(x)",
        inputs: &[drawn("x", &[3], -2.0, 2.0)],
        hints: [
            "y = 1 / (1 + exp(−x)); the slope can be written with y alone.",
            "It is largest, 1/4, where y is 1/2, and nothing where y is 0 or 1.",
            "A parabola in y with these two zeros.",
        ],
        solution: "g * y * (1 - y)",
        slips: &[
            ("g * (1 - y^2)", "this is the slope of tanh"),
            ("g * x * (1 - x)", "the slope is made of the output y, not of x"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "SiLU: x in two places",
        formula: "x * sigmoid(x)",
        inputs: &[drawn("x", &[4], -2.0, 2.0)],
        hints: [
            "x stands in both factors: each gives a term.",
            "One term holds the other factor, the other x times the slope of the sigmoid.",
            "With s = sigmoid(x), the terms are s and x·s·(1 − s).",
        ],
        solution: "g * (sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x)))",
        slips: &[
            ("g * sigmoid(x)", "x stands in the sigmoid too: the second term is missing"),
            ("g * x * sigmoid(x) * (1 - sigmoid(x))", "x is also a factor: the term sigmoid(x) is missing"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "ReLU",
        formula: "relu(x)",
        inputs: &[signed("x", &[6])],
        hints: [
            "There are two pieces, each a straight line.",
            "To the right of 0 all of g passes, to the left nothing.",
            "A comparison is 1 where it holds and 0 elsewhere.",
        ],
        solution: "g * (x > 0)",
        slips: &[("g * (g > 0)", "the comparison is with x, not with g")],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "leaky ReLU: two branches",
        formula: "where(x > 0, x, 0.1*x)",
        inputs: &[signed("x", &[6])],
        hints: [
            "Each branch has its own slope.",
            "where(condition, a, b) takes a where the condition holds, else b.",
            "The slopes are 1 and 0.1.",
        ],
        solution: "g * where(x > 0, 1, 0.1)",
        slips: &[("g * (x > 0)", "the lost branch: to the left of 0 the slope is 0.1, not 0")],
        ..Puzzle::EMPTY
    },
];
