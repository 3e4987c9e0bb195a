//! Padding: with a number, or with the value itself reflected, repeated at the edge, or wrapped around.

use gradus_tensor::{Tensor, axis_index};

use crate::op::{Backward, Form, Op};
use crate::var::Var;

/// What stands outside the edges.
///
/// ```
/// use gradus_autograd::{Tape, ops::PaddingMode};
/// let tape = Tape::new();
/// let x = tape.var([1.0, 2.0, 3.0]);
/// let padded = |mode| x.pad(&[(0, (2, 1))], mode).value().to_f64_vec();
/// assert_eq!(padded(PaddingMode::Reflect), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
/// assert_eq!(padded(PaddingMode::Replicate), [1.0, 1.0, 1.0, 2.0, 3.0, 3.0]);
/// assert_eq!(padded(PaddingMode::Circular), [2.0, 3.0, 1.0, 2.0, 3.0, 1.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum PaddingMode {
    /// Zeros.
    #[default]
    Zeros,
    /// A number.
    Constant(f64),
    /// The mirror image, without the edge itself.
    Reflect,
    /// The element at the edge.
    Replicate,
    /// The other end.
    Circular,
}

/// A frame of a number around the value; rule: the frame is cut off.
#[derive(Debug)]
struct Pad {
    sizes: Vec<(usize, usize)>,
    value: f64,
}

impl Op for Pad {
    fn name(&self) -> &'static str {
        "pad"
    }
    fn form(&self) -> Form {
        if self.value == 0.0 { Form::Linear } else { Form::Affine }
    }
    fn forward(&self, x: &[Tensor]) -> Tensor {
        x[0].pad_constant(&self.sizes, self.value)
    }
    fn backward<'t>(&self, step: &mut Backward<'t>) {
        let shape = step.shape(0);
        let mut dx = step.dy();
        for (axis, &(before, _)) in self.sizes.iter().enumerate() {
            dx = dx.narrow(axis as isize, before, shape[axis]);
        }
        step.give(0, dx);
    }
    fn words(&self) -> &'static str {
        "x inside a border: ȳ without the border"
    }
}

/// # Padding
impl<'t> Var<'t> {
    /// A frame of `value` around all axes: `sizes` holds for each axis the places before and after it. The
    /// gradient is cut out of the frame.
    ///
    /// # Panics
    /// If there is not one pair for each axis.
    #[track_caller]
    pub fn pad_constant(self, sizes: &[(usize, usize)], value: f64) -> Self {
        let shape = self.shape();
        assert!(
            sizes.len() == shape.len(),
            "pad_constant: {} pairs for {shape}, which has {} axes",
            sizes.len(),
            shape.len()
        );
        if sizes.iter().all(|&s| s == (0, 0)) {
            return self;
        }
        self.tape().apply(Pad { sizes: sizes.to_vec(), value }, &[self])
    }

    /// Places before and after each of some axes, filled as `padding` says; negative numbers cut places off.
    /// Axis a of size n becomes `before + n + after`.
    ///
    /// # Panics
    /// If an axis is out of range, more is cut than there is, or a reflection is longer than the axis.
    #[track_caller]
    pub fn pad(self, sizes: &[(isize, (isize, isize))], padding: PaddingMode) -> Self {
        let number = match padding {
            PaddingMode::Zeros => Some(0.0),
            PaddingMode::Constant(c) => Some(c),
            _ => None,
        };
        let Some(number) = number else {
            let mut y = self;
            for &(axis, size) in sizes {
                y = y.pad_by_index(axis, size, padding);
            }
            return y;
        };
        let mut y = self;
        let mut frame = vec![(0, 0); self.rank()];
        for &(axis, (before, after)) in sizes {
            let at = axis_index("pad", axis, &y.shape());
            let (cut_front, cut_back) = (before.min(0).unsigned_abs(), after.min(0).unsigned_abs());
            let size = y.shape()[at];
            assert!(
                cut_front.saturating_add(cut_back) <= size,
                "pad: {before} and {after} on axis {axis} of {}, of size {size}: more is cut off than there is",
                y.shape()
            );
            y = y.narrow(at as isize, cut_front, size - cut_front - cut_back);
            frame[at] = (before.max(0).unsigned_abs(), after.max(0).unsigned_abs());
        }
        y.pad_constant(&frame, number)
    }

    #[track_caller]
    fn pad_by_index(self, axis: isize, (before, after): (isize, isize), padding: PaddingMode) -> Self {
        let shape = self.shape();
        let at = axis_index("pad", axis, &shape);
        let n = shape[at] as isize;
        let new = before.checked_add(n).and_then(|sum| sum.checked_add(after));
        assert!(
            new.is_some_and(|new| new >= 0 && new as usize <= isize::MAX as usize / 8),
            "pad: {before} and {after} on axis {axis} of {shape}, of size {n}"
        );
        if padding == PaddingMode::Circular && before.min(after) < 0 {
            // What is cut off does not come back at the other end.
            let inner = self.pad(&[(at as isize, (before.min(0), after.min(0)))], PaddingMode::Zeros);
            return inner.pad_by_index(axis, (before.max(0), after.max(0)), padding);
        }
        let longest = before.max(after);
        let room = if padding == PaddingMode::Reflect { n - 1 } else { n };
        let fits = padding == PaddingMode::Replicate || longest <= room;
        assert!(
            longest <= 0 || fits && n > 0,
            "pad: {padding:?} by {longest} on axis {axis} of {shape}, of size {n}; at most {room}"
        );
        let place = |i: isize| match padding {
            PaddingMode::Reflect if i < 0 => -i,
            PaddingMode::Reflect if i >= n => 2 * (n - 1) - i,
            PaddingMode::Circular => i.rem_euclid(n),
            _ => i.clamp(0, n - 1),
        };
        let places: Vec<i64> = (-before..n + after).map(|i| place(i) as i64).collect();
        let count = places.len();
        self.index_select(at as isize, &Tensor::from_vec(places, count))
    }
}
