//! The options of convolutions.

use gradus_tensor::conv::{Window, spatial};

use crate::ops::pad::PaddingMode;

/// How many places a convolution adds around its input.
///
/// ```
/// use gradus_autograd::ops::Padding;
/// assert_eq!(Padding::from(1), Padding::Sizes(vec![1]));
/// assert_eq!(Padding::from([1, 0]), Padding::Sizes(vec![1, 0]));
/// assert_eq!(Padding::default(), Padding::Valid);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Padding {
    /// None.
    #[default]
    Valid,
    /// As many in front of as behind each spatial axis; one number for all or one for each.
    Sizes(Vec<usize>),
    /// So many that the sizes stay, `$d(k - 1)$` along an axis with kernel k and dilation d; of an odd number one more
    /// behind. The stride must be 1.
    Same,
}

impl From<usize> for Padding {
    fn from(size: usize) -> Self {
        Self::Sizes(vec![size])
    }
}

impl<const N: usize> From<[usize; N]> for Padding {
    fn from(sizes: [usize; N]) -> Self {
        Self::Sizes(sizes.into())
    }
}

impl From<Vec<usize>> for Padding {
    fn from(sizes: Vec<usize>) -> Self {
        Self::Sizes(sizes)
    }
}

/// The options of convolutions, of [`Var::window_columns`](crate::Var::window_columns) and of
/// [`Var::fold`](crate::Var::fold): for each list one number for each spatial
/// axis, or one for all.
///
/// ```
/// use gradus_autograd::{Tape, ops::{ConvOptions, Padding, PaddingMode}};
/// use gradus_tensor::Tensor;
///
/// let tape = Tape::new();
/// let x = tape.var(Tensor::ones([1, 1, 6, 6]));
/// let weight = Tensor::ones([1, 1, 3, 3]);
/// let y = x.conv(&weight, None, &ConvOptions { stride: vec![2], padding: 1.into(), ..ConvOptions::default() });
/// assert_eq!(y.value().to_vec::<f32>(), [4.0, 6.0, 6.0, 6.0, 9.0, 9.0, 6.0, 9.0, 9.0]);
///
/// let same = ConvOptions { padding: Padding::Same, padding_mode: PaddingMode::Circular, ..ConvOptions::default() };
/// assert_eq!(x.conv(&weight, None, &same).value(), Tensor::full([1, 1, 6, 6], 9.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConvOptions {
    /// Steps between windows.
    pub stride: Vec<usize>,
    /// Places in front of and behind each axis.
    pub padding: Padding,
    /// Steps inside a window.
    pub dilation: Vec<usize>,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// What stands in these places.
    pub padding_mode: PaddingMode,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self {
            stride: vec![1],
            padding: Padding::Valid,
            dilation: vec![1],
            groups: 1,
            padding_mode: PaddingMode::Zeros,
        }
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
    pub(super) fn window(&self, op: &str, input: &[usize], kernel: &[usize], padding: &[usize]) -> Window {
        let rank = input.len();
        assert!((1..=3).contains(&rank), "{op}: one to three spatial axes, got {rank}");
        assert!(kernel.len() == rank, "{op}: a kernel of {kernel:?} for spatial axes {input:?}");
        let window = Window {
            rank,
            input: spatial(input, 1),
            kernel: spatial(kernel, 1),
            stride: spatial(&each(op, &self.stride, rank), 1),
            padding: spatial(&each(op, padding, rank), 0),
            dilation: spatial(&each(op, &self.dilation, rank), 1),
        };
        window.check(op, input, kernel);
        window
    }

    /// The places in front of and behind each spatial axis.
    #[track_caller]
    pub(super) fn frame(&self, op: &str, kernel: &[usize]) -> Vec<(usize, usize)> {
        let rank = kernel.len();
        match &self.padding {
            Padding::Valid => vec![(0, 0); rank],
            Padding::Sizes(sizes) => each(op, sizes, rank).into_iter().map(|q| (q, q)).collect(),
            Padding::Same => {
                assert!(
                    self.stride.iter().all(|&s| s == 1),
                    "{op}: padding Same keeps the sizes with a stride of 1 alone, got {:?}",
                    self.stride
                );
                let reach = each(op, &self.dilation, rank).into_iter().zip(kernel);
                let whole = reach.map(|(d, &k)| d.saturating_mul(k.saturating_sub(1)));
                whole.map(|whole| (whole / 2, whole - whole / 2)).collect()
            }
        }
    }

    /// The padding of an operation that knows zeros of one number for both sides.
    #[track_caller]
    pub(super) fn plain_padding(&self, op: &str) -> &[usize] {
        assert!(
            self.padding_mode == PaddingMode::Zeros,
            "{op}: padding_mode {:?}; only conv pads with anything but zeros",
            self.padding_mode
        );
        match &self.padding {
            Padding::Valid => &[0],
            Padding::Sizes(sizes) => sizes,
            Padding::Same => panic!("{op}: padding Same is for conv alone; give sizes"),
        }
    }

    /// Panics if there are groups where there are none.
    #[track_caller]
    pub(super) fn no_groups(&self, op: &str) {
        assert!(self.groups == 1, "{op}: groups is {}; windows as columns have no groups", self.groups);
    }
}
