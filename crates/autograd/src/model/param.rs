//! Parameters: values with an identity, kept in a model from step to step.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use gradus_tensor::{Shape, Tensor};

/// The identity of a [`Param`], unique in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(u64);

/// Something for each of some parameters, in the order in which it came.
pub(crate) type ByParam<V> = indexmap::IndexMap<ParamId, V, std::hash::BuildHasherDefault<Spread>>;

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
/// value. A clone is another parameter with the same value: so `model.clone()` is a deep copy, whose parameters have
/// identities of their own. (Weights that are to stay one parameter have one owner; see [`params!`](crate::params).)
///
/// ```
/// use gradus_autograd::{Param, value_and_grad};
/// use gradus_tensor::Tensor;
///
/// let mut w = Param::new([1.0, -2.0]);
/// let (loss, grads) = value_and_grad(|tape| tape.param(&w).square().sum());
/// assert_eq!(loss, 5.0);
/// let slope = grads.get(&w).unwrap().clone();
/// assert_eq!(slope, Tensor::from([2.0, -4.0]));
/// w.set(w.value() - slope * 0.1); // a step of gradient descent by hand
/// w.freeze();                     // no gradient from now on
/// assert!(!w.is_trainable());
/// ```
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

    /// The number of its axes.
    pub fn rank(&self) -> usize {
        self.value.rank()
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
