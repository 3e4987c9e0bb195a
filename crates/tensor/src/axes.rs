//! Lists of axes, as reductions and flips take them: `0`, `-1`, `[0, 2]`, or `()` for all.

use smallvec::SmallVec;

use crate::layout::axis_index;
use crate::shape::MAX_RANK;

/// A list of axes; each may count from the end (-1 is the last).
///
/// Made from `1`, `[0, -1]`, `&[0, 2]`, a `Vec<isize>`, or `()`, which stands for all axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axes(Option<SmallVec<[isize; MAX_RANK]>>);

impl Axes {
    /// The axes as indices into `shape`, in the order given.
    ///
    /// # Panics
    /// If one is out of range or named twice; the message names `op`.
    #[track_caller]
    pub fn resolve(&self, op: &str, shape: &[usize]) -> SmallVec<[usize; MAX_RANK]> {
        let Some(list) = &self.0 else { return (0..shape.len()).collect() };
        let mut out = SmallVec::new();
        for &axis in list {
            let index = axis_index(op, axis, shape);
            assert!(
                !out.contains(&index),
                "{op}: axis {axis} is named twice in {:?} for {shape:?}",
                &list[..]
            );
            out.push(index);
        }
        out
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Self(Some(smallvec::smallvec![axis]))
    }
}
impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Self(Some(SmallVec::from_slice(&axes)))
    }
}
impl<const N: usize> From<&[isize; N]> for Axes {
    fn from(axes: &[isize; N]) -> Self {
        Self(Some(SmallVec::from_slice(axes)))
    }
}
impl From<&[isize]> for Axes {
    fn from(axes: &[isize]) -> Self {
        Self(Some(SmallVec::from_slice(axes)))
    }
}
impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Self(Some(SmallVec::from_vec(axes)))
    }
}
impl From<()> for Axes {
    fn from((): ()) -> Self {
        Self(None)
    }
}
impl From<&Self> for Axes {
    fn from(axes: &Self) -> Self {
        axes.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_count_from_both_ends() {
        assert_eq!(Axes::from([-1, 0]).resolve("op", &[2, 3, 4])[..], [2, 0]);
        assert_eq!(Axes::from(()).resolve("op", &[2, 3])[..], [0, 1]);
        assert!(Axes::from([]).resolve("op", &[2, 3]).is_empty());
    }

    #[test]
    #[should_panic(expected = "sum: axis -1 is named twice in [1, -1] for [2, 3]")]
    fn an_axis_named_twice() {
        Axes::from([1, -1]).resolve("sum", &[2, 3]);
    }

    #[test]
    #[should_panic(expected = "sum: axis 2 is out of range for [2, 3], which has axes -2 to 1")]
    fn an_axis_out_of_range() {
        Axes::from(2).resolve("sum", &[2, 3]);
    }
}
