//! Where the elements of a tensor lie. Loops over layouts stand in `strided`.
//!
//! A [`Layout`] says where the element with indices `i, j, …` lies: at `offset + i·strides[0] + j·strides[1] + …`. A
//! stride of zero repeats an element (expand), a negative one walks backwards (flip). Both are small arrays inside the
//! struct, so copying a layout allocates nothing.

use crate::shape::{MAX_RANK, Shape};

/// Where the elements of a tensor lie in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Sizes of the axes.
    pub shape: Shape,
    /// Steps of the axes, in elements; those behind the rank are zero.
    pub strides: [isize; MAX_RANK],
    /// Place of the first element.
    pub offset: usize,
}

impl Layout {
    /// Row-major from the start of a buffer.
    #[track_caller]
    pub fn contiguous(shape: Shape) -> Self {
        Self { shape, strides: shape.strides(), offset: 0 }
    }

    /// Whether the elements lie one behind the other in row-major order (axes of size 1 do not count).
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1;
        for axis in (0..self.shape.len()).rev() {
            let size = self.shape[axis];
            if size != 1 {
                if self.strides[axis] != step {
                    return self.shape.contains(&0);
                }
                step *= size as isize;
            }
        }
        true
    }

    /// This layout repeated along new or size-1 axes, with stride zero, up to `shape`; `None` if it does not fit.
    ///
    /// # Panics
    /// If no tensor can have this shape (see [`Shape::checked`]).
    #[track_caller]
    pub fn expand(&self, shape: Shape) -> Option<Self> {
        if shape.len() < self.shape.len() {
            return None;
        }
        let new = shape.len() - self.shape.len();
        let mut strides = [0; MAX_RANK];
        for axis in 0..self.shape.len() {
            let size = self.shape[axis];
            if size == shape[new + axis] {
                strides[new + axis] = self.strides[axis];
            } else if size != 1 {
                return None;
            }
        }
        shape.check();
        Some(Self { shape, strides, offset: self.offset })
    }

    /// The same elements under another shape without a copy, where the strides allow it.
    ///
    /// # Panics
    /// If no tensor can have this shape (see [`Shape::checked`]).
    #[track_caller]
    pub fn reshape(&self, shape: Shape) -> Option<Self> {
        shape.check();
        if self.is_contiguous() {
            return Some(Self { shape, strides: shape.strides(), offset: self.offset });
        }
        // Match groups of old axes that are contiguous among themselves with groups of new axes of the same product.
        let old: smallvec::SmallVec<[(usize, isize); MAX_RANK]> = (0..self.shape.len())
            .filter(|&axis| self.shape[axis] != 1)
            .map(|axis| (self.shape[axis], self.strides[axis]))
            .collect();
        let mut strides = [0; MAX_RANK];
        let (mut i, mut j) = (0, 0);
        while i < old.len() {
            let (mut i_end, mut j_end) = (i + 1, j);
            let (mut p, mut q) = (old[i].0, 1);
            while p != q {
                if q < p {
                    q *= *shape.get(j_end)?;
                    j_end += 1;
                } else {
                    let (size, stride) = *old.get(i_end)?;
                    if old[i_end - 1].1 != stride * size as isize {
                        return None;
                    }
                    p *= size;
                    i_end += 1;
                }
            }
            let mut step = old[i_end - 1].1;
            for axis in (j..j_end).rev() {
                strides[axis] = step;
                step *= shape[axis] as isize;
            }
            (i, j) = (i_end, j_end);
        }
        Some(Self { shape, strides, offset: self.offset })
    }

    /// Where the element at a place lies in memory; `None` if the shape has no such place.
    pub(crate) fn place(&self, place: &[usize]) -> Option<usize> {
        let inside = place.len() == self.shape.len() && place.iter().zip(&self.shape[..]).all(|(i, n)| i < n);
        let step = |(&i, &step): (&usize, &isize)| i as isize * step;
        inside.then(|| {
            (self.offset as isize + place.iter().zip(&self.strides).map(step).sum::<isize>()) as usize
        })
    }
}

/// Turns an axis that may count from the end (-1 is the last) into an index.
///
/// # Panics
/// If it is out of range, naming the op and the shape.
#[track_caller]
pub fn axis_index(op: &str, axis: isize, shape: &[usize]) -> usize {
    let rank = shape.len() as isize;
    assert!(
        (-rank..rank).contains(&axis),
        "{op}: axis {axis} is out of range for {shape:?}, which has {}",
        if rank == 0 { "no axes".to_string() } else { format!("axes {} to {}", -rank, rank - 1) },
    );
    axis.rem_euclid(rank) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(dims: &[usize]) -> Shape {
        Shape::new(dims)
    }

    #[test]
    fn reshape_of_a_transpose_is_a_view_only_where_it_can_be() {
        let mut t = Layout::contiguous(shape(&[4, 6]));
        t.shape = shape(&[6, 4]);
        t.strides[..2].copy_from_slice(&[1, 6]);
        assert!(t.reshape(shape(&[24])).is_none());
        let split = t.reshape(shape(&[2, 3, 4])).unwrap();
        assert_eq!(split.strides[..3], [3, 1, 6]);
        assert_eq!(t.reshape(shape(&[6, 1, 4])).unwrap().shape, [6, 1, 4]);
    }
}
