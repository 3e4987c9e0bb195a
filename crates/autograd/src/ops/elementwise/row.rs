//! A row of the elementwise table: an operation on each element, its slope, and the facts about it.

use super::facts::Facts;
use super::sym::Sym;
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
    /// Other words for it.
    pub aliases: &'static [&'static str],
    /// The slope in each input.
    pub(crate) slopes: Slopes,
    /// Where the slope is the number 0, given that `c` is 0.
    pub(crate) flat: [bool; 2],
    pub(crate) f32: Loops<f32>,
    pub(crate) f64: Loops<f64>,
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

    /// Whether input `i` gets nothing: a slope that is the number 0 meets no infinite slope behind it.
    #[inline(always)]
    pub(crate) fn is_flat(&self, i: usize, c: f64) -> bool {
        self.flat[i] && c == 0.0
    }

    /// The slopes, where they do not depend on the inputs.
    pub(crate) fn constant(&self, c: f64) -> Option<[f64; 2]> {
        if let Slopes::Constant(slopes) = self.slopes { Some(slopes(c)) } else { None }
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A slope over what is recorded: `(a, b, y, c) → slope`.
type Slope = for<'t> fn(Sym<'t>, Sym<'t>, Sym<'t>, f64) -> Sym<'t>;

/// The slopes of a row, as the table gives them.
pub(crate) enum Slopes {
    /// Numbers, given `c`: 0 for a step.
    Constant(fn(f64) -> [f64; 2]),
    /// Expressions over what is recorded.
    Recorded([Slope; 2]),
}

/// `(a, b, c, y)`.
pub(crate) type Forward<T> = fn(&[T], &[T], T, &mut [T]);
/// `(dy, a, b, y, c, g)`: `g += dy · slope`.
pub(crate) type Pull<T> = fn(&[T], &[T], &[T], &[T], T, &mut [T]);

/// A row of one number, without loops: for cheap rows, where a loop would cost more than what it runs.
pub(crate) struct One<T> {
    /// `(a, b, c) → y`.
    pub(crate) value: fn(T, T, T) -> T,
    /// `(a, b, y, c)`: the slope in each input.
    pub(crate) slopes: fn(T, T, T, T) -> (T, T),
}

/// The loops of a row over one type of element.
pub(crate) struct Loops<T> {
    /// The same for one number.
    pub(crate) one: Option<One<T>>,
    pub(crate) forward: Forward<T>,
    /// For each input.
    pub(crate) pull: [Pull<T>; 2],
}
