//! Parameters: values with an identity, kept in a model from step to step.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use gradus_tensor::{Shape, Tensor};

/// The identity of a [`Param`], unique in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(u64);

/// The nodes of the parameters that lie on a tape, in the order in which they were lifted.
pub(crate) type ParamNodes = indexmap::IndexMap<ParamId, u32, std::hash::BuildHasherDefault<Spread>>;

/// Spreads the consecutive numbers of parameters over a table: one multiplication (Fibonacci hashing; Knuth, TAOCP 6.4).
#[derive(Default)]
pub(crate) struct Spread(u64);

impl std::hash::Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }
    fn write_u64(&mut self, x: u64) {
        self.0 = (self.0 ^ x).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

static NEXT: AtomicU64 = AtomicU64::new(0);

/// State of a model: a tensor with an identity. `tape.param(&p)` lifts it for one evaluation; an optimizer replaces its
/// value. A clone is another parameter with the same value.
pub struct Param {
    id: ParamId,
    value: Tensor,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trainable,
    Frozen,
    Buffer,
}

impl Param {
    /// A trainable parameter.
    ///
    /// # Panics
    /// If the elements are not floats.
    #[track_caller]
    pub fn new(value: impl Into<Tensor>) -> Self {
        let value = value.into();
        assert!(
            value.dtype().is_float(),
            "Param::new: a {} tensor cannot be trained; use Param::buffer",
            value.dtype()
        );
        Self::of_kind(value, Kind::Trainable)
    }

    /// State that is saved with the model but has no gradient, such as batch normalisation's running mean.
    pub fn buffer(value: impl Into<Tensor>) -> Self {
        Self::of_kind(value.into(), Kind::Buffer)
    }

    fn of_kind(value: Tensor, kind: Kind) -> Self {
        Self { id: ParamId(NEXT.fetch_add(1, Ordering::Relaxed)), value, kind }
    }

    /// Its identity.
    pub fn id(&self) -> ParamId {
        self.id
    }

    /// Its value.
    pub fn value(&self) -> &Tensor {
        &self.value
    }

    /// Its shape.
    pub fn shape(&self) -> &Shape {
        self.value.shape()
    }

    /// Its value, to be changed in place. A tensor shared with somebody is copied first.
    pub fn value_mut(&mut self) -> &mut Tensor {
        &mut self.value
    }

    /// Replaces the value.
    ///
    /// # Panics
    /// If the shape or the element type differs.
    #[track_caller]
    pub fn set(&mut self, value: Tensor) {
        assert!(
            value.shape() == self.value.shape() && value.dtype() == self.value.dtype(),
            "set: a {}{} value for a {}{} parameter",
            value.dtype(),
            value.shape(),
            self.value.dtype(),
            self.value.shape()
        );
        self.value = value;
    }

    /// Converts the value to another float type.
    pub fn convert(&mut self, dtype: gradus_tensor::DType) {
        if self.value.dtype().is_float() {
            self.value = self.value.to(dtype);
        }
    }

    /// Whether it has a gradient.
    pub fn is_trainable(&self) -> bool {
        self.kind == Kind::Trainable
    }

    /// Whether it is state without gradient, never to be trained.
    pub fn is_buffer(&self) -> bool {
        self.kind == Kind::Buffer
    }

    /// Keeps the parameter as it is: no gradient from now on.
    pub fn freeze(&mut self) {
        if self.kind == Kind::Trainable {
            self.kind = Kind::Frozen;
        }
    }

    /// Undoes [`Self::freeze`].
    pub fn unfreeze(&mut self) {
        if self.kind == Kind::Frozen {
            self.kind = Kind::Trainable;
        }
    }
}

impl Clone for Param {
    fn clone(&self) -> Self {
        Self::of_kind(self.value.clone(), self.kind)
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Param({}{})", self.value.dtype(), self.value.shape())
    }
}

/// A structure that holds parameters: a layer, a model, a list of layers. Usually made by [`params!`](crate::params).
pub trait Params {
    /// Calls `f(path, parameter)` for each parameter, in order; `path` is `prefix` and the names of the fields on the
    /// way, joined by dots.
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param));

    /// As [`Self::visit`], to change them.
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param));

    /// All parameters with their paths.
    fn params(&self) -> Vec<(String, &Param)> {
        let mut all = Vec::new();
        self.visit("", &mut |path, param| all.push((path.to_string(), param)));
        all
    }

    /// All parameters with their paths, to change them.
    fn params_mut(&mut self) -> Vec<(String, &mut Param)> {
        let mut all = Vec::new();
        self.visit_mut("", &mut |path, param| all.push((path.to_string(), param)));
        all
    }

    /// The number of trainable elements.
    fn trainable_elements(&self) -> usize {
        self.params().iter().filter(|(_, p)| p.is_trainable()).map(|(_, p)| p.value().elements()).sum()
    }
}

/// `prefix.name`, or `name` at the top.
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") }
}

impl Params for Param {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        f(prefix, self);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        f(prefix, self);
    }
}

impl<P: Params> Params for Option<P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        if let Some(inner) = self {
            inner.visit(prefix, f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        if let Some(inner) = self {
            inner.visit_mut(prefix, f);
        }
    }
}

impl<P: Params + ?Sized> Params for Box<P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        (**self).visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        (**self).visit_mut(prefix, f);
    }
}

impl<P: Params> Params for Vec<P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        for (i, inner) in self.iter().enumerate() {
            inner.visit(&join(prefix, &i.to_string()), f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (i, inner) in self.iter_mut().enumerate() {
            inner.visit_mut(&join(prefix, &i.to_string()), f);
        }
    }
}

impl<P: Params, const N: usize> Params for [P; N] {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        for (i, inner) in self.iter().enumerate() {
            inner.visit(&join(prefix, &i.to_string()), f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (i, inner) in self.iter_mut().enumerate() {
            inner.visit_mut(&join(prefix, &i.to_string()), f);
        }
    }
}

/// Implements [`Params`] for a struct from the names of the fields that hold parameters: `params!(Linear { weight, bias })`.
/// The order is that of `state_dict`. A struct without any: `params!(Relu {})`.
#[macro_export]
macro_rules! params {
    ($name:ident $(<$($gen:ident),+>)? { $($field:ident),* $(,)? }) => {
        impl $(<$($gen: $crate::Params),+>)? $crate::Params for $name $(<$($gen),+>)? {
            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a $crate::Param)) {
                $($crate::Params::visit(&self.$field, &$crate::join(prefix, stringify!($field)), f);)*
            }
            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut $crate::Param)) {
                $($crate::Params::visit_mut(&mut self.$field, &$crate::join(prefix, stringify!($field)), f);)*
            }
        }
    };
}
