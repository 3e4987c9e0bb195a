//! Elementwise operations made of rows: clamps between tensors, interpolation between values, rounded quotients,
//! activations with two numbers.

use gradus_tensor::{DType, Tensor};

use crate::ops::elementwise::operators::{Operand, promoted};
use crate::ops::reduce::axes_of;
use crate::var::Var;

/// Panics unless the shapes broadcast to one.
#[track_caller]
fn all_broadcast(op: &str, x: &[Var<'_>]) {
    let mut shape = x[0].shape();
    for other in &x[1..] {
        shape = shape.broadcast_or_panic(&other.shape(), op);
    }
}

/// # Elementwise operations made of others
impl<'t> Var<'t> {
    /// `$\ln x$`, under NumPy's name; the same as [`Self::ln`].
    #[track_caller]
    pub fn log(self) -> Self {
        crate::ops::expect::floats("log", self.dtype());
        self.ln()
    }

    /// x between two numbers, under NumPy's name; the same as [`Self::clamp`].
    #[track_caller]
    pub fn clip(self, low: f64, high: f64) -> Self {
        crate::ops::expect::floats("clip", self.dtype());
        self.clamp(low, high)
    }

    /// x between two numbers; `high` wins where they cross. The slope is 0 from each bound on, else 1.
    #[doc(alias = "clip")]
    #[track_caller]
    pub fn clamp(self, low: f64, high: f64) -> Self {
        crate::ops::expect::floats("clamp", self.dtype());
        let x = if low == f64::NEG_INFINITY { self } else { self.clamp_min(low) };
        if high == f64::INFINITY { x } else { x.clamp_max(high) }
    }

    /// x between two values, which broadcast. At equality half of the gradient goes to the bound; where the bounds
    /// cross, `high` wins.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "clip")]
    #[track_caller]
    pub fn clamp_between(self, low: Option<Self>, high: Option<Self>) -> Self {
        self.check_more("clamp_between", [low, high]);
        let bounds = [low, high].into_iter().flatten();
        all_broadcast("clamp_between", &[self].into_iter().chain(bounds).collect::<Vec<_>>());
        let x = low.map_or(self, |low| self.maximum(low));
        high.map_or(x, |high| x.minimum(high))
    }

    /// `$\min(\max(x, 0), 6)$`. The slope at 0 and 6 is 0.
    #[track_caller]
    pub fn relu6(self) -> Self {
        crate::ops::expect::floats("relu6", self.dtype());
        self.clamp(0.0, 6.0)
    }

    /// x where it is above `threshold`, else `value`. The slope at the threshold is 0.
    #[track_caller]
    pub fn threshold(self, threshold: f64, value: f64) -> Self {
        self.masked_fill(&self.value().le(threshold), value)
    }

    /// `$\tfrac1\beta \ln(1 + e^{\beta x})$`; x itself where `$\beta x$` is above `threshold`.
    #[track_caller]
    pub fn softplus_with(self, beta: f64, threshold: f64) -> Self {
        crate::ops::expect::floats("softplus", self.dtype());
        let scaled = self * beta;
        let linear = scaled.value().gt(threshold);
        // ln(1 + e^z) = max(z, 0) - ln σ(|z|) without overflow: -ln σ(-z).
        self.where_(&linear, -(-scaled).log_sigmoid() / beta)
    }

    /// x where positive, else `$w x$` with a weight that broadcasts. The slope at 0 is w.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn prelu(self, weight: impl Operand<'t>) -> Self {
        let weight = self.operand("prelu", weight);
        all_broadcast("prelu", &[self, weight]);
        let positive = self.value().gt(0.0);
        // The branch not taken is of 0: the weight gets nothing from there, whatever x is.
        self.where_(&positive, self.masked_fill(&positive, 0.0) * weight)
    }

    /// The first half of an axis times the sigmoid of the second (Dauphin et al., 2017).
    ///
    /// # Panics
    /// If the size of the axis is odd.
    #[track_caller]
    pub fn glu(self, axis: isize) -> Self {
        crate::ops::expect::floats("glu", self.dtype());
        let shape = self.shape();
        let at = gradus_tensor::axis_index("glu", axis, &shape);
        let (size, axis) = (shape[at], at as isize);
        assert!(size.is_multiple_of(2), "glu: axis {axis} of {shape} has the odd size {size}");
        self.narrow(axis, 0, size / 2) * self.narrow(axis, size / 2, size / 2).sigmoid()
    }

    /// `$\mathrm{softmax}(-x)$` along an axis.
    ///
    /// # Panics
    /// If the axis is out of range.
    #[track_caller]
    pub fn softmin(self, axis: isize) -> Self {
        crate::ops::expect::floats("softmin", self.dtype());
        let axis = gradus_tensor::axis_index("softmin", axis, &self.shape()) as isize;
        (-self).softmax(axis)
    }

    /// `$\ln(x / (1 - x))$` of x held between `eps` and `1 - eps`; the slope outside is 0.
    #[track_caller]
    pub fn logit_with(self, eps: f64) -> Self {
        let x = self.value();
        let outside = x.lt(eps).or(&x.gt(1.0 - eps));
        let bounded = x.full_like(eps).where_(&x.lt(eps), &x.full_like(1.0 - eps));
        self.tape().constant(bounded).where_(&outside, self).logit()
    }

    /// `$a + w (b - a)$` with a weight that broadcasts.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn lerp(self, end: impl Operand<'t>, weight: impl Operand<'t>) -> Self {
        let [x, end, weight] = promoted([self, self.operand("lerp", end), self.operand("lerp", weight)]);
        all_broadcast("lerp", &[x, end, weight]);
        x + weight * (end - x)
    }

    /// `$x + c\, a b$`.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "addcmul")]
    #[track_caller]
    pub fn add_product(self, a: impl Operand<'t>, b: impl Operand<'t>, c: f64) -> Self {
        let [x, a, b] = promoted([self, self.operand("add_product", a), self.operand("add_product", b)]);
        all_broadcast("add_product", &[x, a, b]);
        x + a * b * c
    }

    /// `$x + c\, a / b$`.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "addcdiv")]
    #[track_caller]
    pub fn add_quotient(self, a: impl Operand<'t>, b: impl Operand<'t>, c: f64) -> Self {
        let [x, a, b] = promoted([self, self.operand("add_quotient", a), self.operand("add_quotient", b)]);
        all_broadcast("add_quotient", &[x, a, b]);
        x + a / b * c
    }

    /// `$\lfloor a / b \rfloor$`. The slopes are 0.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[doc(alias = "floor_divide")]
    #[track_caller]
    pub fn floor_div(self, other: impl Operand<'t>) -> Self {
        let [x, other] = promoted([self, self.operand("floor_div", other)]);
        all_broadcast("floor_div", &[x, other]);
        // The quotient of what the remainder leaves is exact up to rounding to an integer.
        let (quotient, rest) = (x / other, x.remainder(other));
        let whole = ((x - rest) / other).round();
        let finite = rest.value().is_finite().and(&quotient.value().is_finite());
        whole.where_(&finite, quotient.floor()).floor()
    }

    /// `$a / b$` without its fraction. The slopes are 0.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn trunc_div(self, other: impl Operand<'t>) -> Self {
        let other = self.operand("trunc_div", other);
        all_broadcast("trunc_div", &[self, other]);
        (self / other).trunc()
    }

    /// Rounded to `decimals` places behind the point (before it, if negative); halves to the even one. The slope is 0.
    #[doc(alias = "round")]
    #[doc(alias = "around")]
    #[track_caller]
    pub fn round_decimals(self, decimals: i32) -> Self {
        crate::ops::expect::floats("round_decimals", self.dtype());
        if decimals < 0 {
            let ten = 10f64.powi(-decimals);
            return (self / ten).round() * ten;
        }
        let ten = 10f64.powi(decimals);
        (self * ten).round() / ten
    }

    /// Numbers in the place of NaN and the infinities. The slope there is 0.
    #[track_caller]
    pub fn nan_to_num(self, nan: f64, infinity: f64, negative_infinity: f64) -> Self {
        let x = self.value();
        let y = self.masked_fill(&x.is_nan(), nan);
        let y = y.masked_fill(&x.eq(f64::INFINITY), infinity);
        y.masked_fill(&x.eq(f64::NEG_INFINITY), negative_infinity)
    }

    /// `$a\, 2^b$`.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn ldexp(self, exponent: impl Operand<'t>) -> Self {
        let [x, exponent] = promoted([self, self.operand("ldexp", exponent)]);
        all_broadcast("ldexp", &[x, exponent]);
        x * exponent.exp2()
    }

    /// `$\ln \Gamma_p(x)$` of the multivariate gamma function:
    /// `$\tfrac{p(p-1)}{4} \ln \pi + \sum_{j<p} \ln \Gamma(x - j/2)$`.
    #[doc(alias = "multigammaln")]
    #[track_caller]
    pub fn mvlgamma(self, p: usize) -> Self {
        crate::ops::expect::floats("mvlgamma", self.dtype());
        let constant = (p * p.saturating_sub(1)) as f64 / 4.0 * std::f64::consts::PI.ln();
        (0..p)
            .map(|j| (self - j as f64 / 2.0).lgamma())
            .reduce(|a, b| a + b)
            .map_or(self * 0.0, |s| s + constant)
    }

    /// 0 below 0, 1 above, `at_zero` at 0. No gradient flows.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn heaviside(self, at_zero: &Tensor) -> Self {
        self.shape().broadcast_or_panic(at_zero.shape(), "heaviside");
        let x = self.value();
        let step = x.gt(0.0).to(self.dtype());
        self.tape().constant(at_zero.where_(&x.eq(0.0), &step))
    }

    /// The sum over axes without the elements that are NaN; the axes are dropped.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[doc(alias = "nansum")]
    #[track_caller]
    pub fn nansum_axes(self, axes: impl Into<gradus_tensor::Axes>) -> Self {
        let axes = axes_of(&axes.into().resolve("nansum", &self.shape()));
        self.masked_fill(&self.value().is_nan(), 0.0).sum_axes(axes)
    }

    /// The mean over axes of the elements that are not NaN; the axes are dropped.
    ///
    /// # Panics
    /// If an axis is out of range.
    #[doc(alias = "nanmean")]
    #[track_caller]
    pub fn nanmean_axes(self, axes: impl Into<gradus_tensor::Axes>) -> Self {
        let axes = axes_of(&axes.into().resolve("nanmean", &self.shape()));
        let count = self.value().is_nan().logical_not().to(DType::I64).sum_axes(axes.clone());
        let sum = self.nansum_axes(axes);
        sum / &count.to(sum.dtype())
    }
}
