//! The drivers of elementwise functions: they turn shapes and strides into contiguous runs.

use crate::dtype::Element;
use crate::kernel::{BLOCK, parallel, run};
use crate::layout::Layout;
use crate::strided::Runs;
use crate::tensor::Tensor;

/// Elements of one parallel piece.
const PIECE: usize = 1 << 14;

/// Runs shorter than this are not walked one by one.
const SHORT: usize = 24;

/// Applies `f` to every element: `f` gets equally long runs. `cost` is the rough time of one element in nanoseconds; it
/// decides whether a second core pays.
pub fn map<T: Element, U: Element>(x: &Tensor, cost: f64, f: &(dyn Fn(&[T], &mut [U]) + Sync)) -> Tensor {
    if !x.is_contiguous() {
        return map(&x.copied(), cost, f);
    }
    let x_slice = x.as_slice::<T>();
    Tensor::build(*x.shape(), |out| {
        parallel::chunks(out, PIECE, cost, |start, out| f(&x_slice[start..start + out.len()], out));
    })
}

/// A function over three equally long runs: two inputs, one output.
type ZipFn<'f, T, U> = dyn Fn(&[T], &[T], &mut [U]) + Sync + 'f;

/// Applies `f` to pairs of elements after broadcasting: `f` gets three equally long runs.
///
/// # Panics
/// If the shapes do not broadcast; the message names `op`.
#[track_caller]
pub fn zip<T: Element, U: Element>(
    a: &Tensor,
    b: &Tensor,
    op: &str,
    cost: f64,
    f: &ZipFn<'_, T, U>,
) -> Tensor {
    if a.shape() == b.shape() && a.is_contiguous() && b.is_contiguous() {
        let (x, y) = (a.as_slice::<T>(), b.as_slice::<T>());
        return Tensor::build(*a.shape(), |out| {
            parallel::chunks(out, PIECE, cost, |start, out| {
                let range = start..start + out.len();
                f(&x[range.clone()], &y[range], out);
            });
        });
    }
    let shape = a.shape().broadcast_or_panic(b.shape(), op);
    // Refuses what memory cannot have, before anything is copied.
    let whole = Layout::contiguous(shape);
    let (a, b) = (unit_runs(a), unit_runs(b));
    let expand = |t: &Tensor| t.layout().expand(shape).expect("the shapes broadcast");
    let runs = Runs::new([&whole, &expand(&a), &expand(&b)]);
    if runs.len < SHORT && shape.elements() > PIECE {
        // So short that walking from run to run would take longer than operands as large as the result.
        let spread = |t: &Tensor| t.view(expand(t)).contiguous();
        return zip(&spread(&a), &spread(&b), op, cost, f);
    }
    let (x, y) = (a.block::<T>(), b.block::<T>());
    Tensor::build(shape, |out| {
        if out.is_empty() {
            return;
        }
        let per_piece = (PIECE / runs.len).max(1) * runs.len;
        parallel::chunks(out, per_piece, cost, |start, out| {
            for (i, out) in out.chunks_mut(runs.len).enumerate() {
                let [_, at_x, at_y] = runs.offsets(start / runs.len + i);
                broadcast_run(&x[at_x..], runs.unit[1], &y[at_y..], runs.unit[2], out, f);
            }
        });
    })
}

/// One run of [`zip`]: an operand of step 0 is spread over a block first.
fn broadcast_run<T: Element, U>(
    x: &[T],
    unit_x: bool,
    y: &[T],
    unit_y: bool,
    out: &mut [U],
    f: &ZipFn<'_, T, U>,
) {
    if unit_x && unit_y {
        return f(&x[..out.len()], &y[..out.len()], out);
    }
    let width = out.len().min(BLOCK);
    let spread = |unit: bool, first: T| {
        if unit { smallvec::SmallVec::<[T; 64]>::new() } else { smallvec::smallvec![first; width] }
    };
    let (sx, sy) = (spread(unit_x, x[0]), spread(unit_y, y[0]));
    for (i, out) in out.chunks_mut(BLOCK).enumerate() {
        let n = out.len();
        let x = if unit_x { &x[i * BLOCK..][..n] } else { &sx[..n] };
        let y = if unit_y { &y[i * BLOCK..][..n] } else { &sy[..n] };
        f(x, y, out);
    }
}

/// The tensor itself if its innermost axis has step 0 or 1, else a row-major copy.
fn unit_runs(t: &Tensor) -> Tensor {
    let last = (0..t.rank()).rev().find(|&axis| t.shape()[axis] != 1);
    match last {
        Some(axis) if !matches!(t.layout().strides[axis], 0 | 1) => t.copied(),
        _ => t.clone(),
    }
}

/// `$a \leftarrow a + b$` in the memory of `a`, which is copied first if somebody else holds it.
///
/// # Panics
/// If shapes or types differ, or the elements are not floats.
#[track_caller]
pub fn add_assign(a: &mut Tensor, b: &Tensor) {
    assert!(
        a.shape() == b.shape() && a.dtype() == b.dtype(),
        "add_assign: {}{} and {}{} differ",
        a.dtype(),
        a.shape(),
        b.dtype(),
        b.shape()
    );
    let b = b.contiguous();
    with_float!("add_assign", a.dtype(), T => {
        let b = b.as_slice::<T>();
        parallel::chunks(a.slice_mut::<T>(), PIECE, 0.3, |start, a| {
            let b = &b[start..start + a.len()];
            run(#[inline(always)] || {
                for (a, &b) in a.iter_mut().zip(b) {
                    *a += b;
                }
            });
        });
    });
}

/// `y[i] = f(x[i])` over runs; inlined into the vector dispatch.
#[inline(always)]
pub(super) fn each<T: Copy, U>(x: &[T], y: &mut [U], f: impl Fn(T) -> U) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// `y[i] = f(a[i], b[i])` over runs; inlined into the vector dispatch.
#[inline(always)]
pub(super) fn each2<T: Copy, U>(a: &[T], b: &[T], y: &mut [U], f: impl Fn(T, T) -> U) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}
