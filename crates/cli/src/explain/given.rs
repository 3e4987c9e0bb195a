//! What a function is given besides values: an axis, a shape, whether axes are kept. What does not fit is said in words.
//! No size is 0, so that no operation meets a value of nothing.

use gradus::autograd::{Tape, Var};
use gradus::tensor::{Axes, DType, Shape, Tensor};

use super::evaluate::Value;

/// A larger result is refused.
const MOST: usize = 1_000_000;
/// Axes that a value may have here.
const RANK: usize = 4;

/// The arguments of a call.
pub(crate) struct Given<'t> {
    tape: &'t Tape,
    dtype: DType,
    values: Vec<Value<'t>>,
    /// Which of them were written as a list.
    pub(super) lists: Vec<bool>,
    pub(super) axis: Option<f64>,
    keepdim: bool,
}

impl<'t> Given<'t> {
    pub(crate) fn new(tape: &'t Tape, dtype: DType, values: Vec<Value<'t>>, lists: Vec<bool>) -> Self {
        Self { tape, dtype, values, lists, axis: None, keepdim: false }
    }

    /// An argument with its name: NumPy's or PyTorch's.
    pub(crate) fn set(&mut self, name: &str, value: Value<'t>) -> Result<(), String> {
        let Value::Number(number) = value else {
            return Err(format!("{name} is a number, not a variable, as in axis=0"));
        };
        match name {
            "axis" | "dim" => self.axis = Some(number),
            "keepdim" | "keepdims" => self.keepdim = number != 0.0,
            _ => {
                return Err(format!(
                    "there is no argument {name}; there are axis and keepdim, as in sum(x, axis=0)"
                ));
            }
        }
        Ok(())
    }

    /// The value at a place.
    pub(super) fn x(&self, place: usize) -> Var<'t> {
        match self.values[place] {
            Value::Number(x) => self.constant(&Tensor::scalar(x)),
            Value::Var(x) => x,
        }
    }

    pub(super) fn constant(&self, value: &Tensor) -> Var<'t> {
        self.tape.constant(value.to(self.dtype))
    }

    /// The whole number at a place, if there is one.
    pub(super) fn number(&self, place: usize) -> Result<Option<isize>, String> {
        match self.values.get(place) {
            None => Ok(None),
            Some(Value::Number(x)) => whole(*x).map(Some),
            Some(Value::Var(_)) => Err("a whole number is wanted here, not a variable".to_string()),
        }
    }

    /// The axis, by its name or at a place.
    pub(super) fn axis(&self, place: usize) -> Result<Option<isize>, String> {
        let axis = match self.axis {
            Some(axis) => Some(whole(axis)?),
            None => self.number(place)?,
        };
        axis.map(|axis| self.within(axis, 0)).transpose()
    }

    /// An axis that the value has, or `more` axes than it.
    pub(super) fn within(&self, axis: isize, more: usize) -> Result<isize, String> {
        let (shape, rank) = (self.x(0).shape(), (self.x(0).rank() + more) as isize);
        if (-rank..rank).contains(&axis) {
            return Ok(axis);
        }
        Err(match rank {
            0 => format!("there is no axis {axis}: the value is a single number"),
            _ => {
                format!("there is no axis {axis} in shape {shape}; there are 0 to {}, as in axis=0", rank - 1)
            }
        })
    }

    /// Over an axis or all of them, which stay with size 1 if that is asked for.
    pub(super) fn reduced(&self, over: fn(Var<'t>, Axes) -> Var<'t>) -> Result<Value<'t>, String> {
        let x = self.x(0);
        let Some(axis) = self.axis(1)? else {
            let kept = over(x, ().into());
            return Ok(Value::Var(if self.keepdim { kept } else { kept.reshape(Shape::new(&[])) }));
        };
        let kept = over(x, axis.into());
        Ok(Value::Var(if self.keepdim { kept } else { kept.squeeze_axis(axis) }))
    }

    /// Along an axis, which is the last one if none is named.
    pub(super) fn along(&self, along: fn(Var<'t>, isize) -> Var<'t>) -> Result<Value<'t>, String> {
        if self.keepdim {
            return Err("keepdim is for sums, means and the like".to_string());
        }
        let axis = self.axis(1)?.map_or_else(|| self.within(-1, 0), Ok)?;
        Ok(Value::Var(along(self.x(0), axis)))
    }

    /// The shape at a place: a list of sizes, or that of a value.
    pub(super) fn shape(&self, place: usize) -> Result<Vec<isize>, String> {
        let x = self.x(place);
        if !self.lists[place] {
            return Ok(x.shape().iter().map(|&size| size as isize).collect());
        }
        if x.rank() != 1 || x.elements() > RANK {
            return Err(format!("a shape is a list of at most {RANK} sizes, as in [2, 3]"));
        }
        x.value().to_f64_vec().into_iter().map(whole).collect()
    }
}

pub(super) fn whole(x: f64) -> Result<isize, String> {
    let fits = x.fract() == 0.0 && x.abs() <= MOST as f64;
    if fits { Ok(x as isize) } else { Err(format!("{x} is no whole number of a usable size")) }
}

/// A shape of known sizes.
pub(super) fn sizes(wanted: &[isize]) -> Result<Shape, String> {
    let size = |&size: &isize| usize::try_from(size).ok().filter(|size| *size > 0);
    let sizes: Option<Vec<usize>> = wanted.iter().map(size).collect();
    let sizes = sizes.ok_or_else(|| format!("{wanted:?} is no shape: a size is 1 or more"))?;
    match sizes.iter().try_fold(1usize, |n, &size| n.checked_mul(size)) {
        Some(n) if n <= MOST && sizes.len() <= RANK => Ok(Shape::new(&sizes)),
        _ => Err(format!("shape {wanted:?} is too large: at most {MOST} elements on {RANK} axes")),
    }
}
