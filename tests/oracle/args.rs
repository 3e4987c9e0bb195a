//! The arguments of a call, bound to the parameters of its signature as Python binds them.

use std::cell::RefCell;

use gradus_autograd::{Tape, Var};
use gradus_tensor::{Axes, DType, Tensor};

use crate::value::Val;

/// Arguments by name. An argument that was passed and never looked at makes the call fail, so that none is ignored.
pub(crate) struct Args<'t> {
    pub(crate) tape: &'t Tape,
    named: Vec<(String, Val<'t>)>,
    used: RefCell<Vec<String>>,
    /// Whether an input without axes stands in as a vector of one.
    lifted: RefCell<bool>,
}

/// Arguments that change nothing here: all is F64 and on one device.
const WITHOUT_EFFECT: [&str; 7] =
    ["device", "requires_grad", "layout", "memory_format", "out_int32", "stable", "dtype"];

impl<'t> Args<'t> {
    /// Binds arguments to a signature, `input dim keepdim`; a last parameter `*name` takes the positional ones that
    /// are left.
    pub(crate) fn bind(
        tape: &'t Tape,
        signature: &str,
        positional: Vec<Val<'t>>,
        keywords: Vec<(String, Val<'t>)>,
    ) -> Result<Self, String> {
        let mut named: Vec<(String, Val<'t>)> = vec![];
        let mut values = positional.into_iter();
        for parameter in signature.split_whitespace() {
            if let Some(rest) = parameter.strip_prefix('*') {
                let mut all: Vec<Val<'t>> = values.by_ref().collect();
                if let [Val::List(items)] = &mut all[..] {
                    all = std::mem::take(items);
                }
                if !all.is_empty() {
                    named.push((rest.to_string(), Val::List(all)));
                }
            } else if let Some(value) = values.next() {
                named.push((parameter.to_string(), value));
            }
        }
        if values.next().is_some() {
            return Err(format!("unsupported: more arguments than ({signature}) takes"));
        }
        for (name, value) in keywords {
            let known = signature.split_whitespace().any(|p| p.trim_start_matches('*') == name);
            if known {
                named.push((name, value));
            } else if !WITHOUT_EFFECT.contains(&name.as_str()) {
                return Err(format!("unsupported: argument `{name}` is not in ({signature})"));
            }
        }
        Ok(Self { tape, named, used: RefCell::default(), lifted: RefCell::new(false) })
    }

    /// An argument that was passed and not looked at.
    pub(crate) fn unused(&self) -> Option<&str> {
        let used = self.used.borrow();
        self.named
            .iter()
            .find(|(name, value)| !value.is_none() && !used.contains(name))
            .map(|(n, _)| n.as_str())
    }

    /// The argument, if it was passed and is not `None`.
    pub(crate) fn get(&self, name: &str) -> Option<Val<'t>> {
        self.used.borrow_mut().push(name.to_string());
        let found = self.named.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        found.filter(|value| !value.is_none())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn val(&self, name: &str) -> Val<'t> {
        self.get(name).unwrap_or_else(|| panic!("unsupported: argument `{name}` is missing"))
    }

    /// A value on the tape.
    pub(crate) fn v(&self, name: &str) -> Var<'t> {
        self.val(name).var(self.tape)
    }

    /// A value on the tape; without axes it becomes a vector of one, as PyTorch does where an axis is named.
    pub(crate) fn vec(&self, name: &str) -> Var<'t> {
        let x = self.v(name);
        if x.rank() > 0 {
            return x;
        }
        *self.lifted.borrow_mut() = true;
        x.reshape([1])
    }

    /// Undoes [`Self::vec`] on a result that still has that one axis.
    pub(crate) fn back(&self, y: Var<'t>) -> Var<'t> {
        if *self.lifted.borrow() && y.shape() == [1] { y.reshape(()) } else { y }
    }

    /// As [`Self::back`] for a tensor.
    pub(crate) fn back_tensor(&self, y: &Tensor) -> Tensor {
        if *self.lifted.borrow() && *y.shape() == [1] { y.reshape(()) } else { y.clone() }
    }

    pub(crate) fn opt(&self, name: &str) -> Option<Var<'t>> {
        self.get(name).map(|x| x.var(self.tape))
    }

    pub(crate) fn t(&self, name: &str) -> Tensor {
        self.val(name).tensor()
    }

    /// A tensor with at least one axis.
    pub(crate) fn tvec(&self, name: &str) -> Tensor {
        let x = self.t(name);
        if x.rank() == 0 { x.reshape([1]) } else { x }
    }

    pub(crate) fn opt_t(&self, name: &str) -> Option<Tensor> {
        self.get(name).map(|x| x.tensor())
    }

    /// An index tensor, I64.
    pub(crate) fn index(&self, name: &str) -> Tensor {
        self.t(name).to(DType::I64)
    }

    pub(crate) fn vars(&self, name: &str) -> Vec<Var<'t>> {
        self.val(name).items().iter().map(|x| x.var(self.tape)).collect()
    }

    pub(crate) fn num(&self, name: &str, default: f64) -> f64 {
        self.get(name).map_or(default, |x| x.number())
    }

    pub(crate) fn int(&self, name: &str, default: i64) -> i64 {
        self.get(name).map_or(default, |x| x.int())
    }

    pub(crate) fn opt_int(&self, name: &str) -> Option<isize> {
        self.get(name).map(|x| x.int() as isize)
    }

    pub(crate) fn size(&self, name: &str, default: usize) -> usize {
        self.get(name).map_or(default, |x| x.int() as usize)
    }

    pub(crate) fn axis(&self, name: &str, default: isize) -> isize {
        self.get(name).map_or(default, |x| x.int() as isize)
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |x| x.truth())
    }

    pub(crate) fn text(&self, name: &str, default: &str) -> String {
        match self.get(name) {
            None => default.to_string(),
            Some(Val::S(s)) => s,
            Some(other) => panic!("unsupported: `{name}` = {other:?}"),
        }
    }

    pub(crate) fn ints(&self, name: &str) -> Option<Vec<i64>> {
        self.get(name).map(|x| x.ints())
    }

    /// Sizes; `None` if missing.
    pub(crate) fn sizes(&self, name: &str) -> Option<Vec<usize>> {
        self.ints(name).map(|x| x.iter().map(|&n| n as usize).collect())
    }

    /// A list of axes; `None` if missing or empty.
    pub(crate) fn dims(&self, name: &str) -> Option<Vec<isize>> {
        self.ints(name).filter(|x| !x.is_empty()).map(|x| x.iter().map(|&n| n as isize).collect())
    }

    /// Axes for a reduction: all if missing or empty.
    pub(crate) fn axes(&self, name: &str) -> Axes {
        self.dims(name).map_or(Axes::from(()), Axes::from)
    }
}
