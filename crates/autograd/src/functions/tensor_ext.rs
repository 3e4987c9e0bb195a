//! What a variable can do, on tensors: each method of [`Var`] that `Tensor` lacks, for values whose gradient nobody wants.
//!
//! A row names a method and its arguments, and is the method of `Var` on a tape that records nothing: its formula, shapes
//! and panics stand there, once. What tensors have of their own (arithmetic, reductions, shapes, `softmax`, `relu`) is faster by a few
//! hundred nanoseconds a call and stands on `Tensor` itself.

use gradus_tensor::pool::Taps;
use gradus_tensor::{Axes, Rng, Shape, Slice, Tensor};

use crate::fast::reuse::Scratch;
use crate::model::training::Mode;
#[cfg(feature = "linalg")]
use crate::ops::MatrixNorm;
use crate::ops::{
    Bag, ConvOptions, CrossEntropyOptions, CtcOptions, DiceOptions, FocalCrossEntropyOptions, FocalOptions,
    GaussianNllOptions, GumbelOptions, HingeOptions, HuberOptions, Interpolation, KlDivOptions,
    MarginOptions, MultiMarginOptions, NllOptions, Outside, PaddingMode, PoissonNllOptions, Pool, Resize,
    ScatterReduce, SoftCrossEntropyOptions, TripletOptions,
};
use crate::var::Var;

/// A result of a method of `Var` without its tape.
trait Plain {
    type Plain;
    fn plain(self) -> Self::Plain;
}

impl Plain for Var<'_> {
    type Plain = Tensor;
    fn plain(self) -> Tensor {
        self.value()
    }
}

impl Plain for Tensor {
    type Plain = Self;
    fn plain(self) -> Self {
        self
    }
}

impl<A: Plain, B: Plain> Plain for (A, B) {
    type Plain = (A::Plain, B::Plain);
    fn plain(self) -> Self::Plain {
        (self.0.plain(), self.1.plain())
    }
}

impl<A: Plain, B: Plain, C: Plain> Plain for (A, B, C) {
    type Plain = (A::Plain, B::Plain, C::Plain);
    fn plain(self) -> Self::Plain {
        (self.0.plain(), self.1.plain(), self.2.plain())
    }
}

impl<T: Plain> Plain for Vec<T> {
    type Plain = Vec<T::Plain>;
    fn plain(self) -> Self::Plain {
        self.into_iter().map(Plain::plain).collect()
    }
}

/// Rows `name(argument: Type, …) -> Result;`, where the result is a tensor if none is named. Behind `=> |x|` stands the use of
/// `Var`'s method, where its arguments are not simply those of the row. First come functions of several tensors.
macro_rules! methods {
    (of_many { $($many:ident(tensors $(; $what:ident: $kind:ty)?) $(-> $list:ty)?;)* } $($(#[$meta:meta])* $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)? $(=> |$x:ident| $use:expr)?;)*) => {
        /// The methods of [`Var`] for tensors: `tensor.gelu()`, `prediction.mse(&target)`, without a tape and without
        /// gradients.
        ///
        /// Each is the method of the same name of [`Var`], where its formula, its shapes and its panics stand; where that
        /// takes another variable, this takes a tensor. What is not here, `Tensor` has of its own (`softmax`, `relu`,
        /// `matmul`, `sum_axes`, …).
        ///
        /// ```
        /// use gradus_autograd::TensorExt;
        /// use gradus_tensor::Tensor;
        ///
        /// let scores = Tensor::from([[2.0, 0.0], [0.0, 1.0]]);
        /// let labels = Tensor::from([0, 1]);
        /// let loss = scores.cross_entropy(&labels).item();
        /// assert!((loss - 0.5 * ((1.0 + (-2f64).exp()).ln() + (1.0 + (-1f64).exp()).ln())).abs() < 1e-15);
        /// assert_eq!(Tensor::from([-2.0, 4.0]).leaky_relu(0.25), Tensor::from([-0.5, 4.0]));
        /// ```
        pub trait TensorExt: sealed::Seal + Sized {$(
            #[doc = concat!("As [`Var::", stringify!($many), "`].")]
            #[track_caller]
            fn $many($($what: $kind,)? tensors: &[Self]) -> methods!(@result $($list)?);
        )* $(
            #[doc = concat!("As [`Var::", stringify!($name), "`].")]
            $(#[$meta])*
            #[track_caller]
            fn $name(&self, $($arg: $type),*) -> methods!(@result $($result)?);
        )*}

        impl TensorExt for Tensor {$(
            #[track_caller]
            fn $many($($what: $kind,)? tensors: &[Self]) -> methods!(@result $($list)?) {
                let tape = Scratch::new(Mode::Inference);
                let variables: Vec<Var<'_>> = tensors.iter().map(|tensor| tape.constant(tensor)).collect();
                Var::$many($($what,)? &variables).plain()
            }
        )* $(
            $(#[$meta])*
            #[track_caller]
            fn $name(&self, $($arg: $type),*) -> methods!(@result $($result)?) {
                let tape = Scratch::new(Mode::Inference);
                methods!(@use (tape.constant(self)) $name($($arg),*) $(|$x| $use)?).plain()
            }
        )*}

        /// The names, for the test that compares them with the methods of `Var`.
        #[doc(hidden)]
        pub const TENSOR_EXT: &[&str] = &[$(stringify!($many),)* $(stringify!($name)),*];
    };
    (@result) => { Tensor };
    (@result $result:ty) => { $result };
    (@use ($var:expr) $name:ident($($arg:ident),*)) => { $var.$name($($arg),*) };
    (@use ($var:expr) $name:ident($($arg:ident),*) |$x:ident| $use:expr) => {{ let $x = $var; $use }};
}

/// Nothing else can be what a variable lifts.
mod sealed {
    pub trait Seal {}
}
impl sealed::Seal for Tensor {}

methods! {
    of_many {
        einsum(tensors; formula: &str);
        multi_dot(tensors);
        block_diag(tensors);
        meshgrid(tensors) -> Vec<Tensor>;
    }
    // Activations and special functions.
    leaky_relu(slope: f64);
    elu(alpha: f64);
    celu(alpha: f64);
    selu();
    gelu();
    gelu_tanh();
    silu();
    mish();
    softplus();
    softplus_with(beta: f64, threshold: f64);
    log_sigmoid();
    softsign();
    tanhshrink();
    hardsigmoid();
    hardswish();
    softshrink(lambda: f64);
    hardshrink(lambda: f64);
    relu6();
    threshold(threshold: f64, value: f64);
    prelu(weight: &Tensor);
    glu(axis: isize);
    softmin(axis: isize);
    gumbel_softmax(axis: isize, rng: &mut Rng);
    gumbel_softmax_with(axis: isize, how: &GumbelOptions, rng: &mut Rng);
    log_cosh();
    erfcx();
    normal_cdf();
    normal_pdf();
    log_normal_cdf();
    ndtri();
    polygamma(n: f64);
    sinc();
    entr();
    i0();
    i0e();
    i1();
    i1e();
    logit();
    logit_with(eps: f64);
    mvlgamma(p: usize);
    clamp_min(low: f64);
    clamp_max(high: f64);
    clamp_between(low: Option<&Tensor>, high: Option<&Tensor>)
        => |x| x.clamp_between(low.map(|low| x.lift(low)), high.map(|high| x.lift(high)));
    // Between two tensors, element by element.
    logaddexp2(other: &Tensor);
    xlog1py(other: &Tensor);
    lerp(end: &Tensor, weight: &Tensor);
    add_product(a: &Tensor, b: &Tensor, c: f64);
    add_quotient(a: &Tensor, b: &Tensor, c: f64);
    floor_div(other: &Tensor);
    trunc_div(other: &Tensor);
    ldexp(exponent: &Tensor);
    heaviside(at_zero: &Tensor);
    round_decimals(decimals: i32);
    nan_to_num(nan: f64, infinity: f64, negative_infinity: f64);
    // Reductions and what runs along an axis.
    nansum_axes(axes: impl Into<Axes>);
    nanmean_axes(axes: impl Into<Axes>);
    vector_norm(p: f64);
    vector_norm_axes(p: f64, axes: impl Into<Axes>);
    vector_norm_keep(p: f64, axes: impl Into<Axes>);
    kth_value(k: usize, axis: isize) -> (Tensor, Tensor);
    max_with_place(axis: isize) -> (Tensor, Tensor);
    min_with_place(axis: isize) -> (Tensor, Tensor);
    median_with_place(axis: isize, ignore_nan: bool) -> (Tensor, Tensor);
    median();
    nanmedian();
    mode(axis: isize) -> (Tensor, Tensor);
    quantile(q: &Tensor, axis: isize, how: Interpolation, ignore_nan: bool);
    logcumsumexp(axis: isize);
    diff(n: usize, axis: isize);
    trapezoids(spacing: &Tensor, axis: isize);
    coordinate_gradient(places: &[f64], axis: isize, second_order: bool);
    // Shapes and indices.
    at(index: &[Option<Tensor>]);
    put_at(index: &[Option<Tensor>], source: &Tensor, add: bool);
    put(index: &Tensor, source: &Tensor, add: bool);
    take_along_axis(axis: isize, index: &Tensor);
    index_copy(axis: isize, index: &Tensor, source: &Tensor);
    index_fill(axis: isize, index: &Tensor, value: f64);
    masked_scatter(mask: &Tensor, source: &Tensor);
    scatter_reduce(axis: isize, index: &Tensor, source: &Tensor, how: ScatterReduce, include_self: bool);
    index_reduce(axis: isize, index: &Tensor, source: &Tensor, how: ScatterReduce, include_self: bool);
    slice_scatter(axis: isize, slice: impl Into<Slice>, source: &Tensor);
    select_scatter(axis: isize, place: isize, source: &Tensor);
    diagonal_scatter(offset: isize, axis1: isize, axis2: isize, source: &Tensor);
    repeat_interleave_each(times: &[usize], axis: isize);
    rot90(k: isize, axis1: isize, axis2: isize);
    as_strided(shape: impl Into<Shape>, strides: &[usize], offset: usize);
    pixel_shuffle(r: usize);
    pixel_unshuffle(r: usize);
    channel_shuffle(groups: usize);
    pad(sizes: &[(isize, (isize, isize))], padding: PaddingMode);
    embedding(index: &Tensor, padding: Option<i64>);
    embedding_bag(bags: &[Vec<i64>], how: Bag, weights: Option<&Tensor>, padding: Option<i64>)
        => |x| x.embedding_bag(bags, how, weights.map(|weights| x.lift(weights)), padding);
    // Products, distances, statistics.
    dot(other: &Tensor);
    outer(other: &Tensor);
    add_matmul(a: &Tensor, b: &Tensor, beta: f64, alpha: f64);
    tensordot(other: &Tensor, axes: [&[isize]; 2]);
    kron(other: &Tensor);
    cross(other: &Tensor, axis: isize);
    matrix_power(n: u32);
    matrix_exp();
    trace();
    bilinear(other: &Tensor, weight: &Tensor, bias: Option<&Tensor>)
        => |x| x.bilinear(other, weight, bias.map(|bias| x.lift(bias)));
    linear(weight: &Tensor, bias: Option<&Tensor>) => |x| x.linear(weight, bias.map(|bias| x.lift(bias)));
    normalize(p: f64, axis: isize, eps: f64);
    renorm(p: f64, axis: isize, most: f64);
    cdist(other: &Tensor, p: f64);
    pdist(p: f64);
    pairwise_distance(other: &Tensor, p: f64, eps: f64);
    cosine_similarity(other: &Tensor, axis: isize, eps: f64);
    cov(correction: f64);
    weighted_cov(correction: f64, times: Option<&Tensor>, reliability: Option<&Tensor>)
        => |x| x.weighted_cov(correction, times, reliability.map(|weights| x.lift(weights)));
    corrcoef();
    // Layers.
    lstm_cell(c: &Tensor) -> (Tensor, Tensor);
    lstm_sequence(
        weight_ih: &Tensor, weight_hh: &Tensor, bias: Option<&Tensor>, h: &Tensor, c: &Tensor, reverse: bool
    ) -> (Tensor, Tensor)
        => |x| x.lstm_sequence(weight_ih, weight_hh, bias.map(|bias| x.lift(bias)), h, c, reverse);
    gru_cell(state_gates: &Tensor, h: &Tensor);
    visible_softmax(seen: Option<&Tensor>);
    layer_norm(gamma: &Tensor, beta: &Tensor, eps: f64);
    standardize(trailing: usize, eps: f64);
    rms_norm(trailing: usize, eps: f64);
    scale_channels(gamma: Option<&Tensor>, beta: Option<&Tensor>)
        => |x| x.scale_channels(gamma.map(|gamma| x.lift(gamma)), beta.map(|beta| x.lift(beta)));
    group_norm(groups: usize, gamma: Option<&Tensor>, beta: Option<&Tensor>, eps: f64)
        => |x| x.group_norm(groups, gamma.map(|gamma| x.lift(gamma)), beta.map(|beta| x.lift(beta)), eps);
    channel_statistics() -> (Tensor, Tensor);
    batch_norm(mean: &Tensor, variance: &Tensor, eps: f64);
    batch_norm_with(mean: &Tensor, variance: &Tensor, gamma: Option<&Tensor>, beta: Option<&Tensor>, eps: f64)
        => |x| x.batch_norm_with(mean, variance, gamma.map(|gamma| x.lift(gamma)), beta.map(|beta| x.lift(beta)), eps);
    batch_norm_training(gamma: Option<&Tensor>, beta: Option<&Tensor>, eps: f64) -> (Tensor, Tensor, Tensor)
        => |x| x.batch_norm_training(gamma.map(|gamma| x.lift(gamma)), beta.map(|beta| x.lift(beta)), eps);
    local_response_norm(n: usize, alpha: f64, beta: f64, k: f64);
    conv(weight: &Tensor, bias: Option<&Tensor>, how: &ConvOptions)
        => |x| x.conv(weight, bias.map(|bias| x.lift(bias)), how);
    conv_transpose(weight: &Tensor, bias: Option<&Tensor>, how: &ConvOptions, output_padding: &[usize])
        => |x| x.conv_transpose(weight, bias.map(|bias| x.lift(bias)), how, output_padding);
    window_columns(kernel: &[usize], how: &ConvOptions);
    fold(output: &[usize], kernel: &[usize], how: &ConvOptions);
    along_axis(axis: isize, taps: Taps);
    avg_pool(pool: &Pool);
    adaptive_avg_pool(out: &[usize]);
    max_pool(pool: &Pool) -> (Tensor, Tensor);
    adaptive_max_pool(out: &[usize]) -> (Tensor, Tensor);
    fractional_max_pool(kernel: &[usize], out: &[usize], samples: &Tensor) -> (Tensor, Tensor);
    max_unpool(places: &Tensor, out: &[usize]);
    lp_pool(p: f64, pool: &Pool);
    resize(out: &[usize], how: Resize);
    resize_by(out: &[usize], steps: &[f64], how: Resize);
    grid_sample(places: &Tensor, how: Resize, outside: Outside, corners: bool);
    // Losses.
    mse(target: &Tensor);
    l1_loss(target: &Tensor);
    smooth_l1_loss(target: &Tensor);
    smooth_l1_loss_with(target: &Tensor, how: &HuberOptions);
    huber_loss(target: &Tensor);
    huber_loss_with(target: &Tensor, how: &HuberOptions);
    log_cosh_loss(target: &Tensor);
    focal_loss(target: &Tensor);
    focal_loss_with(target: &Tensor, how: &FocalOptions);
    focal_cross_entropy(labels: &Tensor);
    focal_cross_entropy_with(labels: &Tensor, how: &FocalCrossEntropyOptions);
    dice_loss(target: &Tensor);
    dice_loss_with(target: &Tensor, how: &DiceOptions);
    info_nce(keys: &Tensor);
    cross_entropy(labels: &Tensor);
    cross_entropy_with(labels: &Tensor, how: &CrossEntropyOptions);
    soft_cross_entropy(target: &Tensor);
    soft_cross_entropy_with(target: &Tensor, how: &SoftCrossEntropyOptions);
    nll_loss(labels: &Tensor);
    nll_loss_with(labels: &Tensor, how: &NllOptions);
    ctc_loss(labels: &[Vec<i64>], lengths: &[usize]);
    ctc_loss_with(labels: &[Vec<i64>], lengths: &[usize], how: &CtcOptions);
    binary_cross_entropy(target: &Tensor);
    binary_cross_entropy_with_logits(target: &Tensor);
    kl_div(target: &Tensor);
    kl_div_with(target: &Tensor, how: &KlDivOptions);
    poisson_nll_loss(target: &Tensor);
    poisson_nll_loss_with(target: &Tensor, how: &PoissonNllOptions);
    gaussian_nll_loss(target: &Tensor, variance: &Tensor);
    gaussian_nll_loss_with(target: &Tensor, variance: &Tensor, how: &GaussianNllOptions);
    soft_margin_loss(target: &Tensor);
    hinge_embedding_loss(target: &Tensor);
    hinge_embedding_loss_with(target: &Tensor, how: &HingeOptions);
    margin_ranking_loss(other: &Tensor, target: &Tensor);
    margin_ranking_loss_with(other: &Tensor, target: &Tensor, how: &MarginOptions);
    cosine_embedding_loss(other: &Tensor, target: &Tensor);
    cosine_embedding_loss_with(other: &Tensor, target: &Tensor, how: &MarginOptions);
    triplet_margin_loss(positive: &Tensor, negative: &Tensor);
    triplet_margin_loss_with(positive: &Tensor, negative: &Tensor, how: &TripletOptions);
    multilabel_soft_margin_loss(target: &Tensor);
    multi_margin_loss(labels: &Tensor);
    multi_margin_loss_with(labels: &Tensor, how: &MultiMarginOptions);
    multilabel_margin_loss(labels: &Tensor);
    // Linear algebra.
    #[cfg(feature = "linalg")]
    cholesky();
    #[cfg(feature = "linalg")]
    cholesky_solve(factor: &Tensor, upper: bool);
    #[cfg(feature = "linalg")]
    qr() -> (Tensor, Tensor);
    #[cfg(feature = "linalg")]
    householder_product(tau: &Tensor);
    #[cfg(feature = "linalg")]
    inverse();
    #[cfg(feature = "linalg")]
    solve(b: &Tensor);
    #[cfg(feature = "linalg")]
    solve_triangular(b: &Tensor, upper: bool, unit: bool);
    #[cfg(feature = "linalg")]
    det();
    #[cfg(feature = "linalg")]
    slogdet() -> (Tensor, Tensor);
    #[cfg(feature = "linalg")]
    logdet();
    #[cfg(feature = "linalg")]
    pinv(cut: f64);
    #[cfg(feature = "linalg")]
    pinv_symmetric(cut: f64);
    #[cfg(feature = "linalg")]
    least_squares(b: &Tensor);
    #[cfg(feature = "linalg")]
    eigh() -> (Tensor, Tensor) => |x| {
        let eigen = x.eigh();
        (eigen.values, eigen.vectors)
    };
    #[cfg(feature = "linalg")]
    svd() -> (Tensor, Tensor, Tensor) => |x| {
        let svd = x.svd();
        (svd.u, svd.s, svd.v)
    };
    #[cfg(feature = "linalg")]
    singular_values();
    #[cfg(feature = "linalg")]
    matrix_norm(which: MatrixNorm);
    #[cfg(feature = "linalg")]
    cond(which: MatrixNorm);
}
