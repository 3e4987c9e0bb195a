//! The two macros of the elementwise table, [`unary!`] and [`binary!`]. A row is written once,
//!
//! ```text
//! /// `$\tanh x$`. Slope `$1 - y^2$`.
//! tanh [1.0] |x, y| tanh(x) => 1.0 - y * y;
//! ```
//!
//! and becomes
//!
//! ```text
//! static tanh: Row = Row {
//!     name: "tanh", arity: 1, has_number: false, cost: 1.0, facts: Facts::NONE, doc: "…",
//!     slopes: Slopes::Recorded([|x, _, y, _| Sym::from(1.0 - y * y), |…| Sym::from(0.0)]),   // over recorded values
//!     flat: [false, true],                                                                    // the second input is none
//!     f32: Loops {
//!         one: None,                                                                           // of one number, if it is cheap
//!         forward: |a, _, _, y| for (y, &x) in … { *y = tanh(x) },                             // over f32, in vectors
//!         pull: [|dy, a, _, y, _, g| for … { *g += dy * (1.0 - y * y) }, |…| {}],
//!     },
//!     f64: Loops { … },                                                                       // the same over f64
//! };
//! impl<'t> Var<'t> { pub fn tanh(self) -> Self { self.unary(&tanh, 0.0) } }                   // the method
//! fn tanh<'t>(x: impl Into<Sym<'t>>) -> Sym<'t> { … }                                         // for use in other slopes
//! ```
//!
//! Behind the cost stand the row's [`Facts`](crate::ops::elementwise::facts::Facts), `[0.2, kinks: Kinks::At(&[0.0])]`; `@hidden` after it keeps the
//! method out of the docs. After `=>` stands an expression, or `const` and an expression of `c` alone; nothing there is
//! a slope of 0. Behind an expression may stand `, where condition => cheaper`: a slope that the loops take where it is as
//! good. Attributes `#[doc(alias = "…")]` name the method's other words.

use gradus_tensor::kernel::{self, Real};

/// Rows with one input, `name [cost] |x, y| value => slope;`, or with a number, `name [cost] |x, y; c| value => slope;`.
macro_rules! unary {
    ($($(#[doc = $doc:literal])* $(#[doc(alias = $alias:literal)])* $name:ident
        [$cost:literal $(, $fact:ident: $is:expr)*] $(@$hidden:ident)? |$x:ident, $y:ident $(; $c:ident)?| $f:expr
        $(=> const $constant:expr_2021)? $(=> $slope:expr_2021 $(, where $fine:expr_2021 => $cheap:expr_2021)?)?;)*) => {
        $($crate::ops::elementwise::table::row! {
            1 $name [concat!($($doc, "\n"),*), &[$($alias),*]] [$cost $(, $fact: $is)*] [$($hidden)?] ($x, b_, $y, c_) ($($c)?) [$f]
            [$((const $constant))? $((expr $slope $(, $fine, $cheap)?))?]
        })*
        /// Methods, one per row.
        mod methods {
            /// # Elementwise operations
            #[allow(clippy::should_implement_trait, reason = "the operators are implemented too")]
            impl<'t> $crate::Var<'t> {$(
                $(#[doc = $doc])*
                $(#[doc(alias = $alias)])*
                $(#[doc($hidden)])?
                #[inline]
                #[track_caller]
                pub fn $name(self, $($c: f64)?) -> Self {
                    #[allow(unused_variables, reason = "most rows carry no number")]
                    let number = 0.0;
                    $(let number = $c;)?
                    self.unary(&super::$name, number)
                }
            )*}
        }
        /// The rows as functions over values that are being recorded.
        pub(crate) mod functions {
            use $crate::ops::elementwise::sym::Sym;
            $(
                #[allow(dead_code, reason = "not every function occurs in a slope")]
                pub(crate) fn $name<'t>(x: impl Into<Sym<'t>>, $($c: f64)?) -> Sym<'t> {
                    match x.into() {
                        Sym::Var(v) => Sym::Var(v.$name($($c)?)),
                        #[allow(unused_imports, reason = "a formula uses some of the functions")]
                        Sym::Number($x) => Sym::Number({
                            use gradus_tensor::kernel::math::*;
                            use $crate::ops::elementwise::table::{pick, polygamma};
                            $f
                        }),
                    }
                }
            )*
        }
        /// Every row of this table, in order.
        pub(crate) static ALL: &[&$crate::ops::elementwise::row::Row] = &[$(&$name),*];
    };
}

/// Rows with two inputs, which broadcast: `name [cost] |a, b, y| value => slope in a, slope in b;`.
macro_rules! binary {
    ($($(#[doc = $doc:literal])* $(#[doc(alias = $alias:literal)])* $name:ident
        [$cost:literal $(, $fact:ident: $is:expr)*] $(@$hidden:ident)? |$a:ident, $b:ident, $y:ident| $f:expr
        $(=> const $ka:expr_2021, const $kb:expr_2021)? $(=> $da:expr_2021 $(, $db:expr_2021)?)?;)*) => {
        $($crate::ops::elementwise::table::row! {
            2 $name [concat!($($doc, "\n"),*), &[$($alias),*]] [$cost $(, $fact: $is)*] [$($hidden)?] ($a, $b, $y, c_) () [$f]
            [$((const $ka) (const $kb))? $((expr $da) $((expr $db))?)?]
        })*
        /// Methods, one per row.
        mod methods {
            use $crate::ops::elementwise::operators::Operand;
            /// # Elementwise operations of two values
            impl<'t> $crate::Var<'t> {$(
                $(#[doc = $doc])*
                ///
                /// # Panics
                /// If the shapes do not broadcast.
                $(#[doc(alias = $alias)])*
                $(#[doc($hidden)])?
                #[track_caller]
                #[allow(clippy::should_implement_trait, reason = "the operators are implemented too")]
                pub fn $name(self, other: impl Operand<'t>) -> Self {
                    let other = self.operand(super::$name.name, other);
                    self.tape.binary(&super::$name, self, other)
                }
            )*}
        }
        /// The rows as functions over values that are being recorded.
        pub(crate) mod functions {
            use $crate::ops::elementwise::sym::Sym;
            $(
                #[allow(dead_code, reason = "not every function occurs in a slope")]
                pub(crate) fn $name<'t>(a: impl Into<Sym<'t>>, b: impl Into<Sym<'t>>) -> Sym<'t> {
                    match (a.into(), b.into()) {
                        (Sym::Var(a), Sym::Var(b)) => Sym::Var(a.$name(b)),
                        (Sym::Var(a), Sym::Number(b)) => Sym::Var(a.$name(b)),
                        (Sym::Number(a), Sym::Var(b)) => Sym::Var(b.lift(a).$name(b)),
                        #[allow(unused_imports, reason = "a formula uses some of the functions")]
                        (Sym::Number($a), Sym::Number($b)) => Sym::Number({
                            use gradus_tensor::kernel::math::*;
                            use $crate::ops::elementwise::table::{pick, polygamma};
                            $f
                        }),
                    }
                }
            )*
        }
        /// Every row of this table, in order.
        pub(crate) static ALL: &[&$crate::ops::elementwise::row::Row] = &[$(&$name),*];
    };
}

/// The static of one row.
macro_rules! row {
    // What is not there is a slope of 0.
    ($arity:literal $name:ident $doc:tt $facts:tt $hidden:tt $names:tt $c:tt $f:tt []) => {
        $crate::ops::elementwise::table::row! { $arity $name $doc $facts $hidden $names $c $f [(none 0.0) (none 0.0)] }
    };
    ($arity:literal $name:ident $doc:tt $facts:tt $hidden:tt $names:tt $c:tt $f:tt [$only:tt]) => {
        $crate::ops::elementwise::table::row! { $arity $name $doc $facts $hidden $names $c $f [$only (none 0.0)] }
    };
    ($arity:literal $name:ident [$doc:expr, $aliases:expr] [$cost:literal $(, $fact:ident: $is:expr)*] [$($hidden:ident)?]
        ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?) [$f:expr]
        [($ka:ident $da:expr $(, $quick:expr)*) ($kb:ident $db:expr)]) => {
        #[allow(non_upper_case_globals, reason = "a row is called like its method")]
        pub(crate) static $name: $crate::ops::elementwise::row::Row = {
            #[allow(unused_imports, reason = "most rows need no facts")]
            use $crate::ops::elementwise::facts::{Facts, Kinks};
            $crate::ops::elementwise::row::Row {
                name: stringify!($name),
                arity: $arity,
                has_number: !<[&str]>::is_empty(&[$(stringify!($c))?]),
                cost: $cost,
                facts: Facts { $($fact: $is,)* hidden: !<[&str]>::is_empty(&[$(stringify!($hidden))?]), ..Facts::NONE },
                doc: $doc,
                aliases: $aliases,
                slopes: $crate::ops::elementwise::table::slopes!($ka ($a, $b, $y, $c_) ($($c)?) $da, $db),
                flat: [
                    $crate::ops::elementwise::table::flat!($ka ($($c)?) $da),
                    $crate::ops::elementwise::table::flat!($kb ($($c)?) $db),
                ],
                f32: $crate::ops::elementwise::table::loops!(f32, $cost, ($a, $b, $y, $c_) ($($c)?), $f, ($ka $da $(, $quick)*) ($kb $db)),
                f64: $crate::ops::elementwise::table::loops!(f64, $cost, ($a, $b, $y, $c_) ($($c)?), $f, ($ka $da $(, $quick)*) ($kb $db)),
            }
        };
    };
}

/// The slopes of a row: numbers, or expressions over [`Sym`](crate::ops::elementwise::sym::Sym).
macro_rules! slopes {
    (none $names:tt $c:tt $da:expr, $db:expr) => {
        $crate::ops::elementwise::row::Slopes::Constant(|_| [0.0; 2])
    };
    (const $names:tt ($($c:ident)?) $da:expr, $db:expr) => {
        $crate::ops::elementwise::row::Slopes::Constant(|c_| { $(let $c = c_; let _ = $c;)? let _ = c_; [$da, $db] })
    };
    (expr $names:tt $c:tt $da:expr, $db:expr) => {
        $crate::ops::elementwise::row::Slopes::Recorded([
            $crate::ops::elementwise::table::slopes!(@one $names $c $da),
            $crate::ops::elementwise::table::slopes!(@one $names $c $db),
        ])
    };
    (@one ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?) $slope:expr) => {
        |$a, $b, $y, $c_| {
            #[allow(unused_imports, reason = "a formula uses some of the functions")]
            use $crate::ops::elementwise::functions::*;
            $(let $c = $c_; let _ = $c;)?
            let _ = ($a, $b, $y, $c_);
            $crate::ops::elementwise::sym::Sym::from($slope)
        }
    };
}

/// Whether a slope is the number 0 for c = 0.
macro_rules! flat {
    (none $c:tt $slope:expr) => {
        true
    };
    (const ($($c:ident)?) $slope:expr) => {{
        $(let $c = 0.0; let _ = $c;)?
        $slope == 0.0
    }};
    (expr $c:tt $slope:expr) => {
        false
    };
}

/// The loops of a row over one element type.
macro_rules! loops {
    ($t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $f:expr,
        ($ka:ident $da:expr $(, $quick:expr)*) ($kb:ident $db:expr)) => {{
        #[allow(unused_imports, reason = "a formula uses some of the functions")]
        use gradus_tensor::kernel::math::*;
        #[allow(unused_imports, reason = "a formula uses some of the functions")]
        use $crate::ops::elementwise::table::{pick, polygamma};
        $crate::ops::elementwise::row::Loops::<$t> {
            one: if $cost < $crate::ops::elementwise::passes::CHEAP {
                Some($crate::ops::elementwise::row::One {
                    value: |$a, $b, $c_| {
                        $(let $c = $c_; let _ = $c;)?
                        let _ = ($a, $b, $c_);
                        $f
                    },
                    slopes: |$a, $b, $y, $c_| {
                        $(let $c = $c_; let _ = $c;)?
                        let _ = ($a, $b, $y, $c_);
                        ($da, $db)
                    },
                })
            } else {
                None
            },
            forward: |a, b, c, y| {
                $crate::ops::elementwise::passes::forward_loop($cost, a, b, c, y, #[inline(always)] |$a: $t, $b: $t, $c_: $t| {
                    $(let $c = $c_; let _ = $c;)?
                    let _ = ($a, $b, $c_);
                    $f
                })
            },
            pull: [
                $crate::ops::elementwise::table::loops!(@$ka $t, $cost, ($a, $b, $y, $c_) ($($c)?), $da $(, $quick)*),
                $crate::ops::elementwise::table::loops!(@$kb $t, $cost, ($a, $b, $y, $c_) ($($c)?), $db),
            ],
        }
    }};
    // A slope of 0 adds nothing.
    (@none $t:ty, $cost:expr, $names:tt $c:tt, $slope:expr) => {
        $crate::ops::elementwise::passes::add_nothing
    };
    // A slope that is a number: large values are scaled elsewhere, so a plain loop serves the small ones.
    (@const $t:ty, $cost:expr, $names:tt ($($c:ident)?), $slope:expr) => {
        |dy, _, _, _, c_, g| {
            $(let $c = c_; let _ = $c;)?
            let _ = c_;
            $crate::ops::elementwise::passes::add_scaled(dy, $slope, g)
        }
    };
    (@expr $t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $slope:expr) => {
        |dy, a, b, y, c, g| {
            $crate::ops::elementwise::passes::pull_loop((dy, a, b, y), c, g, $cost, #[inline(always)] |$a: $t, $b: $t, $y: $t, $c_: $t| {
                $(let $c = $c_; let _ = $c;)?
                let _ = ($a, $b, $y, $c_);
                $slope
            })
        }
    };
    // A cheaper slope where it is as good.
    (@expr $t:ty, $cost:expr, ($a:ident, $b:ident, $y:ident, $c_:ident) $c:tt, $slope:expr, $fine:expr, $cheap:expr) => {
        |dy, a, _, y, _, g| {
            $crate::ops::elementwise::passes::pull_cheaply(dy, a, y, g,
                #[inline(always)] |$a: $t, $y: $t| { let _ = ($a, $y); $slope },
                #[inline(always)] |$a: $t, $y: $t| { let _ = ($a, $y); ($fine, $cheap) },
            )
        }
    };
}

pub(crate) use {binary, flat, loops, row, slopes, unary};

/// `a` where the mask is not 0, else `b`, without a branch; for slopes over floats.
#[inline(always)]
pub(crate) fn pick<R: Real>(mask: R, a: R, b: R) -> R {
    if mask == R::ZERO { b } else { a }
}

/// The derivative of order `n` of the digamma function, with the order as a number like the others a row carries.
#[inline(always)]
pub(crate) fn polygamma<R: Real>(x: R, n: R) -> R {
    kernel::math::polygamma(n.to_f64() as u32, x)
}
