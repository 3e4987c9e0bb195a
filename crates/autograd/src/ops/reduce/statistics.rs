//! Reductions made of sums: variances and deviations, the logarithm of a sum of exponentials.

use gradus_tensor::{Axes, Tensor};

use super::{AxisList, axes_of, count, dropped, reductions};
use crate::var::Var;

reductions! {
    /// The logarithm of the sum of exponentials, `$\ln \sum_i e^{x_i}$`, without overflow; `$-\infty$` of nothing. Its slope
    /// is the softmax.
    logsumexp logsumexp_axes logsumexp_keep: |x| x.logsumexp_axes(()), |x, list| {
        let axes = axes_of(&list);
        // The shift is a constant: the result does not depend on it. Where the maximum is infinite it is left out.
        let max = x.value().max_keep(axes.clone());
        let finite = max.is_finite();
        let shift = max.where_(&finite, &Tensor::zeros_like(&max));
        (x - &shift).exp().sum_keep(axes).ln() + &shift
    };
}

/// As `reductions!`, with a correction to the number of elements.
macro_rules! corrected {
    ($($(#[$doc:meta])* $all:ident $axes:ident $keep:ident: |$variance:ident| $body:expr;)*) => {
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
                let list = axes.into().resolve(stringify!($keep), &self.shape());
                let $variance = self.squared_deviation(&list, correction);
                $body
            }
        )*}
    };
}

corrected! {
    /// The variance `$\tfrac{1}{n - c} \sum_i (x_i - \bar x)^2$`; the correction c is 0 for a whole population (as in layers),
    /// 1 for a sample (as `torch.var` by default).
    var var_axes var_keep: |variance| variance;
    /// The standard deviation, the root of the variance `$\tfrac{1}{n - c} \sum_i (x_i - \bar x)^2$`; its gradient at 0 is 0.
    std std_axes std_keep: |variance| variance.sqrt_or_zero_slope();
}

impl<'t> Var<'t> {
    fn squared_deviation(self, list: &AxisList, correction: usize) -> Self {
        let n = count(&self.shape(), list);
        let centred = self - self.mean_keep(axes_of(list));
        let freedom = (n as f64 - correction as f64).max(0.0);
        centred.square().sum_keep(axes_of(list)) / freedom
    }

    /// `$\sqrt x$` whose slope at 0 is 0: for norms and deviations.
    pub(crate) fn sqrt_or_zero_slope(self) -> Self {
        let zero = self.value().eq(&Tensor::zeros_of((), self.dtype()));
        if !zero.any().item().eq(&1.0) {
            return self.sqrt();
        }
        // At zero the root is taken of 1 instead and thrown away again.
        let safe = self.where_not(&zero, 1.0);
        safe.sqrt().where_not(&zero, 0.0)
    }
}
