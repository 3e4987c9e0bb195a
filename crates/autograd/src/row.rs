//! A row of the elementwise table: an operation on each element, its slope, and the facts about it.

use crate::sym::Sym;
use crate::var::Var;

/// An elementwise operation. `a` and `b` are the inputs (`b = a` for one input), `y` the output, `c` a number that the
/// operation may carry (an exponent, a factor).
pub struct Row {
    /// The name, as printed and as the method of [`Var`].
    pub name: &'static str,
    /// How many inputs: 1 or 2.
    pub arity: u8,
    /// Whether `c` is part of the formula.
    pub has_number: bool,
    /// Rough nanoseconds an element; it decides whether a second core pays and whether tiny inputs need vectors.
    pub cost: f64,
    /// What checks, the command and the fast ways have to know besides the formula.
    pub facts: Facts,
    /// The documentation: what it is, and its slope.
    pub doc: &'static str,
    /// The slope in each input.
    pub(crate) slopes: Slopes,
    pub(crate) f32: Loops<f32>,
    pub(crate) f64: Loops<f64>,
}

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
    /// Records this operation: `x` holds as many values as it has inputs, `c` is the number it carries (0 if none).
    ///
    /// # Panics
    /// If the number of inputs is another one.
    #[track_caller]
    pub fn apply<'t>(&'static self, x: &[Var<'t>], c: f64) -> Var<'t> {
        assert!(x.len() == usize::from(self.arity), "{}: {} inputs, not {}", self.name, self.arity, x.len());
        if let [a, b] = x { a.tape.binary(self, *a, *b) } else { x[0].unary(self, c) }
    }

    /// The slopes, where they do not depend on the inputs.
    pub(crate) fn constant(&self, c: f64) -> Option<[f64; 2]> {
        if let Slopes::Constant(slopes) = self.slopes { Some(slopes(c)) } else { None }
    }

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

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The slopes of a row, as the table gives them.
pub(crate) enum Slopes {
    /// Numbers, given `c`: 0 for a step.
    Constant(fn(f64) -> [f64; 2]),
    /// Expressions over what is recorded: `(a, b, y, c) → slope`.
    Recorded([for<'t> fn(Sym<'t>, Sym<'t>, Sym<'t>, f64) -> Sym<'t>; 2]),
}

/// The loops of a row over one type of element.
pub(crate) struct Loops<T> {
    /// `(a, b, c, y)`.
    pub(crate) forward: fn(&[T], &[T], T, &mut [T]),
    /// For each input `(dy, a, b, y, c, g)`: `g += dy · slope`.
    pub(crate) pull: [fn(&[T], &[T], &[T], &[T], T, &mut [T]); 2],
}
