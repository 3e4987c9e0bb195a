//! Convolutions over one to three spatial axes, transposed ones, and windows as columns.
//!
//! Convolution is bilinear, and it and its two slopes are one trilinear form `$\sum g \cdot (x * w)$`: three operations,
//! each a rule of the others, so every order of derivative is as fast as the first.

mod options;

use gradus_tensor::conv::{self, Window};
use gradus_tensor::{Shape, Tensor};

use crate::op::{Backward, Form, Op};
use crate::ops::elementwise::operators::{Operand, promoted_with};
use crate::ops::expect;
use crate::ops::pad::PaddingMode;
use crate::var::Var;

pub(crate) use options::each;
pub use options::{ConvOptions, Padding};

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
    fn form(&self) -> Form {
        Form::Product
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
    fn form(&self) -> Form {
        Form::Linear
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

/// A value inside what stands around it, and the zeros that the kernels put there themselves.
#[track_caller]
fn padded<'t>(x: Var<'t>, how: &ConvOptions, kernel: &[usize]) -> (Var<'t>, Vec<usize>) {
    let frame = how.frame("conv", kernel);
    if how.padding_mode == PaddingMode::Zeros && frame.iter().all(|(before, behind)| before == behind) {
        return (x, frame.into_iter().map(|(before, _)| before).collect());
    }
    let (rank, shape) = (kernel.len(), x.shape());
    for (a, &(before, behind)) in frame.iter().enumerate() {
        let (size, most) = (shape[a + 2], before.max(behind));
        let room = match how.padding_mode {
            PaddingMode::Reflect => size.saturating_sub(1),
            PaddingMode::Circular => size,
            _ => usize::MAX / 16,
        };
        assert!(
            most <= room && (size > 0 || most == 0),
            "conv: padding {most} of spatial axis {a} of {size} with padding_mode {:?}; at most {room}",
            how.padding_mode
        );
    }
    let sizes = frame.iter().enumerate().map(|(a, &(p, q))| (a as isize + 2, (p as isize, q as isize)));
    (x.pad(&sizes.collect::<Vec<_>>(), how.padding_mode), vec![0; rank])
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
    let (stride, padding, dilation) = (of(&how.stride), of(how.plain_padding(OP)), of(&how.dilation));
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
    /// let strided = ConvOptions { stride: vec![1, 2], padding: [0, 1].into(), ..ConvOptions::default() };
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
        self.check_more("conv", [bias]);
        let ([input, weight], [bias]) = promoted_with([self, self.operand("conv", weight)], [bias]);
        let (x, w) = (self.shape(), weight.shape());
        assert!((3..=5).contains(&x.len()), "conv: the input must be [N, C, 1 to 3 spatial axes], got {x}");
        let groups = how.groups;
        assert!(groups > 0, "conv: groups is 0; it must be at least 1");
        if w.len() == x.len() && w[0].is_multiple_of(groups) {
            let channels = w[1].saturating_mul(groups);
            assert!(
                x[1] == channels,
                "conv: the input {x} has {} channels, and the weight {w} with {groups} groups takes {channels}",
                x[1]
            );
        }
        let fits =
            w.len() == x.len() && w[1].checked_mul(groups) == Some(x[1]) && w[0].is_multiple_of(groups);
        assert!(
            fits,
            "conv: input {x}, weight {w}, {groups} groups: the weight must be [out, {} / {groups}, …], out a multiple of \
             {groups}",
            x[1]
        );
        let (input, padding) = padded(input, how, &w[2..]);
        let window = how.window("conv", &input.shape()[2..], &w[2..], &padding);
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
        self.check_more("conv_transpose", [bias]);
        let ([input, weight], [bias]) = promoted_with([self, self.operand("conv_transpose", weight)], [bias]);
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
        let sizes = transposed_sizes(&x, &w, how, &more);
        let window = how.window("conv_transpose", &sizes, &w[2..], how.plain_padding("conv_transpose"));
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
        how.no_groups("window_columns");
        let kernel = each("window_columns", kernel, x.len() - 2);
        let window = how.window("window_columns", &x[2..], &kernel, how.plain_padding("window_columns"));
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
        how.no_groups("fold");
        let sizes = each("fold", kernel, output.len());
        let window = how.window("fold", output, &sizes, how.plain_padding("fold"));
        let (places, x) = (window.output().iter().product::<usize>(), self.shape());
        let taps = gradus_tensor::checked_product("fold", &window.kernel);
        assert!(
            x.len() == 3 && x[2] == places && x[1].is_multiple_of(taps),
            "fold: the columns {x} must be [N, C · {taps}, {places}] for sizes {output:?} and kernel {kernel:?}"
        );
        self.tape().apply(Columns { window, back: true }, &[self])
    }
}
