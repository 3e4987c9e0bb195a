//! Values that were repeated: what each copy receives is added up.

use crate::puzzle::task::{Puzzle, drawn};

pub(super) const PUZZLES: [Puzzle; 4] = [
    Puzzle {
        title: "a bias for each column",
        formula: "x + b",
        inputs: &[drawn("x", &[4, 3], -2.0, 2.0), drawn("b", &[3], -2.0, 2.0)],
        wanted: "b",
        hints: [
            "How often does each element of b stand in y?",
            "Four rows use the same b: what they send back adds up.",
            "A sum over the axis along which b was repeated; rows are axis 0.",
        ],
        solution: "sum(g, axis=0)",
        slips: &[(
            "mean(g, axis=0)",
            "what the rows send back is added, not averaged: a factor 4 is missing",
        )],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a factor for each row",
        formula: "x * c",
        inputs: &[drawn("x", &[4, 3], -2.0, 2.0), drawn("c", &[4, 1], -2.0, 2.0)],
        wanted: "c",
        hints: [
            "First as if c had the shape of x, then back to its own.",
            "Each element of c was repeated along its row, axis 1.",
            "The result keeps that axis with size 1: keepdim=1.",
        ],
        solution: "sum(g * x, axis=1, keepdim=1)",
        slips: &[
            (
                "sum(g, axis=1, keepdim=1)",
                "the slope of the product is missing: x multiplies g before the sum",
            ),
            (
                "sum(g, axis=1, keepdim=1) * sum(x, axis=1, keepdim=1)",
                "the product stands within the sum: Σ g·x is not Σ g · Σ x",
            ),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "one factor for all",
        formula: "a * x",
        inputs: &[drawn("a", &[], -2.0, 2.0), drawn("x", &[2, 3], -2.0, 2.0)],
        wanted: "a",
        hints: [
            "The answer is one number.",
            "All six elements of y use it.",
            "Each sends g times what stands beside a; all of it adds up.",
        ],
        solution: "sum(g * x)",
        slips: &[
            ("sum(g)", "the slope of the product is missing: x multiplies g before the sum"),
            ("mean(g * x)", "what the elements send back is added, not averaged: a factor 6 is missing"),
        ],
        ..Puzzle::EMPTY
    },
    Puzzle {
        title: "a column times a row",
        formula: "u * v",
        inputs: &[drawn("u", &[3, 1], -2.0, 2.0), drawn("v", &[4], -2.0, 2.0)],
        wanted: "v",
        hints: [
            "y has shape [3, 4]: which axis does v not have?",
            "The slope in v, before the sum, is u, repeated along its row.",
            "g * u has the shape of y; its rows, axis 0, add up.",
        ],
        solution: "sum(g * u, axis=0)",
        slips: &[("sum(g, axis=0)", "the slope of the product is missing: u multiplies g before the sum")],
        ..Puzzle::EMPTY
    },
];
