//! Choosing by truth: where, masked fill, the places of nonzero elements.

use crate::kernel::parallel;
use crate::strided::runs;
use crate::{DType, Element, Rhs, Tensor};

/// # Masks
impl Tensor {
    /// This tensor where the mask is true, `other` elsewhere, after broadcasting all three. Mixed element types go to the
    /// wider.
    ///
    /// # Panics
    /// If the mask is not Bool or the shapes do not broadcast.
    #[track_caller]
    pub fn where_<'a>(&self, mask: &Self, other: impl Into<Rhs<'a>>) -> Self {
        self.chosen(mask, &other.into().beside(self))
    }

    #[track_caller]
    fn chosen(&self, mask: &Self, other: &Self) -> Self {
        let dtype = mask.dtype();
        assert!(
            dtype == DType::Bool,
            "where: the mask is Bool, got {dtype}; compare, for example with .ne(0.0)"
        );
        let shape = self.shape().broadcast_or_panic(other.shape(), "where");
        let shape = mask.shape().broadcast_or_panic(&shape, "where");
        let dtype = self.dtype().promote(other.dtype());
        let (mask, a, b) = (mask.expand(shape), self.to(dtype).expand(shape), other.to(dtype).expand(shape));
        with_dtype!(dtype, T => choose::<T>(&mask, &a, &b))
    }

    /// `value` where the mask is true, this tensor elsewhere; the mask broadcasts to this tensor's shape.
    ///
    /// # Panics
    /// If the mask is not Bool or does not broadcast to this tensor.
    #[track_caller]
    pub fn masked_fill(&self, mask: &Self, value: f64) -> Self {
        let fits = mask.shape().broadcast(self.shape()).is_some_and(|both| both == *self.shape());
        assert!(
            fits,
            "masked_fill: the mask's shape {} does not broadcast to {}",
            mask.shape(),
            self.shape()
        );
        Self::full_of((), value, self.dtype()).where_(mask, self)
    }

    /// The places of the elements that are not zero (NaN counts), in row-major order: I64 of shape `[k, rank]`.
    pub fn nonzero(&self) -> Self {
        let (mask, shape) = (self.to(DType::Bool).contiguous(), *self.shape());
        let mut places = vec![];
        for (at, _) in mask.as_slice::<u8>().iter().enumerate().filter(|&(_, &m)| m != 0) {
            let (start, mut rest) = (places.len(), at);
            places.resize(start + shape.len(), 0);
            for (place, &n) in places[start..].iter_mut().zip(shape.iter()).rev() {
                *place = (rest % n) as i64;
                rest /= n;
            }
        }
        let count = mask.as_slice::<u8>().iter().filter(|&&m| m != 0).count();
        Self::from_vec(places, [count, shape.len()])
    }
}

/// `where` of three tensors of one shape.
fn choose<T: Element>(condition: &Tensor, a: &Tensor, b: &Tensor) -> Tensor {
    let shape = *condition.shape();
    if condition.is_contiguous() && a.is_contiguous() && b.is_contiguous() {
        let (c, a, b) = (condition.as_slice::<u8>(), a.as_slice::<T>(), b.as_slice::<T>());
        return Tensor::build::<T>(shape, |out| {
            parallel::chunks(out, 1 << 14, 0.4, |start, out| {
                let n = out.len();
                let parts = c[start..start + n].iter().zip(&a[start..start + n]).zip(&b[start..start + n]);
                out.iter_mut().zip(parts).for_each(|(y, ((&c, &a), &b))| *y = if c != 0 { a } else { b });
            });
        });
    }
    let (c, x, z) = (condition.block::<u8>(), a.block::<T>(), b.block::<T>());
    Tensor::build::<T>(shape, |out| {
        let mut out = out.iter_mut();
        runs(&[condition.layout(), a.layout(), b.layout()], |offsets, len, steps| {
            let [mut i, mut j, mut k] = [offsets[0] as isize, offsets[1] as isize, offsets[2] as isize];
            for y in out.by_ref().take(len) {
                *y = if c[i as usize] != 0 { x[j as usize] } else { z[k as usize] };
                (i, j, k) = (i + steps[0], j + steps[1], k + steps[2]);
            }
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_by_truth() {
        let mask = Tensor::from([[true, false, true], [false, false, true]]);
        let (a, b) = (Tensor::from([1, 2, 3]), Tensor::from([[-1.0f32], [-2.0]]));
        let want = [[1.0, -1.0, 3.0], [-2.0, -2.0, 3.0]];
        assert_eq!(a.where_(&mask, &b).to_vec2::<f32>(), want);
        let full = a.expand([2, 3]).contiguous().where_(&mask, &b.expand([2, 3]).contiguous());
        assert_eq!(full.to_vec2::<f32>(), want);
        let x = Tensor::arange(6).reshape([2, 3]);
        assert_eq!(x.masked_fill(&mask, 9.0).to_vec2::<i64>(), [[9, 1, 9], [3, 4, 9]]);
        assert_eq!(x.masked_fill(&mask.select(0, 0), 9.0).to_vec2::<i64>(), [[9, 1, 9], [9, 4, 9]]);
        assert_eq!(mask.nonzero().to_vec2::<i64>(), [[0, 0], [0, 2], [1, 2]]);
        assert_eq!(Tensor::from([0.0, 3.0]).nonzero().to_vec2::<i64>(), [[1]]);
        assert_eq!(Tensor::zeros([2, 2]).nonzero().shape()[..], [0, 2]);
    }

    #[test]
    #[should_panic(expected = "where: the mask is Bool, got f32; compare, for example with .ne(0.0)")]
    fn a_condition_of_a_wrong_type() {
        Tensor::zeros(2).where_(&Tensor::zeros(2), &Tensor::zeros(2));
    }

    #[test]
    #[should_panic(expected = "masked_fill: the mask's shape [2] does not broadcast to [3]")]
    fn a_mask_of_a_wrong_shape() {
        Tensor::zeros(3).masked_fill(&Tensor::from([true, false]), 0.0);
    }
}
