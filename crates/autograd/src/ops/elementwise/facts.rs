//! What is known about a row besides its formula.

use super::row::Row;

/// Facts about a row. In the table they follow the cost; those that are not named are as in [`Facts::NONE`].
#[derive(Debug)]
pub struct Facts {
    /// Bounds between which checks draw each input: within the domain, away from poles.
    pub domain: [[f64; 2]; 2],
    /// Where the slope jumps or is not defined.
    pub kinks: Kinks,
    /// The number that the row carries where none is given, if one is usual.
    pub number: Option<f64>,
    /// Whether the slope is, on purpose, not the derivative: a straight-through estimator.
    pub estimator: bool,
    /// Whether it is the form of an operator or of a function for a number: no word of a formula, hidden in the docs.
    pub hidden: bool,
    /// What the user called, in messages, where that is not the row's name: `add` of `x + 2.0`.
    pub called: Option<&'static str>,
    /// What it is when both inputs are one: the product is the square.
    pub same: Option<&'static Row>,
    /// Whether the slope in each input is the other input.
    pub bilinear: bool,
}

impl Facts {
    /// Smooth between -2 and 2, without any peculiarity.
    pub const NONE: Self = Self {
        domain: [[-2.0, 2.0]; 2],
        kinks: Kinks::None,
        number: None,
        estimator: false,
        hidden: false,
        called: None,
        same: None,
        bilinear: false,
    };
}

/// Where the slope of a row jumps or is not defined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kinks {
    /// Nowhere in the domain.
    None,
    /// At these values of the input; of the first, if there are two.
    At(&'static [f64]),
    /// At the number that the row carries.
    AtNumber,
    /// At the number that the row carries and at its opposite.
    AtBothSigns,
    /// At integers.
    Integers,
    /// At integers but 0.
    IntegersButZero,
    /// Half-way between integers.
    Halves,
    /// Where the inputs are equal.
    Equal,
    /// Where the first input is a multiple of the second.
    Multiples,
    /// Where the first input is a multiple of the second and not 0.
    MultiplesButZero,
    /// Where either input is 0.
    EitherZero,
}

impl Row {
    /// Whether the slope jumps or is not defined at these inputs (`b` is ignored if there is one).
    pub fn kink_at(&self, a: f64, b: f64, c: f64) -> bool {
        match self.facts.kinks {
            Kinks::None => false,
            Kinks::At(points) => points.contains(&a),
            Kinks::AtNumber => a == c,
            Kinks::AtBothSigns => a.abs() == c.abs(),
            Kinks::Integers => a.fract() == 0.0,
            Kinks::IntegersButZero => a.fract() == 0.0 && a != 0.0,
            Kinks::Halves => a.abs().fract() == 0.5,
            Kinks::Equal => a == b,
            Kinks::Multiples => (a / b).fract() == 0.0,
            Kinks::MultiplesButZero => (a / b).fract() == 0.0 && a != 0.0,
            Kinks::EitherZero => a == 0.0 || b == 0.0,
        }
    }
}
