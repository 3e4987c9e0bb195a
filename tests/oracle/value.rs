//! Values of a case: tensors on a tape, plain tensors, and the Python values that stand among arguments.

use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Tensor};

/// One value.
#[derive(Debug, Clone)]
pub(crate) enum Val<'t> {
    /// A value on the tape.
    V(Var<'t>),
    /// A tensor without gradient.
    T(Tensor),
    F(f64),
    I(i64),
    B(bool),
    S(String),
    None,
    /// A list or tuple.
    List(Vec<Self>),
    /// `start:end:step` in a subscript.
    Slice([Option<i64>; 3]),
    Ellipsis,
    D(DType),
    /// The path of a module or function: `torch.linalg`.
    Name(String),
    /// A method that waits for its arguments.
    Method(Box<Self>, String),
}

impl<'t> Val<'t> {
    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// A scalar of JSON.
    pub(crate) fn scalar(value: &serde_json::Value) -> Option<Self> {
        use serde_json::Value;
        Some(match value {
            Value::Null => Self::None,
            Value::Bool(b) => Self::B(*b),
            Value::Number(n) => n.as_i64().map_or_else(|| Self::F(n.as_f64().unwrap_or(f64::NAN)), Self::I),
            Value::String(s) => Self::S(s.clone()),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }

    /// This value as a tensor, if it is one or a number or a list of them.
    pub(crate) fn tensor(&self) -> Tensor {
        match self {
            Self::V(x) => x.value(),
            Self::T(x) => x.clone(),
            Self::F(x) => Tensor::from(*x),
            Self::I(x) => Tensor::from(*x),
            Self::B(x) => Tensor::from(*x),
            Self::List(items) if items.is_empty() => Tensor::zeros_of(0, DType::F64),
            Self::List(items) => {
                let parts: Vec<Tensor> = items.iter().map(Self::tensor).collect();
                Tensor::stack(&parts, 0)
            }
            other => panic!("unsupported: {other:?} as a tensor"),
        }
    }

    /// This value on the tape.
    pub(crate) fn var(&self, tape: &'t Tape) -> Var<'t> {
        match self {
            Self::V(x) => *x,
            other => {
                let value = other.tensor();
                tape.constant(if value.dtype().is_float() { value } else { value.to(DType::F64) })
            }
        }
    }

    pub(crate) fn number(&self) -> f64 {
        match self {
            Self::F(x) => *x,
            Self::I(x) => *x as f64,
            Self::B(x) => f64::from(u8::from(*x)),
            Self::V(_) | Self::T(_) => self.tensor().item(),
            Self::S(s) => match s.as_str() {
                "inf" => f64::INFINITY,
                "-inf" => f64::NEG_INFINITY,
                "nan" => f64::NAN,
                other => panic!("unsupported: `{other}` as a number"),
            },
            other => panic!("unsupported: {other:?} as a number"),
        }
    }

    pub(crate) fn int(&self) -> i64 {
        self.number() as i64
    }

    /// A list of integers; a single integer counts as a list of one.
    pub(crate) fn ints(&self) -> Vec<i64> {
        match self {
            Self::List(items) => items.iter().map(Self::int).collect(),
            Self::T(x) if x.rank() > 0 => x.to(DType::I64).to_vec::<i64>(),
            other => vec![other.int()],
        }
    }

    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::None => false,
            Self::List(items) => !items.is_empty(),
            other => other.number() != 0.0,
        }
    }

    pub(crate) fn items(&self) -> Vec<Self> {
        match self {
            Self::List(items) => items.clone(),
            other => vec![other.clone()],
        }
    }

    /// The tensors in it, depth first: what an operation gives out.
    pub(crate) fn outputs(&self) -> Vec<Self> {
        match self {
            Self::List(items) => items.iter().flat_map(Self::outputs).collect(),
            Self::None => vec![],
            other => vec![other.clone()],
        }
    }
}

impl<'t> From<Var<'t>> for Val<'t> {
    fn from(x: Var<'t>) -> Self {
        Self::V(x)
    }
}
impl From<Tensor> for Val<'_> {
    fn from(x: Tensor) -> Self {
        Self::T(x)
    }
}
impl<'t> From<Vec<Var<'t>>> for Val<'t> {
    fn from(x: Vec<Var<'t>>) -> Self {
        Self::List(x.into_iter().map(Self::V).collect())
    }
}
impl<'t> From<Vec<Self>> for Val<'t> {
    fn from(x: Vec<Self>) -> Self {
        Self::List(x)
    }
}
impl<'t, A: Into<Self>, B: Into<Self>> From<(A, B)> for Val<'t> {
    fn from((a, b): (A, B)) -> Self {
        Self::List(vec![a.into(), b.into()])
    }
}
impl From<f64> for Val<'_> {
    fn from(x: f64) -> Self {
        Self::F(x)
    }
}
impl From<bool> for Val<'_> {
    fn from(x: bool) -> Self {
        Self::B(x)
    }
}
