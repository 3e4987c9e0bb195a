//! Convolutions over one to three spatial axes, transposed ones, and windows as columns.
//!
//! Convolution is bilinear, and it and its two slopes are one trilinear form `$\sum g \cdot (x * w)$`: three operations,
//! each a rule of the others, so every order of derivative is as fast as the first.

use gradus_tensor::conv::{self, Window, spatial};
use gradus_tensor::{Shape, Tensor};

use crate::op::{Backward, Op};
use crate::ops::elementwise::operators::{Operand, promoted_with};
use crate::ops::expect;
use crate::var::Var;

/// Which argument of the trilinear form the operation is the slope in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slope {
    /// (x, w) → y, or (x, w, b) → y.
    Output,
    /// (w, g) → x.
    Input,
    /// (x, g) → w.
    Weight,
}

#[derive(Debug, Clone, Copy)]
struct Conv {
    slope: Slope,
    window: Window,
    groups: usize,
}

impl Conv {
    fn of<'t>(self, slope: Slope, a: Var<'t>, b: Var<'t>) -> Var<'t> {
        a.tape().apply(Self { slope, ..self }, &[a, b])
    }
}

impl Op for Conv {
    fn name(&self) -> &'static str {
        match self.slope {
            Slope::Output => "conv",
            Slope::Input => "conv_input",
            Slope::Weight => "conv_weight",
        }
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        match self.slope {
            Slope::Output => conv::conv(&x[0], &x[1], x.get(2), &self.window, self.groups),
            Slope::Input => conv::conv_input(&x[0], &x[1], &self.window, self.groups),
            Slope::Weight => conv::conv_weight(&x[0], &x[1], &self.window, self.groups),
        }
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let (a, b, d) = (step.x(0), step.x(1), step.dy());
        let (first, second) = match self.slope {
            Slope::Output => ((Slope::Input, b, d), (Slope::Weight, a, d)),
            Slope::Input => ((Slope::Weight, d, b), (Slope::Output, d, a)),
            Slope::Weight => ((Slope::Input, d, b), (Slope::Output, a, d)),
        };
        for (i, (slope, a, b)) in [first, second].into_iter().enumerate() {
            if step.needs(i) {
                step.give(i, self.of(slope, a, b));
            }
        }
        if step.inputs() > 2 && step.needs(2) {
            step.give(2, channel_sums(d));
        }
    }
    fn words(&self) -> &'static str {
        match self.slope {
            Slope::Output => {
                "windows of x times a kernel: x gets ȳ back through the kernel, the kernel gets the windows of x times ȳ, a bias the \
                 sums of ȳ's channels"
            }
            Slope::Input => {
                "g back through a kernel: the kernel gets the windows of ȳ times g, g gets the windows of ȳ times the kernel"
            }
            Slope::Weight => "windows of x times g: x gets g back through ȳ, g gets the windows of x times ȳ",
        }
    }
}

/// The sum of each channel of `[N, C, …]`.
fn channel_sums(d: Var<'_>) -> Var<'_> {
    let shape = d.shape();
    let places: usize = shape[2..].iter().product();
    d.reshape([shape[0], shape[1], places]).sum_axes(-1).sum_axes(0)
}

/// Windows as columns, or back: each is the other's rule.
#[derive(Debug, Clone, Copy)]
struct Columns {
    window: Window,
    back: bool,
}

impl Op for Columns {
    fn name(&self) -> &'static str {
        if self.back { "fold" } else { "columns" }
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        if self.back { conv::from_windows(&x[0], &self.window) } else { conv::columns(&x[0], &self.window) }
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let op = Self { back: !self.back, ..*self };
        step.give(0, step.tape().apply(op, &[step.dy()]));
    }
    fn words(&self) -> &'static str {
        if self.back {
            "columns added up as windows: each column gets its window of ȳ"
        } else {
            "windows as columns: each element gets the sum of its ȳ in all windows"
        }
    }
}

/// The options of convolutions, of [`Var::window_columns`] and of [`Var::fold`]: for each list one number for each spatial
/// axis, or one for all.
///
/// ```
/// use gradus_autograd::{Tape, ops::ConvOptions};
/// use gradus_tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.var(Tensor::ones([1, 1, 6, 6]));
/// let weight = Tensor::ones([1, 1, 3, 3]);
/// let y = x.conv(&weight, None, &ConvOptions { stride: vec![2], padding: vec![1], ..ConvOptions::default() });
/// assert_eq!(y.value().to_vec::<f32>(), [4.0, 6.0, 6.0, 6.0, 9.0, 9.0, 6.0, 9.0, 9.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvOptions {
    /// Steps between windows.
    pub stride: Vec<usize>,
    /// Zeros in front of and behind each axis.
    pub padding: Vec<usize>,
    /// Steps inside a window.
    pub dilation: Vec<usize>,
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self { stride: vec![1], padding: vec![0], dilation: vec![1], groups: 1 }
    }
}

/// A number for each of `rank` axes, from a list of one or of all.
#[track_caller]
pub(crate) fn each(op: &str, list: &[usize], rank: usize) -> Vec<usize> {
    match list {
        [one] => vec![*one; rank],
        all if all.len() == rank => all.to_vec(),
        other => panic!("{op}: {other:?} has {} numbers for {rank} spatial axes", other.len()),
    }
}

impl ConvOptions {
    #[track_caller]
    fn window(&self, op: &str, input: &[usize], kernel: &[usize]) -> Window {
        let rank = input.len();
        assert!((1..=3).contains(&rank), "{op}: one to three spatial axes, got {rank}");
        assert!(kernel.len() == rank, "{op}: a kernel of {kernel:?} for spatial axes {input:?}");
        let window = Window {
            rank,
            input: spatial(input, 1),
            kernel: spatial(kernel, 1),
            stride: spatial(&each(op, &self.stride, rank), 1),
            padding: spatial(&each(op, &self.padding, rank), 0),
            dilation: spatial(&each(op, &self.dilation, rank), 1),
        };
        window.check(op, input, kernel);
        window
    }
}

#[track_caller]
fn check_bias(op: &str, channels: usize, bias: Var<'_>) {
    let shape = bias.shape();
    assert!(shape == [channels], "{op}: {channels} channels need a bias of shape [{channels}], got {shape}");
}

/// Adds a bias to the channels of `[N, C, …]`.
#[track_caller]
fn with_bias<'t>(op: &str, y: Var<'t>, bias: Option<Var<'t>>) -> Var<'t> {
    let Some(bias) = bias else { return y };
    let shape = y.shape();
    check_bias(op, shape[1], bias);
    let mut sizes = vec![1; shape.len() - 1];
    sizes[0] = shape[1];
    y + bias.reshape(sizes)
}

/// The spatial sizes of a transposed convolution.
#[track_caller]
fn transposed_sizes(x: &Shape, w: &Shape, how: &ConvOptions, more: &[usize]) -> Vec<usize> {
    const OP: &str = "conv_transpose";
    let of = |list: &[usize]| each(OP, list, more.len());
    let (stride, padding, dilation) = (of(&how.stride), of(&how.padding), of(&how.dilation));
    let mut sizes = vec![];
    for a in 0..more.len() {
        let (n, k, limit) = (x[2 + a], w[2 + a], stride[a].max(dilation[a]));
        assert!(n > 0 && k > 0, "{OP}: input {x}, weight {w}: spatial axis {a} is empty");
        assert!(
            more[a] < limit,
            "{OP}: output padding {} of spatial axis {a} must be below the larger of stride and dilation, {limit}",
            more[a]
        );
        let reach = (n - 1).saturating_mul(stride[a]).saturating_add((k - 1).saturating_mul(dilation[a]));
        let full = reach.saturating_add(1 + more[a]);
        let size = full.saturating_sub(padding[a].saturating_mul(2));
        assert!(
            size > 0,
            "{OP}: input {x}, weight {w}: padding {} of spatial axis {a} leaves nothing of {full} places",
            padding[a]
        );
        sizes.push(size);
    }
    sizes
}

/// # Convolutions
impl<'t> Var<'t> {
    /// Convolution (cross-correlation, as in all frameworks) over one to three spatial axes,
    /// `$y_{nop} = b_o + \sum_{ck} w_{ock}\, x_{n c,\, p s + k d - q}$` with stride s, dilation d, padding q: x
    /// is `[N, C, …]`, the weight `[O, C / groups, …]`, the bias `[O]`, the result `[N, O, …]` with spatial
    /// sizes `$\lfloor (n + 2q - d(k - 1) - 1)/s \rfloor + 1$`.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_autograd::ops::ConvOptions;
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let image = tape.var(Tensor::from([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]));
    /// let edge = tape.var(Tensor::from([[[[-1.0, 1.0]]]]));
    /// let y = image.conv(edge, None, &ConvOptions::default());
    /// assert_eq!(y.value().to_f64_vec(), [1.0, 1.0, 1.0, 1.0]);
    /// let strided = ConvOptions { stride: vec![1, 2], padding: vec![0, 1], ..ConvOptions::default() };
    /// assert_eq!(image.conv(edge, None, &strided).shape()[..], [1, 1, 2, 2]);
    /// ```
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[doc(alias = "conv1d")]
    #[doc(alias = "conv2d")]
    #[doc(alias = "conv3d")]
    #[track_caller]
    pub fn conv(self, weight: impl Operand<'t>, bias: Option<Self>, how: &ConvOptions) -> Self {
        let ([input, weight], [bias]) = promoted_with([self, self.lift(weight)], [bias]);
        let (x, w) = (self.shape(), weight.shape());
        assert!((3..=5).contains(&x.len()), "conv: the input must be [N, C, 1 to 3 spatial axes], got {x}");
        let groups = how.groups;
        assert!(groups > 0, "conv: groups is 0; it must be at least 1");
        let fits =
            w.len() == x.len() && w[1].checked_mul(groups) == Some(x[1]) && w[0].is_multiple_of(groups);
        assert!(
            fits,
            "conv: input {x}, weight {w}, {groups} groups: the weight must be [out, {} / {groups}, …], out a multiple of \
             {groups}",
            x[1]
        );
        let window = how.window("conv", &x[2..], &w[2..]);
        let op = Conv { slope: Slope::Output, window, groups };
        let Some(bias) = bias else { return self.tape().apply(op, &[input, weight]) };
        check_bias("conv", w[0], bias);
        self.tape().apply(op, &[input, weight, bias])
    }

    /// The transposed convolution: the slope of [`Self::conv`] in its input. x is `[N, C, …]`, the weight
    /// `[C, O / groups, …]`, the bias `[O]`, the result `[N, O, …]` with spatial sizes
    /// `$(n - 1) s - 2q + d(k - 1) + 1 + e$`, e being `output_padding`: places added behind each spatial axis, fewer than
    /// the stride or the dilation.
    ///
    /// # Panics
    /// If the sizes do not fit.
    #[doc(alias = "conv_transpose1d")]
    #[doc(alias = "conv_transpose2d")]
    #[doc(alias = "conv_transpose3d")]
    #[doc(alias = "deconvolution")]
    #[track_caller]
    pub fn conv_transpose(
        self,
        weight: impl Operand<'t>,
        bias: Option<Self>,
        how: &ConvOptions,
        output_padding: &[usize],
    ) -> Self {
        let ([input, weight], [bias]) = promoted_with([self, self.lift(weight)], [bias]);
        let (x, w) = (self.shape(), weight.shape());
        assert!(
            (3..=5).contains(&x.len()),
            "conv_transpose: the input must be [N, C, 1 to 3 spatial axes], got {x}"
        );
        let groups = how.groups;
        assert!(groups > 0, "conv_transpose: groups is 0; it must be at least 1");
        let fits = w.len() == x.len() && w[0] == x[1] && x[1].is_multiple_of(groups);
        assert!(
            fits,
            "conv_transpose: input {x}, weight {w}, {groups} groups: the weight must be [{}, out / groups, …]",
            x[1]
        );
        let rank = x.len() - 2;
        let more = each("conv_transpose", output_padding, rank);
        let window = how.window("conv_transpose", &transposed_sizes(&x, &w, how, &more), &w[2..]);
        // Output padding of a stride and more (below the dilation) makes room for windows that x has no element for: zeros.
        let room = &window.output()[3 - rank..];
        let behind = room.iter().zip(&x[2..]).map(|(&m, &n)| (0, m - n));
        let x = input.pad_constant(&[(0, 0); 2].into_iter().chain(behind).collect::<Vec<_>>(), 0.0);
        let y = self.tape().apply(Conv { slope: Slope::Input, window, groups }, &[weight, x]);
        with_bias("conv_transpose", y, bias)
    }

    /// The windows of `[N, C, …]` as columns: `[N, C · kernel, places]`, as many places as a convolution has
    /// results.
    ///
    /// # Panics
    /// If a window does not fit.
    #[doc(alias = "im2col")]
    #[track_caller]
    pub fn window_columns(self, kernel: &[usize], how: &ConvOptions) -> Self {
        expect::floats("window_columns", self.dtype());
        let x = self.shape();
        assert!(
            (3..=5).contains(&x.len()),
            "window_columns: the input must be [N, C, 1 to 3 spatial axes], got {x}"
        );
        let window = how.window("window_columns", &x[2..], &each("window_columns", kernel, x.len() - 2));
        self.tape().apply(Columns { window, back: false }, &[self])
    }

    /// Columns added up at the places of their windows: the transpose of [`Self::window_columns`], to `[N, C, …]` with
    /// the spatial sizes `output`.
    ///
    /// # Panics
    /// If the number of columns is not the number of windows.
    #[doc(alias = "col2im")]
    #[track_caller]
    pub fn fold(self, output: &[usize], kernel: &[usize], how: &ConvOptions) -> Self {
        expect::floats("fold", self.dtype());
        let window = how.window("fold", output, &each("fold", kernel, output.len()));
        let (places, x) = (window.output().iter().product::<usize>(), self.shape());
        let taps = gradus_tensor::checked_product("fold", &window.kernel);
        assert!(
            x.len() == 3 && x[2] == places && x[1].is_multiple_of(taps),
            "fold: the columns {x} must be [N, C · {taps}, {places}] for sizes {output:?} and kernel {kernel:?}"
        );
        self.tape().apply(Columns { window, back: true }, &[self])
    }
}
