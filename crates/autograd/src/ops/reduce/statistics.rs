//! Reductions made of sums: variances and deviations, the logarithm of a sum of exponentials.

use gradus_tensor::{Axes, DType, Tensor};

use super::{AxisList, axes_of, count, dropped, reductions};
use crate::op::{Backward, Op};
use crate::ops::expect;
use crate::recorded;
use crate::var::Var;

reductions! {
    /// The logarithm of the sum of exponentials, `$\ln \sum_i e^{x_i}$`, without overflow; `$-\infty$` of nothing. Its slope
    /// is the softmax; even weights where all are `$-\infty$`.
    logsumexp logsumexp_axes logsumexp_keep: |x| x.logsumexp_axes(()), |x, list| {
        // The axes as one, the last.
        let mut shape = x.shape();
        let mut order: AxisList = (0..shape.len()).filter(|axis| !list.contains(axis)).collect();
        let mut flat: AxisList = order.iter().map(|&axis| shape[axis]).collect();
        flat.push(count(&shape, &list));
        order.extend_from_slice(&list);
        list.iter().for_each(|&axis| shape[axis] = 1);
        let moved = if order.is_sorted() { x } else { x.permute(axes_of(&order)) };
        moved.reshape(&flat[..]).log_sum_exp().reshape(shape)
    };
}

/// `$y = \sqrt x$` of a value that is 0 somewhere, as the roots of sums of squares are. Rule: `$\bar x = \bar y / 2y$`; where
/// y = 0 that is 0, but if `$\bar y$` is 0 there, too, as in the gradient of `$y^2$`, it is the limit
/// `$\tfrac12\, \partial \bar y / \partial y$`, on which the second derivative rests. A root that was recorded twice is one y.
#[derive(Debug)]
struct RootAtZero;

impl Op for RootAtZero {
    fn name(&self) -> &'static str {
        "sqrt"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].sqrt()
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        if !step.needs(0) {
            // On the way from its own gradient, where it is one of the ends.
            return;
        }
        let (y, dy) = (step.y(), step.dy());
        let zero = y.value().eq(0.0);
        let slope = dy / (y.where_not(&zero, 1.0) * 2.0);
        let one = step.tape().constant(Tensor::ones_like(&dy.value()));
        let roots = if dy.needs() { super::twins::twins(y) } else { Vec::new() };
        let limits = recorded::backward(dy, one, &roots).into_iter().flatten();
        let Some(limit) = limits.reduce(|a, b| a + b) else {
            return step.give(0, slope.where_not(&zero, 0.0));
        };
        // A gradient that is not 0 at the tip of the cone has no limit.
        let limit = limit.where_not(&dy.value().ne(0.0), 0.0) * 0.5;
        step.give(0, limit.where_(&zero, slope));
    }
    fn words(&self) -> &'static str {
        "root y: x gets ȳ / 2y, at 0 the limit"
    }
}

/// As `reductions!`, with a correction to the number of elements.
macro_rules! corrected {
    ($($(#[$doc:meta])* $all:ident $axes:ident $keep:ident: |$x:ident, $list:ident, $c:ident| $body:expr;)*) => {
        /// # Variance and deviation
        impl<'t> Var<'t> {$(
            $(#[$doc])*
            ///
            /// Over all elements, to a value without axes.
            #[track_caller]
            pub fn $all(self, correction: usize) -> Self {
                self.$axes((), correction)
            }

            $(#[$doc])*
            ///
            /// Over some axes, which the result does not have.
            ///
            /// # Panics
            /// If an axis is out of range or named twice.
            #[track_caller]
            pub fn $axes(self, axes: impl Into<Axes>, correction: usize) -> Self {
                let shape = self.shape();
                let list = axes.into().resolve(stringify!($axes), &shape);
                self.$keep(axes_of(&list), correction).reshape(dropped(&shape, &list))
            }

            $(#[$doc])*
            ///
            /// Over some axes, which the result keeps with size 1.
            ///
            /// # Panics
            /// If an axis is out of range or named twice.
            #[track_caller]
            pub fn $keep(self, axes: impl Into<Axes>, correction: usize) -> Self {
                let ($x, $c) = (self, correction);
                expect::floats(stringify!($all), self.dtype());
                let $list: AxisList = axes.into().resolve(stringify!($keep), &self.shape());
                $body
            }
        )*}
    };
}

corrected! {
    /// The variance `$\tfrac{1}{n - c} \sum_i (x_i - \bar x)^2$`; the correction c is 0 for a whole population (as in layers),
    /// 1 for a sample (as `torch.var` by default).
    var var_axes var_keep: |x, list, correction| x.squared_deviation(&list, correction);
    /// The standard deviation, the root of the variance `$\tfrac{1}{n - c} \sum_i (x_i - \bar x)^2$`; its gradient at 0 is 0.
    std std_axes std_keep: |x, list, correction|
        x.root_of_powers(&list, |x| x.squared_deviation(&list, correction), Var::sqrt_or_zero_slope);
}

impl<'t> Var<'t> {
    fn squared_deviation(self, list: &AxisList, correction: usize) -> Self {
        let n = count(&self.shape(), list);
        let centred = self - self.mean_keep(axes_of(list));
        let freedom = (n as f64 - correction as f64).max(0.0);
        centred.square().sum_keep(axes_of(list)) / freedom
    }

    /// The root of a sum of powers of this value over some axes. Where the powers would overflow or vanish, the value is
    /// scaled by a power of two before and after.
    pub(crate) fn root_of_powers(
        self,
        list: &AxisList,
        powers: impl Fn(Self) -> Self,
        root: impl Fn(Self) -> Self,
    ) -> Self {
        let sum = powers(self);
        let (value, single) = (sum.value(), self.dtype() == DType::F32);
        let (least, most) = if single { (1e-25, f64::from(f32::MAX)) } else { (1e-270, f64::MAX) };
        if self.elements() == 0 || value.lt(least).or(&value.gt(most)).any().item() == 0.0 {
            return root(sum);
        }
        let sizes = self.value().abs().max_keep(axes_of(list));
        let power = |size: f64| {
            if size > 0.0 && size.is_finite() {
                size.log2().floor().clamp(-1000.0, 1000.0).exp2()
            } else {
                1.0
            }
        };
        let scale: Vec<f64> = sizes.to_f64_vec().into_iter().map(power).collect();
        if scale.iter().all(|&s| s == 1.0) {
            return root(sum);
        }
        let scale = Tensor::from_vec(scale, *sizes.shape()).to(self.dtype());
        root(powers(self / &scale)) * &scale
    }

    /// `$\sqrt x$` whose slope at 0 is 0: for norms and deviations.
    pub(crate) fn sqrt_or_zero_slope(self) -> Self {
        if self.value().eq(0.0).any().item() == 0.0 {
            self.sqrt()
        } else {
            self.tape().apply(RootAtZero, &[self])
        }
    }
}
