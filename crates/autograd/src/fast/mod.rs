//! The speed of the engine: where values lie, rows and runs over them, the numeric sweep, and values that wait. None of
//! it changes what an operation means, and it knows no operation by name: the table's rows and each [`Op`](crate::Op) say what
//! they are.

pub(crate) mod finished;
mod flat;
pub(crate) mod lazy;
pub(crate) mod lists;
pub(crate) mod numbers;
pub(crate) mod reuse;
pub(crate) mod rows;
pub(crate) mod runs;
pub(crate) mod store;
pub(crate) mod sweep;
mod value;

use gradus_tensor::{Element, kernel::Real};

use crate::ops::elementwise::row::{Loops, Row};
use runs::{RunKernels, RunLoops};

/// A float type with its own loops in every row.
pub(crate) trait Lane: Real + Element {
    /// The loops of an elementwise row over this type.
    fn loops(row: &'static Row) -> &'static Loops<Self>;
    /// The loops of a function of whole runs over this type.
    fn run_loops(kernels: &'static RunKernels) -> &'static RunLoops<Self>;
}

impl Lane for f32 {
    #[inline(always)]
    fn loops(row: &'static Row) -> &'static Loops<Self> {
        &row.f32
    }
    fn run_loops(kernels: &'static RunKernels) -> &'static RunLoops<Self> {
        &kernels.f32
    }
}

impl Lane for f64 {
    #[inline(always)]
    fn loops(row: &'static Row) -> &'static Loops<Self> {
        &row.f64
    }
    fn run_loops(kernels: &'static RunKernels) -> &'static RunLoops<Self> {
        &kernels.f64
    }
}

/// An expression over the lane of a dtype: `for_lane!(dtype, T => …)`.
macro_rules! for_lane {
    ($dtype:expr, $T:ident => $body:expr) => {
        if $dtype == gradus_tensor::DType::F32 {
            type $T = f32;
            $body
        } else {
            type $T = f64;
            $body
        }
    };
}
pub(crate) use for_lane;
