//! Batch normalisation and its parts: scaling of channels, statistics of channels. One operation normalises by the statistics
//! of its own input, the other by given ones.

use gradus_tensor::{MAX_RANK, Shape, Tensor, channels};
use smallvec::SmallVec;

use crate::fast::runs::{Kernels, Numeric, NumericRule};
use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted, promoted_with};
use crate::ops::expect;
use crate::var::Var;

/// Sizes that put `[C]` beside `[N, C, …]`.
fn channel_sizes(rank: usize, channels: usize) -> SmallVec<[usize; MAX_RANK]> {
    let mut sizes = SmallVec::from_elem(1, rank.saturating_sub(1).max(1));
    sizes[0] = channels;
    sizes
}

/// Panics unless the value is `[N, C, …]` and what goes with it `[C]`.
#[track_caller]
pub(super) fn check_channels(op: &str, shape: &Shape, parts: &[(&str, Option<Var<'_>>)]) {
    expect::at_least(op, shape, 2, "[N, C, …]");
    for (name, part) in parts {
        if let Some(part) = part {
            expect::shape(op, name, &part.shape(), &shape[1..2]);
        }
    }
}

/// All axes but that of the channels.
fn other_axes(rank: usize) -> Vec<isize> {
    (0..rank as isize).filter(|&axis| axis != 1).collect()
}

/// `[C]` beside the channels of `like`.
fn beside<'t>(number: Var<'t>, like: Var<'t>) -> Var<'t> {
    let shape = like.shape();
    number.reshape(&channel_sizes(shape.len(), shape[1])[..])
}

/// `$y = (x - \mu_c)\, a_c + b_c$` of `(x, μ, a, b)`.
#[derive(Debug)]
struct ScaleChannels;

impl Op for ScaleChannels {
    fn name(&self) -> &'static str {
        "scale_channels"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        channels::scale(&x[0], [&x[1], &x[2], &x[3]])
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, mean, a, dy) = (step.x(0), step.x(1), step.x(2), step.dy());
        let axes = other_axes(x.rank());
        if step.needs(0) {
            step.give(0, dy * beside(a, x));
        }
        if step.needs(1) {
            step.give(1, -a * dy.sum_axes(axes.clone()));
        }
        if step.needs(2) {
            step.give(2, (dy * (x - beside(mean, x))).sum_axes(axes.clone()));
        }
        if step.needs(3) {
            step.give(3, dy.sum_axes(axes));
        }
    }
    fn words(&self) -> &'static str {
        "(x − μ) a + b of each channel: x gets ȳ a, μ gets −a Σ ȳ, a gets Σ ȳ (x − μ), b gets Σ ȳ"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let [mean, a, b] = [1, 2, 3].map(|i| beside(x[i], x[0]));
        Some((x[0] - mean) * a + b)
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for ScaleChannels {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (x, mean, a, dy) = (step.x(0), step.x(1), step.x(2), step.dy());
        let (dx, numbers) = channels::scale_pull([&x, &dy], [&mean, &a], step.needs(0));
        give_all(step, dx, numbers);
    }
}

/// Gives the first input its gradient and the numbers that want one theirs.
fn give_all<const N: usize>(step: &mut Numeric<'_>, dx: Option<Tensor>, numbers: [Tensor; N]) {
    if let Some(dx) = dx {
        step.give(0, dx);
    }
    for (i, of_number) in (1..).zip(numbers) {
        if step.needs(i) {
            step.give(i, of_number);
        }
    }
}

/// `$y = \gamma_c \hat x + \beta_c$` of `(x, γ, β)`, `$\hat x = (x - \mu_c) r_c$`, `$r = (\sigma^2 + \varepsilon)^{-1/2}$` with the moments of x,
/// which are kept for the way back. Rule as that of layer normalisation, with means over a channel.
#[derive(Debug)]
struct BatchNorm {
    eps: f64,
    moments: [Tensor; 2],
}

impl BatchNorm {
    /// `$\hat x$` and `$r$`.
    fn unit<'t>(&self, x: Var<'t>) -> (Var<'t>, Var<'t>) {
        let axes = other_axes(x.rank());
        let centred = x - x.mean_keep(axes.clone());
        let r = (centred.square().mean_keep(axes) + self.eps).rsqrt();
        (centred * r, r)
    }
}

impl Op for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        channels::batch_norm(&x[0], self.moments.each_ref(), [&x[1], &x[2]], self.eps)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (x, gamma, dy) = (step.x(0), step.x(1), step.dy());
        let (axes, (unit, r)) = (other_axes(x.rank()), self.unit(x));
        if step.needs(0) {
            let p = dy * beside(gamma, x);
            let inner = p - p.mean_keep(axes.clone()) - unit * (p * unit).mean_keep(axes.clone());
            step.give(0, r * inner);
        }
        if step.needs(1) {
            step.give(1, (dy * unit).sum_axes(axes.clone()));
        }
        if step.needs(2) {
            step.give(2, dy.sum_axes(axes));
        }
    }
    fn words(&self) -> &'static str {
        "γ u + β with u = (x − mean)/σ of each channel: with p = γ ȳ, x gets (p − mean(p) − u mean(u p))/σ; γ gets Σ u ȳ, β gets Σ ȳ"
    }
    fn composed<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        Some(self.unit(x[0]).0 * beside(x[1], x[0]) + beside(x[2], x[0]))
    }
    fn kernels(&self) -> Option<Kernels<'_>> {
        Some(Kernels::Numeric(self))
    }
}

impl NumericRule for BatchNorm {
    fn pull(&self, step: &mut Numeric<'_>) {
        let (x, gamma, dy) = (step.x(0), step.x(1), step.dy());
        let moments = self.moments.each_ref();
        let (dx, numbers) = channels::batch_norm_pull([&x, &dy], moments, &gamma, self.eps, step.needs(0));
        give_all(step, dx, numbers);
    }
}

/// # Normalisations of channels
impl<'t> Var<'t> {
    /// `number` for each channel, unless it is given.
    fn or_number(self, given: Option<Self>, number: f64) -> Self {
        given
            .unwrap_or_else(|| self.tape().constant(Tensor::full_of([self.shape()[1]], number, self.dtype())))
    }

    /// `$y_{nc\dots} = \gamma_c x_{nc\dots} + \beta_c$`: scale and shift, `[C]` each, of the channels of
    /// `[N, C, …]`.
    ///
    /// # Panics
    /// If they are not of shape `[C]`.
    #[track_caller]
    pub fn scale_channels(self, gamma: Option<Self>, beta: Option<Self>) -> Self {
        self.check_more("scale_channels", [gamma, beta]);
        expect::floats("scale_channels", self.dtype());
        let ([x], [gamma, beta]) = promoted_with([self], [gamma, beta]);
        check_channels("scale_channels", &x.shape(), &[("gamma", gamma), ("beta", beta)]);
        if gamma.or(beta).is_none() {
            return x;
        }
        let numbers = [x.or_number(None, 0.0), x.or_number(gamma, 1.0), x.or_number(beta, 0.0)];
        x.tape().apply(ScaleChannels, &[x, numbers[0], numbers[1], numbers[2]])
    }

    /// The mean and the biased variance, `[C]` each, of each channel of `[N, C, …]`: what batch normalisation
    /// uses in training.
    ///
    /// # Panics
    /// If there are less than two axes.
    #[track_caller]
    pub fn channel_statistics(self) -> (Self, Self) {
        expect::floats("channel_statistics", self.dtype());
        check_channels("channel_statistics", &self.shape(), &[]);
        let axes = other_axes(self.rank());
        (self.mean_axes(axes.clone()), self.var_axes(axes, 0))
    }

    /// `$(x - \mu)/\sqrt{\sigma^2 + \varepsilon}$` for each channel of `[N, C, …]` with the given mean and
    /// variance, `[C]` each.
    ///
    /// # Panics
    /// If they are not of shape `[C]`.
    ///
    /// # Source
    /// Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    /// Covariate Shift", 2015.
    #[track_caller]
    pub fn batch_norm(self, mean: impl Operand<'t>, variance: impl Operand<'t>, eps: f64) -> Self {
        let [x, mean, variance] =
            promoted([self, self.operand("batch_norm", mean), self.operand("batch_norm", variance)]);
        x.by_statistics("batch_norm", (mean, variance), [None, None], eps)
    }

    /// [`Self::batch_norm`], then [`Self::scale_channels`], in one pass: `$\gamma_c (x - \mu_c)/\sqrt{\sigma_c^2 + \varepsilon} + \beta_c$`.
    ///
    /// # Panics
    /// As those.
    #[track_caller]
    pub fn batch_norm_with(
        self,
        mean: impl Operand<'t>,
        variance: impl Operand<'t>,
        gamma: Option<Self>,
        beta: Option<Self>,
        eps: f64,
    ) -> Self {
        const OP: &str = "batch_norm_with";
        self.check_more(OP, [gamma, beta]);
        let (mean, variance) = (self.operand(OP, mean), self.operand(OP, variance));
        let ([x, mean, variance], more) = promoted_with([self, mean, variance], [gamma, beta]);
        x.by_statistics(OP, (mean, variance), more, eps)
    }

    #[track_caller]
    fn by_statistics(
        self,
        op: &str,
        (mean, variance): (Self, Self),
        [gamma, beta]: [Option<Self>; 2],
        eps: f64,
    ) -> Self {
        expect::floats(op, self.dtype());
        let statistics = [("the mean", Some(mean)), ("the variance", Some(variance))];
        check_channels(op, &self.shape(), &statistics);
        check_channels(op, &self.shape(), &[("gamma", gamma), ("beta", beta)]);
        expect::number(op, "eps", eps, eps.is_finite(), "a finite number");
        // Divided by the deviation: one rounding less than with its reciprocal.
        let a = gamma.map_or_else(|| (variance + eps).rsqrt(), |gamma| gamma / (variance + eps).sqrt());
        self.tape().apply(ScaleChannels, &[self, mean, a, self.or_number(beta, 0.0)])
    }

    /// Batch normalisation by the statistics of this batch, as in training: [`Self::batch_norm_with`] of
    /// [`Self::channel_statistics`] in one operation. With the result come the mean and the biased variance, `[C]` each, as
    /// numbers.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let x = tape.var(Tensor::from([[1.0, 10.0], [3.0, 30.0]]));
    /// let (y, mean, variance) = x.batch_norm_training(None, None, 0.0);
    /// assert_eq!(y.value(), Tensor::from([[-1.0, -1.0], [1.0, 1.0]]));
    /// assert_eq!((mean, variance), (Tensor::from([2.0, 20.0]), Tensor::from([1.0, 100.0])));
    /// ```
    ///
    /// # Panics
    /// If there are less than two axes, or gamma and beta are not of shape `[C]`.
    ///
    /// # Source
    /// Ioffe and Szegedy 2015, as [`Self::batch_norm`].
    #[doc(alias = "native_batch_norm")]
    #[track_caller]
    pub fn batch_norm_training(
        self,
        gamma: Option<Self>,
        beta: Option<Self>,
        eps: f64,
    ) -> (Self, Tensor, Tensor) {
        const OP: &str = "batch_norm_training";
        self.check_more(OP, [gamma, beta]);
        expect::floats(OP, self.dtype());
        let ([x], [gamma, beta]) = promoted_with([self], [gamma, beta]);
        check_channels(OP, &x.shape(), &[("gamma", gamma), ("beta", beta)]);
        expect::number(OP, "eps", eps, eps.is_finite(), "a finite number");
        let moments = channels::moments(&x.value());
        let [mean, variance] = moments.clone();
        let inputs = [x, x.or_number(gamma, 1.0), x.or_number(beta, 0.0)];
        (x.tape().apply(BatchNorm { eps, moments }, &inputs), mean, variance)
    }
}
