//! What slopes are made of when they are recorded: variables, and numbers that need no node.

use crate::var::Var;

/// A value in a slope that is being recorded.
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
