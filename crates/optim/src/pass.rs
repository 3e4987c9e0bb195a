//! One pass over memory: the loop that every elementwise rule runs in.
//!
//! `pass::two(theta, g, slots, |x, g, m, v| …)` runs a formula over all elements of a parameter, its
//! gradient and its slots: vectorised, on all cores, without temporaries. These loops wait for memory, so a
//! pass saved is time saved.

#![allow(clippy::inline_always, reason = "the closure given to the dispatch must hold the whole loop body")]

use gradus_tensor::kernel::{Real, math, parallel, run, sum};
use gradus_tensor::{Element, Tensor, inner_product, with_float};

/// Elements of one parallel piece: four arrays of them fit into a second-level cache.
pub(crate) const PIECE: usize = 1 << 14;
/// The rough time of one element in nanoseconds.
pub(crate) const COST: f64 = 0.7;

/// What a slot keeps of a number: zero below the smallest normal one.
///
/// Where the gradient is zero from some step on, an average `$m \leftarrow \beta m$` shrinks until it is subnormal, and there it
/// stays: of the smallest number, 0.9 times is rounded to the same again. Some processors take many times as long for each
/// operation on such numbers.
#[inline(always)]
fn normal<T: Real>(x: T) -> T {
    math::select(x.abs() < T::MIN_POSITIVE, T::ZERO, x)
}

/// The functions below differ in the number of slots only. What is left in a slot is [`normal`].
macro_rules! passes {
    (@mut $slot:ident) => { &mut T };
    ($($(#[$doc:meta])* $name:ident($($slot:ident $kept:ident)*);)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<T: Real + Element>(
            theta: &mut Tensor,
            g: &Tensor,
            slots: &mut [Tensor],
            f: impl Fn(&mut T, T $(, passes!(@mut $slot))*) + Sync,
        ) {
            // Slices as parameters: that is how the compiler knows that they do not overlap.
            #[inline(always)]
            fn rows<T: Real>(
                theta: &mut [T],
                g: &[T],
                $($slot: &mut [T],)*
                f: &impl Fn(&mut T, T $(, passes!(@mut $slot))*),
            ) {
                let n = theta.len();
                let g = &g[..n];
                $(let $slot = &mut $slot[..n];)*
                for i in 0..n {
                    $(let mut $kept = $slot[i];)*
                    f(&mut theta[i], g[i] $(, &mut $kept)*);
                    $($slot[i] = normal($kept);)*
                }
            }
            let [$($slot),*] = slots else {
                panic!(
                    "update: {} slots where the rule needs {}: a hyper-parameter that needs one (momentum) \
                     must not be 0 at the first update",
                    slots.len(),
                    stringify!($name)
                );
            };
            let (of_g, of_theta) = (g.shape(), theta.shape());
            assert!(of_g == of_theta, "update: a {of_g} gradient of a {of_theta} parameter");
            let g = g.contiguous();
            let g = g.as_slice::<T>();
            let slices = [theta.slice_mut::<T>() $(, $slot.slice_mut::<T>())*];
            parallel::chunks_all(slices, PIECE, COST, |start, [theta $(, $slot)*]| {
                let g = &g[start..];
                run(#[inline(always)] || rows(theta, g $(, $slot)*, &f));
            });
        }
    )*};
}

passes! {
    /// `f(theta, g)`.
    none();
    /// `f(theta, g, a)`.
    one(a kept_a);
    /// `f(theta, g, a, b)`.
    two(a kept_a b kept_b);
    /// `f(theta, g, a, b, c)`.
    three(a kept_a b kept_b c kept_c);
    /// `f(theta, g, a, b, c, d)`.
    four(a kept_a b kept_b c kept_c d kept_d);
}

/// `x` as a slot keeps it ([`normal`]), for rules that make their averages without these passes.
pub(crate) fn faded(mut x: Tensor) -> Tensor {
    with_float!("faded", x.dtype(), T => {
        parallel::chunks(x.slice_mut::<T>(), PIECE, COST, |_, x| {
            run(#[inline(always)] || x.iter_mut().for_each(|x| *x = normal(*x)));
        });
    });
    x
}

/// `$\sqrt{\sum_i x_i^2}$`.
pub(crate) fn norm(x: &Tensor) -> f64 {
    inner_product(x, x).sqrt()
}

/// Whether every element is a finite number.
pub(crate) fn is_finite(x: &Tensor) -> bool {
    let x = x.contiguous();
    with_float!("is_finite", x.dtype(), T => sum::all_finite(x.as_slice::<T>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_visited_once_on_any_number_of_threads() {
        for n in [0, 1, 7, 1 << 14, 100_003] {
            let g =
                Tensor::build::<f32>(n, |out| out.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32));
            let mut results = Vec::new();
            for threads in [1, 2, 3] {
                parallel::set_threads(threads);
                let mut theta = Tensor::ones(n);
                let mut slots = [Tensor::zeros(n), Tensor::zeros(n)];
                two::<f32>(&mut theta, &g, &mut slots, |x, g, m, v| {
                    *m += g;
                    *v += g * 0.5;
                    *x = *m - *v;
                });
                results.push(theta.to_vec::<f32>());
            }
            assert!(results.iter().all(|r| *r == results[0]));
            assert!(results[0].iter().enumerate().all(|(i, &x)| x == i as f32 * 0.5));
        }
    }

    #[test]
    fn sums_and_tests() {
        let x = Tensor::full(200_000, 0.5);
        assert_eq!(norm(&Tensor::from([3.0, 4.0])), 5.0);
        assert!(
            is_finite(&x)
                && !is_finite(&Tensor::from([1.0, f64::NAN]))
                && !is_finite(&Tensor::from([f32::INFINITY]))
        );
    }
}
