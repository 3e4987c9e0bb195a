//! Reductions made of sums: variances and deviations, norms, the logarithm of a sum of exponentials.

use gradus_tensor::{Axes, Tensor};

use super::{AxisList, axes_of, count, dropped, reductions};
use crate::var::Var;

reductions! {
    /// The Euclidean norm `$\lVert x \rVert_2 = \sqrt{\sum_i x_i^2}$`, 0 of nothing. The gradient at a norm of 0 is 0. Other
    /// orders: [`Self::vector_norm`].
    norm norm_axes norm_keep:
        |x| x.norm_axes(()), |x, list| x.square().sum_keep(axes_of(&list)).sqrt_or_zero_slope();
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

    /// The norm of order p of all elements, `$\lVert x \rVert_p = (\sum_i |x_i|^p)^{1/p}$`, to a value without axes; see
    /// [`Self::vector_norm_keep`].
    #[doc(alias = "linalg_norm")]
    #[track_caller]
    pub fn vector_norm(self, p: f64) -> Self {
        self.vector_norm_axes(p, ())
    }

    /// The norm of order p over some axes, which the result does not have; see [`Self::vector_norm_keep`].
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[track_caller]
    pub fn vector_norm_axes(self, p: f64, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let shape = self.shape();
        let list = axes.resolve("vector_norm", &shape);
        self.vector_norm_keep(p, axes).reshape(dropped(&shape, &list))
    }

    /// `$\lVert x \rVert_p = (\sum_i |x_i|^p)^{1/p}$` over some axes, which the result keeps with size 1; p = ∞ and -∞ give the
    /// largest and smallest modulus, p = 0 counts what is not 0. The gradient at a norm of 0, and for p < 2 at elements
    /// that are 0, is 0.
    ///
    /// # Panics
    /// If an axis is out of range or named twice.
    #[track_caller]
    pub fn vector_norm_keep(self, p: f64, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        if p == 2.0 {
            return self.norm_keep(axes);
        }
        if p == 1.0 {
            return self.abs().sum_keep(axes);
        }
        if p == 0.0 {
            let counted = self.value().ne(0.0).to(self.dtype()).sum_keep(axes);
            return self.tape().constant(counted);
        }
        if p == f64::INFINITY {
            return self.abs().max_keep(axes);
        }
        if p == f64::NEG_INFINITY {
            return self.abs().min_keep(axes);
        }
        let powers = self.abs().powf_or_zero_slope(p).sum_keep(axes);
        powers.powf_or_zero_slope(1.0 / p)
    }

    /// `$x^p$` for x ≥ 0, whose slope at 0 is 0.
    fn powf_or_zero_slope(self, p: f64) -> Self {
        let zero = self.value().eq(0.0);
        if zero.any().item() == 0.0 {
            return self.powf(p);
        }
        let at_zero = 0f64.powf(p);
        self.where_not(&zero, 1.0).powf(p).where_not(&zero, at_zero)
    }
}
