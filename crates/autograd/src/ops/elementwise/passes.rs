//! The passes of a row over slices: a formula that the table compiled, element by element.

use gradus_tensor::kernel::{self, Real};

/// Slices up to this many elements of a cheap operation skip the vector dispatch.
const TINY: usize = 32;
/// Operations below this cost are cheap.
pub(crate) const CHEAP: f64 = 0.5;
/// Operations between these costs compute enough that wider vectors pay, and are short enough to be compiled twice.
const DEAR: std::ops::Range<f64> = 1.2..2.0;

/// `y = f(a, b, c)`, element by element.
#[inline(always)]
pub(crate) fn forward_loop<T: Real>(
    cost: f64,
    a: &[T],
    b: &[T],
    c: T,
    y: &mut [T],
    f: impl Fn(T, T, T) -> T,
) {
    #[inline(always)]
    fn body<T: Real>(a: &[T], b: &[T], c: T, y: &mut [T], f: impl Fn(T, T, T) -> T) {
        for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
            *y = f(a, b, c);
        }
    }
    if cost < CHEAP && y.len() <= TINY {
        body(a, b, c, y, f);
    } else if DEAR.contains(&cost) {
        kernel::run_wide(
            #[inline(always)]
            || body(a, b, c, y, f),
        );
    } else {
        kernel::run(
            #[inline(always)]
            || body(a, b, c, y, f),
        );
    }
}

/// `g += dy · slope(a, b, y, c)`, element by element.
#[inline(always)]
pub(crate) fn pull_loop<T: Real>(
    (dy, a, b, y): (&[T], &[T], &[T], &[T]),
    c: T,
    g: &mut [T],
    cost: f64,
    slope: impl Fn(T, T, T, T) -> T,
) {
    #[inline(always)]
    fn body<T: Real>(
        dy: &[T],
        a: &[T],
        b: &[T],
        y: &[T],
        c: T,
        g: &mut [T],
        slope: impl Fn(T, T, T, T) -> T,
    ) {
        for ((((g, &dy), &a), &b), &y) in g.iter_mut().zip(dy).zip(a).zip(b).zip(y) {
            *g += dy * slope(a, b, y, c);
        }
    }
    if cost < CHEAP && g.len() <= TINY {
        body(dy, a, b, y, c, g, slope);
    } else {
        // One captured reference for each slice: with fewer, the dispatcher compiles a second call for each loop.
        kernel::run(
            #[inline(always)]
            || body(dy, a, b, y, c, g, slope),
        );
    }
}

/// Elements that share one decision of [`pull_cheaply`]: a vector of `f32`, two of `f64`.
const GROUP: usize = 8;

/// `g += dy · slope(x, y)`, with the slope that `cheap` returns where the condition beside it holds; only a group in
/// which it fails somewhere pays for the other. The bits do not depend on the neighbours.
#[inline(always)]
pub(crate) fn pull_cheaply<T: Real>(
    dy: &[T],
    x: &[T],
    y: &[T],
    g: &mut [T],
    slope: impl Fn(T, T) -> T,
    cheap: impl Fn(T, T) -> (bool, T),
) {
    #[inline(always)]
    fn body<T: Real>(
        (dy, x, y): (&[T], &[T], &[T]),
        g: &mut [T],
        slope: impl Fn(T, T) -> T,
        cheap: impl Fn(T, T) -> (bool, T),
    ) {
        let ((dys, dy), (xs, x), (ys, y)) =
            (dy.as_chunks::<GROUP>(), x.as_chunks::<GROUP>(), y.as_chunks::<GROUP>());
        let (gs, g) = g.as_chunks_mut::<GROUP>();
        for (((g, dy), x), y) in gs.iter_mut().zip(dys).zip(xs).zip(ys) {
            // Copies, all read before anything is written: so the loops become vectors.
            let (mut sum, dy, x, y) = (*g, *dy, *x, *y);
            let mut coarse = 0;
            for i in 0..GROUP {
                coarse |= u32::from(!cheap(x[i], y[i]).0);
            }
            if coarse == 0 {
                for i in 0..GROUP {
                    sum[i] += dy[i] * cheap(x[i], y[i]).1;
                }
            } else {
                for i in 0..GROUP {
                    let (fine, quick) = cheap(x[i], y[i]);
                    sum[i] += dy[i] * kernel::math::select(fine, quick, slope(x[i], y[i]));
                }
            }
            *g = sum;
        }
        for (((g, &dy), &x), &y) in g.iter_mut().zip(dy).zip(x).zip(y) {
            let (fine, quick) = cheap(x, y);
            *g += dy * if fine { quick } else { slope(x, y) };
        }
    }
    kernel::run(
        #[inline(always)]
        || body((dy, x, y), g, slope, cheap),
    );
}

/// The pull of a slope that is 0.
pub(crate) fn add_nothing<T: Real>(_: &[T], _: &[T], _: &[T], _: &[T], _: T, _: &mut [T]) {}

/// `g += dy · slope` for a slope that is a number.
#[inline(always)]
pub(crate) fn add_scaled<T: Real>(dy: &[T], slope: T, g: &mut [T]) {
    for (g, &dy) in g.iter_mut().zip(dy) {
        *g += dy * slope;
    }
}
