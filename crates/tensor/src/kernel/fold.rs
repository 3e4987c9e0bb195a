//! Reductions of plain slices: a whole slice, each of its runs, each column of matrices.
//!
//! A reduction is named by its [`Join`]: an operation on pairs and its identity. Slices and runs are joined by
//! [`pairwise`](super::pairwise), columns in halves of their rows; work is cut by sizes alone, so the bits never depend on
//! the number of threads.

pub(crate) use super::pairwise::{Join, Max, Min, Prod, Sum};
use super::pairwise::{LANES, Slices, halves, lanes, pairwise};
use super::{parallel, run};

/// Slices up to this length are joined one after the other.
const SHORT: usize = 32;
/// Lanes of slices that are longer, but shorter than [`Join::MANY`].
const FEW_LANES: usize = 16;
/// Elements that one thread takes at a time.
const PIECE: usize = 1 << 15;
/// Rows of a column reduction that are joined one after the other.
const DEEP: usize = 64;
/// Columns that are reduced together: their results stay in the first-level cache.
const STRIP: usize = 2048;
/// Rough time of one element, in nanoseconds.
const COST: f64 = 0.1;

/// `x` itself: the function of a plain reduction.
pub(crate) fn same<T>(x: T) -> T {
    x
}

/// `f(x₀) ∘ f(x₁) ∘ …` of one slice, on this thread.
#[inline(always)]
fn fold<T: Copy, J: Join<T>>(x: &[T], f: &impl Fn(T) -> T) -> T {
    if J::EXACT || x.len() <= SHORT {
        return x.iter().fold(J::IDENTITY, |a, &b| J::join(a, f(b)));
    }
    if x.len() < J::MANY {
        let mut lanes = [J::IDENTITY; FEW_LANES];
        [x].into_lanes(
            &mut lanes,
            #[inline(always)]
            |lane, [x]| J::join(lane, f(x)),
        );
        // As in `sum`: in memory, before they are joined.
        return halves::<T, J, FEW_LANES>(std::hint::black_box(lanes));
    }
    pairwise::<[&[T]; 1], J, 1>(
        [x],
        #[inline(always)]
        |x| {
            lanes::<[&[T]; 1], J, 1, LANES>(
                x,
                #[inline(always)]
                |lane, [x]| J::join(lane, f(x)),
            )
        },
    )
}

/// Joins each run of `x`, `len` long, on this thread. The only place where [`fold`] is compiled: everything else calls
/// this, since a copy in each caller made a third of the crate's code.
#[inline(never)]
fn each_run<T: Copy, J: Join<T>, F: Fn(T) -> T>(x: &[T], len: usize, out: &mut [T], f: &F) {
    run(
        #[inline(always)]
        || {
            for (i, y) in out.iter_mut().enumerate() {
                *y = fold::<T, J>(&x[i * len..][..len], f);
            }
        },
    );
}

/// One slice, on this thread.
fn one<T: Copy, J: Join<T>, F: Fn(T) -> T>(x: &[T], f: &F) -> T {
    let mut out = [J::IDENTITY];
    each_run::<T, J, F>(x, x.len(), &mut out, f);
    out[0]
}

/// `f(x₀) ∘ f(x₁) ∘ …` of one slice, in parallel when it is long.
pub(crate) fn whole<T: Copy + Send + Sync, J: Join<T>, F: Fn(T) -> T + Sync>(_: J, x: &[T], f: F) -> T {
    if x.len() <= PIECE {
        return one::<T, J, F>(x, &f);
    }
    let mut partial = vec![J::IDENTITY; x.len().div_ceil(PIECE)];
    parallel::chunks(&mut partial, 1, PIECE as f64 * COST, |start, out| {
        let piece = &x[start * PIECE..x.len().min((start + out.len()) * PIECE)];
        for (y, piece) in out.iter_mut().zip(piece.chunks(PIECE)) {
            *y = one::<T, J, F>(piece, &f);
        }
    });
    one::<T, J, _>(&partial, &same)
}

/// Joins each run of `x`, `len` long, into one element of `out`.
pub(crate) fn runs<T: Copy + Send + Sync, J: Join<T>>(j: J, x: &[T], len: usize, out: &mut [T]) {
    debug_assert_eq!(x.len(), len * out.len());
    if len > PIECE {
        for (y, run) in out.iter_mut().zip(x.chunks(len)) {
            *y = whole(j, run, same);
        }
        return;
    }
    let group = (PIECE / 2 / len).max(1);
    parallel::chunks(out, group, len as f64 * COST, |start, out| {
        each_run::<T, J, _>(&x[start * len..][..out.len() * len], len, out, &same);
    });
}

/// Joins the rows of each matrix of `x`, `[outer, rows, inner]`, into `out`, `[outer, inner]`.
pub(crate) fn columns<T: Copy + Send + Sync, J: Join<T>>(
    _: J,
    x: &[T],
    rows: usize,
    inner: usize,
    out: &mut [T],
) {
    debug_assert_eq!(x.len() * inner, rows * inner * out.len());
    let size = rows * inner;
    if size > PIECE || out.len() == inner {
        for (x, out) in x.chunks(size).zip(out.chunks_mut(inner)) {
            matrix::<T, J>(x, rows, out);
        }
        return;
    }
    let group = (PIECE / 2 / size).max(1) * inner;
    parallel::chunks(out, group, rows as f64 * COST, |start, out| {
        for (x, out) in x[start * rows..].chunks(size).zip(out.chunks_mut(inner)) {
            strips::<T, J>(x, rows, inner, out);
        }
    });
}

/// One matrix: wide ones are cut into strips of columns, deep ones into groups of rows.
fn matrix<T: Copy + Send + Sync, J: Join<T>>(x: &[T], rows: usize, out: &mut [T]) {
    let inner = out.len();
    let group = (PIECE / inner).max(DEEP);
    if inner >= 4 * STRIP || rows <= group {
        let cost = rows as f64 * COST;
        parallel::chunks(out, STRIP, cost, |start, out| strip::<T, J>(&x[start..], rows, inner, out));
        return;
    }
    let mut partial = vec![J::IDENTITY; rows.div_ceil(group) * inner];
    parallel::chunks(&mut partial, inner, group as f64 * COST, |start, out| {
        let first = start / inner * group;
        strips::<T, J>(&x[first * inner..], group.min(rows - first), inner, out);
    });
    matrix::<T, J>(&partial, partial.len() / inner, out);
}

fn strips<T: Copy, J: Join<T>>(x: &[T], rows: usize, inner: usize, out: &mut [T]) {
    for (i, out) in out.chunks_mut(STRIP).enumerate() {
        strip::<T, J>(&x[i * STRIP..], rows, inner, out);
    }
}

/// Joins `rows` rows, `stride` apart, into `out`: halves of the rows separately while there are many.
fn strip<T: Copy, J: Join<T>>(x: &[T], rows: usize, stride: usize, out: &mut [T]) {
    if rows <= DEEP {
        return run(
            #[inline(always)]
            || shallow::<T, J>(x, rows, stride, out),
        );
    }
    let half = (rows / 2).next_multiple_of(DEEP);
    strip::<T, J>(x, half, stride, out);
    let mut upper = vec![J::IDENTITY; out.len()];
    strip::<T, J>(&x[half * stride..], rows - half, stride, &mut upper);
    join_into::<T, J>(out, &upper);
}

#[inline(always)]
fn shallow<T: Copy, J: Join<T>>(x: &[T], rows: usize, stride: usize, out: &mut [T]) {
    let n = out.len();
    out.copy_from_slice(&x[..n]);
    let mut row = 1;
    while row + 4 <= rows {
        let at = |i: usize| &x[(row + i) * stride..][..n];
        join4::<T, J>(out, at(0), at(1), at(2), at(3));
        row += 4;
    }
    while row < rows {
        join_into::<T, J>(out, &x[row * stride..][..n]);
        row += 1;
    }
}

#[inline(always)]
fn join_into<T: Copy, J: Join<T>>(out: &mut [T], x: &[T]) {
    for (y, &x) in out.iter_mut().zip(x) {
        *y = J::join(*y, x);
    }
}

#[inline(always)]
fn join4<T: Copy, J: Join<T>>(out: &mut [T], a: &[T], b: &[T], c: &[T], d: &[T]) {
    for ((((y, &a), &b), &c), &d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *y = J::join(*y, J::join(J::join(a, b), J::join(c, d)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_slices_of_all_lengths() {
        for n in [0usize, 1, 31, 33, 1024, 1025, 5000, 100_000] {
            let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
            assert_eq!(whole(Sum, &x, |x| x), (n * n.saturating_sub(1) / 2) as f64, "{n}");
            assert_eq!(whole(Max, &x, |x| -x), if n == 0 { f64::NEG_INFINITY } else { 0.0 });
        }
    }

    #[test]
    fn columns_of_all_proportions() {
        for (outer, rows, inner) in
            [(1, 3, 2), (1, 5000, 7), (1, 70, 9000), (3, 200, 300), (5, 3, 4), (700, 2, 30)]
        {
            let x: Vec<f64> = (0..outer * rows * inner).map(|i| (i % 97) as f64).collect();
            let mut out = vec![0.0; outer * inner];
            columns(Sum, &x, rows, inner, &mut out);
            for (at, &y) in out.iter().enumerate() {
                let (o, i) = (at / inner, at % inner);
                let want: f64 = (0..rows).map(|r| x[(o * rows + r) * inner + i]).sum();
                assert_eq!(y, want, "{outer} {rows} {inner}");
            }
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let x: Vec<f32> = (0..300_000).map(|i| (i as f32).sin()).collect();
        let all = || {
            let (mut narrow, mut wide, mut run) = (vec![0.0; 3], vec![0.0; 30_000], vec![0.0; 100]);
            columns(Sum, &x, 100_000, 3, &mut narrow);
            columns(Sum, &x, 10, 30_000, &mut wide);
            runs(Sum, &x, 3000, &mut run);
            (whole(Sum, &x, |x| x), narrow, wide, run)
        };
        let before = parallel::threads();
        parallel::set_threads(1);
        let one = all();
        parallel::set_threads(3);
        assert_eq!(one, all());
        parallel::set_threads(before);
    }

    #[test]
    fn nan_wins_wherever_it_stands() {
        for at in [0, 5, 40, 1500] {
            let mut x = vec![1.0f32; 2000];
            x[at] = f32::NAN;
            assert!(whole(Max, &x, |x| x).is_nan() && whole(Min, &x, |x| x).is_nan());
        }
    }
}
