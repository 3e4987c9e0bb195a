//! The driver of kernels over runs: what lies along the last axis of a tensor is a run, and every kernel here takes any
//! number of runs of `width` elements and visits each while it lies in the cache.

use super::{Real, layer_norm, run, run_wide, softmax};

/// Calls `f` with every run of equally long slices, inside the vector dispatch. The output is a parameter, not captured, so
/// that the compiler knows that it overlaps nothing.
#[inline(always)]
pub(super) fn each_run<T: Copy, const N: usize>(
    x: [&[T]; N],
    width: usize,
    y: &mut [T],
    f: impl Fn([&[T]; N], &mut [T]),
) {
    run(
        #[inline(always)]
        || walk(x, width, y, f),
    );
}

/// As [`each_run`], compiled for wide vectors, too: for runs of exponentials.
#[inline(always)]
pub(super) fn each_run_wide<T: Copy, const N: usize>(
    x: [&[T]; N],
    width: usize,
    y: &mut [T],
    f: impl Fn([&[T]; N], &mut [T]),
) {
    run_wide(
        #[inline(always)]
        || walk(x, width, y, f),
    );
}

#[inline(always)]
fn walk<T: Copy, const N: usize>(x: [&[T]; N], width: usize, y: &mut [T], f: impl Fn([&[T]; N], &mut [T])) {
    for (i, y) in y.chunks_exact_mut(width).enumerate() {
        f(x.map(|x| &x[i * width..][..width]), y);
    }
}

/// Elements of a window: so many that the compiler makes vectors of the loop over them.
const WINDOW: usize = 64;

/// `y[i] = f(x[i])` in windows, the last one over the end of the one before: what computes much and is left behind whole
/// vectors would take as long as all before it.
#[inline(always)]
pub(super) fn map_run<T: Copy>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    debug_assert_eq!(x.len(), y.len());
    let n = x.len();
    if n < WINDOW {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x));
        return;
    }
    let mut start = 0;
    while start < n {
        let at = start.min(n - WINDOW);
        let x: &[T; WINDOW] = x[at..].first_chunk().expect("a window");
        let y: &mut [T; WINDOW] = y[at..].first_chunk_mut().expect("a window");
        for (y, &x) in y.iter_mut().zip(x) {
            *y = f(x);
        }
        start += WINDOW;
    }
}

macro_rules! compiled {
    ($($module:ident::$name:ident($($x:ident: $t:ty),*);)*) => {
        /// The functions of runs, compiled in this crate once for each type: a generic function is compiled anew in every
        /// crate that calls it, and these are long.
        pub trait Compiled: Real {
            $(
                #[doc = concat!("`", stringify!($module), "::", stringify!($name), "`")]
                fn $name($($x: $t),*);
            )*
        }
        compiled!(@ f32 $($module $name($($x: $t),*);)*);
        compiled!(@ f64 $($module $name($($x: $t),*);)*);
    };
    (@ $real:ident $($module:ident $name:ident($($x:ident: $t:ty),*);)*) => {
        impl Compiled for $real {
            $(
                fn $name($($x: $t),*) {
                    $module::$name($($x),*);
                }
            )*
        }
    };
}
compiled! {
    softmax::softmax(x: &[Self], width: usize, y: &mut [Self]);
    softmax::softmax_pull(y: &[Self], d: &[Self], width: usize, g: &mut [Self]);
    softmax::log_softmax(x: &[Self], width: usize, y: &mut [Self]);
    softmax::log_softmax_pull(y: &[Self], d: &[Self], width: usize, g: &mut [Self]);
    layer_norm::layer_norm(x: &[Self], gamma: &[Self], beta: &[Self], width: usize, epsilon: Self, y: &mut [Self]);
    layer_norm::layer_norm_pull(x: &[Self], gamma: &[Self], d: &[Self], width: usize, epsilon: Self, g: &mut [Self]);
    layer_norm::layer_norm_pull_scale(x: &[Self], d: &[Self], width: usize, epsilon: Self, g: &mut [Self]);
    layer_norm::layer_norm_pull_both(x: [&[Self]; 3], width: usize, epsilon: Self, dx: &mut [Self], scale: &mut [Self]);
}
