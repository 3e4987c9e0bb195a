//! The table of elementwise operations: what a row is, and the macros that make one from a formula.
//!
//! A slope is written once, as an expression. The macro expands it over `f32` and `f64`, which gives a fused backward
//! kernel `g += dy · slope(x, y)`, and over [`Sym`], which records it on the tape for derivatives of higher order.

use gradus_tensor::kernel::Real;

use crate::var::Var;

/// An elementwise operation. `a` and `b` are the inputs (`b = a` for one input), `y` the output, `c` a number that the
/// operation may carry (an exponent, a factor).
pub struct Row {
    /// The name, as printed and as the method of [`Var`].
    pub name: &'static str,
    /// How many inputs: 1 or 2. (0: a leaf; 3: see [`crate::Op`].)
    pub arity: u8,
    /// Whether `c` is part of the formula.
    pub has_number: bool,
    /// Rough nanoseconds an element; it decides whether a second core pays and whether tiny inputs need vectors.
    pub cost: f64,
    pub(crate) f32: Kernels<f32>,
    pub(crate) f64: Kernels<f64>,
    /// Slopes that do not depend on the inputs: `Some(k)` given `c`.
    pub(crate) constant: fn(f64) -> Option<[f64; 2]>,
    /// The slope in each input, recorded.
    pub(crate) slopes: [SlopeFn; 2],
    /// The documentation of the row: what it is and its slope in words.
    pub doc: &'static str,
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
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A slope over recorded values: `(a, b, y, c) → slope`.
pub(crate) type SlopeFn = for<'t> fn(Sym<'t>, Sym<'t>, Sym<'t>, f64) -> Sym<'t>;
/// A forward kernel: `(a, b, c, y)`.
pub(crate) type ForwardFn<T> = fn(&[T], &[T], T, &mut [T]);
/// A backward kernel: `(dy, a, b, y, c, g)`: `g += dy · slope`.
pub(crate) type PullFn<T> = fn(&[T], &[T], &[T], &[T], T, &mut [T]);

/// The loops of a row over one type of element.
pub(crate) struct Kernels<T> {
    pub(crate) forward: ForwardFn<T>,
    pub(crate) pull: [PullFn<T>; 2],
}

/// A float type with its own loops in every row.
pub(crate) trait Lane: Real + gradus_tensor::Element {
    /// The loops of an elementwise row over this type.
    fn kernels(row: &'static Row) -> &'static Kernels<Self>;
    /// The loops of a function of whole rows over this type.
    fn by_rows(rows: &'static ByRows) -> &'static RowKernels<Self>;
}

impl Lane for f32 {
    fn kernels(row: &'static Row) -> &'static Kernels<Self> {
        &row.f32
    }
    fn by_rows(rows: &'static ByRows) -> &'static RowKernels<Self> {
        &rows.f32
    }
}

impl Lane for f64 {
    fn kernels(row: &'static Row) -> &'static Kernels<Self> {
        &row.f64
    }
    fn by_rows(rows: &'static ByRows) -> &'static RowKernels<Self> {
        &rows.f64
    }
}

/// A function of whole rows (softmax, layer normalisation), with the loops that run it block by block.
pub struct ByRows {
    /// An input whose slope is 1, so that its gradient is that of the output (`usize::MAX`: none).
    pub(crate) added: usize,
    pub(crate) f32: RowKernels<f32>,
    pub(crate) f64: RowKernels<f64>,
}

impl std::fmt::Debug for ByRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ByRows")
    }
}

/// Up to three inputs of a function of rows, each as long as the output.
pub(crate) type Three<S> = [S; 3];
/// A forward kernel: `(inputs, width, c, y)`.
pub(crate) type RowForwardFn<T> = fn(Three<&[T]>, usize, T, &mut [T]);
/// A backward kernel: `(dy, inputs, y, width, c, gradients)`; adds to each gradient that is wanted.
pub(crate) type RowPullFn<T> = fn(&[T], Three<&[T]>, &[T], usize, T, Three<Option<&mut [T]>>);

/// The loops of a function of rows over one type of element.
pub(crate) struct RowKernels<T> {
    pub(crate) forward: RowForwardFn<T>,
    pub(crate) pull: RowPullFn<T>,
}

/// A static [`ByRows`] from two closures, compiled for both types; `adds i` names the input whose slope is 1.
macro_rules! by_rows {
    ($forward:expr, $pull:expr) => {
        $crate::row::by_rows!($forward, $pull, adds usize::MAX)
    };
    ($forward:expr, $pull:expr, adds $input:expr) => {
        $crate::row::ByRows {
            added: $input,
            f32: $crate::row::RowKernels { forward: $forward, pull: $pull },
            f64: $crate::row::RowKernels { forward: $forward, pull: $pull },
        }
    };
}
pub(crate) use by_rows;

/// A value in a slope that is being recorded: a variable, or a number that needs no node.
#[derive(Debug, Clone, Copy)]
pub enum Sym<'t> {
    /// A recorded value.
    Var(Var<'t>),
    /// A number.
    Number(f64),
}

impl<'t> From<Var<'t>> for Sym<'t> {
    fn from(x: Var<'t>) -> Self {
        Self::Var(x)
    }
}

impl From<f64> for Sym<'_> {
    fn from(x: f64) -> Self {
        Self::Number(x)
    }
}

macro_rules! sym_operator {
    ($($Trait:ident $method:ident $op:tt;)*) => {$(
        impl<'t> std::ops::$Trait for Sym<'t> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                match (self, other) {
                    (Sym::Var(a), Sym::Var(b)) => Sym::Var(a $op b),
                    (Sym::Var(a), Sym::Number(b)) => Sym::Var(a $op b),
                    (Sym::Number(a), Sym::Var(b)) => Sym::Var(a $op b),
                    (Sym::Number(a), Sym::Number(b)) => Sym::Number(a $op b),
                }
            }
        }
        impl<'t> std::ops::$Trait<f64> for Sym<'t> {
            type Output = Self;
            fn $method(self, other: f64) -> Self { self $op Sym::Number(other) }
        }
        impl<'t> std::ops::$Trait<Sym<'t>> for f64 {
            type Output = Sym<'t>;
            fn $method(self, other: Sym<'t>) -> Sym<'t> { Sym::Number(self) $op other }
        }
    )*};
}
sym_operator! {
    Add add +;
    Sub sub -;
    Mul mul *;
    Div div /;
}

impl std::ops::Neg for Sym<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        match self {
            Sym::Var(a) => Sym::Var(-a),
            Sym::Number(a) => Sym::Number(-a),
        }
    }
}

/// `a` where the mask is not 0, else `b`, without a branch; for slopes over floats.
#[inline(always)]
pub(crate) fn pick<R: Real>(mask: R, a: R, b: R) -> R {
    if mask == R::ZERO { b } else { a }
}

/// The derivative of order `n` of the digamma function, with the order as a number like the others a row carries.
#[inline(always)]
pub(crate) fn polygamma<R: Real>(x: R, n: R) -> R {
    gradus_tensor::kernel::math::polygamma(n.to_f64() as u32, x)
}

/// Slices up to this many elements of a cheap operation skip the vector dispatch.
pub(crate) const TINY: usize = 32;
/// Operations below this cost are cheap.
pub(crate) const CHEAP: f64 = 0.5;

#[inline(always)]
pub(crate) fn forward_loop<T: Real>(
    cost: f64,
    a: &[T],
    b: &[T],
    c: T,
    y: &mut [T],
    f: impl Fn(T, T, T) -> T,
) {
    #[inline(always)]
    fn body<T: Real>(a: &[T], b: &[T], c: T, y: &mut [T], f: impl Fn(T, T, T) -> T) {
        for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
            *y = f(a, b, c);
        }
    }
    if cost < CHEAP && y.len() <= TINY {
        body(a, b, c, y, f);
    } else {
        gradus_tensor::kernel::run(
            #[inline(always)]
            || body(a, b, c, y, f),
        );
    }
}

#[inline(always)]
pub(crate) fn pull_loop<T: Real>(
    (dy, a, b, y): (&[T], &[T], &[T], &[T]),
    c: T,
    g: &mut [T],
    cost: f64,
    slope: impl Fn(T, T, T, T) -> T,
) {
    #[inline(always)]
    fn body<T: Real>(
        dy: &[T],
        a: &[T],
        b: &[T],
        y: &[T],
        c: T,
        g: &mut [T],
        slope: impl Fn(T, T, T, T) -> T,
    ) {
        for ((((g, &dy), &a), &b), &y) in g.iter_mut().zip(dy).zip(a).zip(b).zip(y) {
            *g += dy * slope(a, b, y, c);
        }
    }
    if cost < CHEAP && g.len() <= TINY {
        body(dy, a, b, y, c, g, slope);
    } else {
        gradus_tensor::kernel::run(
            #[inline(always)]
            || body(dy, a, b, y, c, g, slope),
        );
    }
}

/// `g += dy · slope` for a slope that is a number.
#[inline(always)]
pub(crate) fn add_scaled<T: Real>(dy: &[T], slope: T, g: &mut [T]) {
    for (g, &dy) in g.iter_mut().zip(dy) {
        *g += dy * slope;
    }
}

/// Kernels of one element type from the expressions of a row.
macro_rules! kernels {
    ($t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $f:expr, ($ka:ident $da:expr), ($kb:ident $db:expr)) => {{
        #[allow(unused_imports, reason = "a formula uses some of the functions")]
        use gradus_tensor::kernel::math::*;
        #[allow(unused_imports, reason = "a formula uses some of the functions")]
        use $crate::row::{pick, polygamma};
        $crate::row::Kernels::<$t> {
            forward: |a, b, c, y| {
                $crate::row::forward_loop($cost, a, b, c, y, #[inline(always)] |$a: $t, $b: $t, $c_: $t| {
                    $(let $c = $c_; let _ = $c;)?
                    let _ = ($b, $c_);
                    $f
                })
            },
            pull: [
                $crate::row::kernels!(@$ka $t, $cost, ($a, $b, $y, $c_) ($($c)?), $da),
                $crate::row::kernels!(@$kb $t, $cost, ($a, $b, $y, $c_) ($($c)?), $db),
            ],
        }
    }};
    // A slope of 0 adds nothing.
    (@none $t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $slope:expr) => {
        |_, _, _, _, _, _| {}
    };
    // A slope that is a number: large values are scaled elsewhere, so a plain loop serves the small ones.
    (@plain $t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $slope:expr) => {
        |dy, _, _, _, $c_, g| {
            $(let $c = $c_; let _ = $c;)?
            let _ = $c_;
            $crate::row::add_scaled(dy, $slope, g)
        }
    };
    (@vector $t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $slope:expr) => {
        |dy, a, b, y, c, g| {
            $crate::row::pull_loop((dy, a, b, y), c, g, $cost, #[inline(always)] |$a: $t, $b: $t, $y: $t, $c_: $t| {
                $(let $c = $c_; let _ = $c;)?
                let _ = ($a, $b, $y, $c_);
                $slope
            })
        }
    };
}

/// A slope over [`Sym`] from the expression of a row.
macro_rules! slope {
    (($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $slope:expr) => {
        |$a, $b, $y, $c_| {
            #[allow(unused_imports, reason = "a formula uses some of the functions")]
            use $crate::ops::sym::*;
            $(let $c = $c_; let _ = $c;)?
            let _ = ($a, $b, $y, $c_);
            $crate::row::Sym::from($slope)
        }
    };
}
pub(crate) use {kernels, slope};
