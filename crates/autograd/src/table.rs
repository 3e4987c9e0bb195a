//! The macros of the elementwise table: each row becomes a static [`Row`](crate::row::Row), a method of
//! [`Var`](crate::Var), and a function over [`Sym`](crate::row::Sym) for use in other slopes.

/// Rows with one input: `name [cost] |x, y| value => slope;`, with a number: `name [cost] |x, y; c| value => slope;`.
macro_rules! unary {
    ($($(#[doc = $doc:literal])* $name:ident [$cost:literal] |$x:ident, $y:ident $(; $c:ident)?| $f:expr => $slope:expr;)*) => {
        $($crate::table::row! {
            unary $name, concat!($($doc, "\n"),*), $cost, ($x, b_, $y, c_) ($($c)?), $f, (vector $slope), (none 0.0), |_| None
        })*
        $crate::table::unary_methods! { $([$($doc)*] $name ($($c)?) |$x| $f;)* }
        /// Every row of this table, in order.
        pub(crate) static ALL: &[&$crate::row::Row] = &[$(&$name),*];
    };
}

/// Rows with one input whose slope is a number: `name [cost] |x| value => slope;` or `|x; c|`.
macro_rules! linear {
    ($($(#[doc = $doc:literal])* $name:ident [$cost:literal] |$x:ident $(; $c:ident)?| $f:expr => $slope:expr;)*) => {
        $($crate::table::row! {
            unary $name, concat!($($doc, "\n"),*), $cost, ($x, b_, y_, c_) ($($c)?), $f, (plain $slope), (none 0.0),
            |c_| { $(let $c = c_; let _ = $c;)? let _ = c_; Some([$slope, 0.0]) }
        })*
        $crate::table::unary_methods! { $([$($doc)*] $name ($($c)?) |$x| $f;)* }
        /// Every row of this table, in order.
        pub(crate) static ALL: &[&$crate::row::Row] = &[$(&$name),*];
    };
}

/// Rows with one input whose slope is 0: `name [cost] |x| value;`.
macro_rules! flat {
    ($($(#[doc = $doc:literal])* $name:ident [$cost:literal] |$x:ident| $f:expr;)*) => {
        $($crate::table::row! {
            unary $name, concat!($($doc, "\n"),*), $cost, ($x, b_, y_, c_) (), $f, (none 0.0), (none 0.0), |_| Some([0.0; 2])
        })*
        $crate::table::unary_methods! { $([$($doc)*] $name () |$x| $f;)* }
    };
}

/// Rows with two inputs whose slopes are 0: `name [cost] |a, b| value;`.
macro_rules! comparison {
    ($($(#[doc = $doc:literal])* $name:ident [$cost:literal] |$a:ident, $b:ident| $f:expr;)*) => {
        $($crate::table::row! {
            binary $name, concat!($($doc, "\n"),*), $cost, ($a, $b, y_, c_) (), $f, (none 0.0), (none 0.0), |_| Some([0.0; 2])
        })*
        $crate::table::binary_methods! { $([$($doc)*] $name |$a, $b| $f;)* }
    };
}

/// Rows with two inputs: `name [cost] |a, b, y| value => slope in a, slope in b;`.
macro_rules! binary {
    ($($(#[doc = $doc:literal])* $name:ident [$cost:literal] |$a:ident, $b:ident, $y:ident| $f:expr => $da:expr, $db:expr;)*) => {
        $($crate::table::row! {
            binary $name, concat!($($doc, "\n"),*), $cost, ($a, $b, $y, c_) (), $f, (vector $da), (vector $db), |_| None
        })*
        $crate::table::binary_methods! { $([$($doc)*] $name |$a, $b| $f;)* }
        /// Every row of this table, in order.
        pub(crate) static ALL: &[&$crate::row::Row] = &[$(&$name),*];
    };
}

/// Rows with two inputs whose slopes are numbers; `operator` rows get their method from `std::ops`.
macro_rules! bilinear {
    ($($(#[doc = $doc:literal])* $name:ident [$cost:literal] |$a:ident, $b:ident| $f:expr => $da:expr, $db:expr;)*) => {
        $($crate::table::row! {
            binary $name, concat!($($doc, "\n"),*), $cost, ($a, $b, y_, c_) (), $f, (plain $da), (plain $db), |_| Some([$da, $db])
        })*
        $crate::table::binary_methods! { $([$($doc)*] $name |$a, $b| $f;)* }
        /// Every row of this table, in order.
        pub(crate) static ALL: &[&$crate::row::Row] = &[$(&$name),*];
    };
}

/// The static of one row.
macro_rules! row {
    ($kind:ident $name:ident, $doc:expr, $cost:literal, ($a:ident, $b:ident, $y:ident, $c_:ident) ($($c:ident)?), $f:expr, ($ka:ident $da:expr), ($kb:ident $db:expr), $constant:expr) => {
        #[allow(non_upper_case_globals, reason = "a row is called like its method")]
        #[allow(clippy::redundant_closure_call, reason = "the macro serves rows with and without a number")]
        pub(crate) static $name: $crate::row::Row = $crate::row::Row {
            name: stringify!($name),
            arity: $crate::table::arity!($kind),
            has_number: $crate::table::has_number!($($c)?),
            cost: $cost,
            f32: $crate::row::kernels!(f32, $cost, ($a, $b, $y, $c_) ($($c)?), $f, ($ka $da), ($kb $db)),
            f64: $crate::row::kernels!(f64, $cost, ($a, $b, $y, $c_) ($($c)?), $f, ($ka $da), ($kb $db)),
            constant: $constant,
            slopes: [
                $crate::row::slope!(($a, $b, $y, $c_) ($($c)?), $da),
                $crate::row::slope!(($a, $b, $y, $c_) ($($c)?), $db),
            ],
            doc: $doc,
        };
    };
}

macro_rules! arity {
    (unary) => {
        1
    };
    (binary) => {
        2
    };
}

macro_rules! has_number {
    () => {
        false
    };
    ($c:ident) => {
        true
    };
}

/// Methods of `Var` and functions over `Sym` for rows with one input.
macro_rules! unary_methods {
    ($([$($doc:literal)*] $name:ident ($($c:ident)?) |$x:ident| $f:expr;)*) => {
        /// Methods, one per row.
        mod methods {
            #[allow(clippy::should_implement_trait, reason = "the operators are implemented too")]
            impl<'t> $crate::Var<'t> {$(
                $(#[doc = $doc])*
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
            use $crate::row::Sym;
            $(
                #[allow(dead_code, reason = "not every function occurs in a slope")]
                pub(crate) fn $name<'t>(x: impl Into<Sym<'t>>, $($c: f64)?) -> Sym<'t> {
                    match x.into() {
                        Sym::Var(v) => Sym::Var(v.$name($($c)?)),
                        #[allow(unused_imports, reason = "a formula uses some of the functions")]
                        Sym::Number($x) => Sym::Number({
                            use gradus_tensor::kernel::math::*;
                            use $crate::row::{pick, polygamma};
                            $f
                        }),
                    }
                }
            )*
        }
    };
}

/// Methods of `Var` and functions over `Sym` for rows with two inputs.
macro_rules! binary_methods {
    ($([$($doc:literal)*] $name:ident |$a:ident, $b:ident| $f:expr;)*) => {
        /// Methods, one per row.
        mod methods {
            use $crate::var::Operand;
            impl<'t> $crate::Var<'t> {$(
                $(#[doc = $doc])*
                ///
                /// # Panics
                /// If the shapes do not broadcast.
                #[track_caller]
                #[allow(clippy::should_implement_trait, reason = "the operators are implemented too")]
                pub fn $name(self, other: impl Operand<'t>) -> Self {
                    let other = self.lift(other);
                    self.tape.binary(&super::$name, self, other)
                }
            )*}
        }
        /// The rows as functions over values that are being recorded.
        pub(crate) mod functions {
            use $crate::row::Sym;
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
                            use $crate::row::{pick, polygamma};
                            $f
                        }),
                    }
                }
            )*
        }
    };
}

pub(crate) use {
    arity, bilinear, binary, binary_methods, comparison, flat, has_number, linear, row, unary, unary_methods,
};
