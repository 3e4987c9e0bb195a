//! N-dimensional arrays with copy-on-write storage and vectorised kernels.
//!
//! A [`Tensor`] is a block of memory and a [`Layout`] over it: the sizes of its axes, the step in memory that each axis
//! takes, and the place of the first element. Slices, transposes and repetitions are new layouts over the same block and
//! cost nothing; `clone` counts an owner. Values never change under another holder: whoever writes to shared memory gets
//! a copy first.
//!
//! ```
//! use gradus_tensor::{DType, Slice, Tensor, rng};
//!
//! let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]); // f64 literals give F64, 1f32 gives F32
//! let y = &x * 2.0 - x.mean_keep(1);                        // sizes of 1 are repeated, as in NumPy
//! assert_eq!(y.to_vec2::<f64>(), [[0.0, 2.0, 4.0], [3.0, 5.0, 7.0]]);
//!
//! let last = x.slice(1, Slice::ALL.step(-2));               // a view: every second column, from the end
//! assert!(last.shares_memory(&x));
//! println!("{last}");                                       // [[3. 1.]
//!                                                           //  [6. 4.]]
//! let weights = Tensor::randn([3, 4], &mut rng(42));        // F32 unless told; the generator is always explicit
//! let scores = x.to(DType::F32).matmul(&weights);
//! assert_eq!(scores.argmax_axis(-1, false).shape()[..], [2]);
//! ```
//!
//! *Element types* are known at run time ([`DType`]): F32, F64, I64 and Bool. Mixed arithmetic goes to the wider; `.to`
//! converts; labels and indices are I64.
//!
//! *Axes* count from 0, or from the end with -1. Reductions come in three forms: `sum()` over everything,
//! `sum_axes([0, 2])`, `sum_keep(1)`, which keeps the axis with size 1.
//!
//! *Mistakes* of a program, such as shapes that do not fit, panic at the caller's line and name the operation, both
//! shapes and the sizes that differ. Mistakes in a file come back as an [`Error`].
//!
//! *Results do not depend on the number of threads*: work is cut by sizes alone, and sums are pairwise over fixed blocks.
//!
//! The course in the folder `docs/course` of the repository leads from the slope of a curve to a transformer.

#![allow(
    clippy::return_self_not_must_use,
    reason = "nearly every method here is pure; the attribute would be noise"
)]

#[macro_use]
mod dtype;

// What a tensor is.
mod axes;
mod layout;
mod shape;
mod strided;
mod tensor;

// From numbers to tensors and back.
mod convert;
mod create;
mod display;
pub mod random;

// The operations. What `Var` has too stands in a file of the same name there.
pub mod accumulate;
mod arrange;
pub mod attention;
pub mod channels;
pub mod conv;
mod cumulative;
mod distance;
pub mod elementwise;
mod index;
mod inner_product;
mod last_axis;
mod loss;
pub mod lstm;
mod matmul;
mod movement;
pub mod normalize;
mod pad;
pub mod pool;
pub mod recurrent;
mod reduce;
mod sample;
mod scatter;
mod softmax;
mod sort;

// Files, and what their errors say.
mod error;
pub mod io;
pub mod names;

// The loops.
pub mod kernel;

pub use axes::Axes;
pub use convert::{Nested, Scalar};
pub use dtype::{DType, Element};
pub use elementwise::Rhs;
pub use error::Error;
pub use index::{check_indices, wrapped_indices};
pub use inner_product::inner_product;
pub use layout::{Layout, axis_index};
pub use loss::{cross_entropy, cross_entropy_backward};
pub use matmul::{add_product, linear};
pub use movement::{REST, Slice, equal_part};
pub use random::{Rng, rng};
pub use sample::Sampling;
pub use shape::{MAX_RANK, Shape, checked_product};
pub use softmax::{log_softmax, softmax};
pub use tensor::Tensor;
