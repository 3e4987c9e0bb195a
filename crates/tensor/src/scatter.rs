//! Writing at places that an I64 tensor names, and the elements that a mask names.

use crate::elementwise::promoted;
use crate::kernel::copy;
use crate::{DType, Tensor};

/// # Writing to places
impl Tensor {
    /// A copy with the elements that `index` names along an axis replaced: `$y_{i\,\text{index}_{ij}} = \text{src}_{ij}$`
    /// for `axis` 1, in the wider of both element types. Where places repeat, the last one counts.
    ///
    /// # Panics
    /// As [`Self::gather`]; also if `index` is larger than `src` along an axis.
    #[track_caller]
    pub fn scatter(&self, axis: isize, index: &Self, src: &Self) -> Self {
        let at = self.check_scatter("scatter", axis, index, src);
        let (whole, src) = promoted(self, src);
        with_dtype!(whole.dtype(), T => whole.scattered::<T>(at, index, &src, |y, x| *y = x))
    }

    /// The elements where the mask is true, in row-major order along one axis; both broadcast.
    ///
    /// # Panics
    /// If the mask is not Bool or the shapes do not broadcast.
    #[track_caller]
    pub fn masked_select(&self, mask: &Self) -> Self {
        assert!(mask.dtype() == DType::Bool, "masked_select: the mask is Bool, got {}", mask.dtype());
        let shape = self.shape().broadcast_or_panic(mask.shape(), "masked_select");
        let (x, mask) = (self.expand(shape).contiguous(), mask.expand(shape).contiguous());
        let mask = mask.as_slice::<u8>();
        with_dtype!(self.dtype(), T => {
            let chosen = x.as_slice::<T>().iter().zip(mask).filter(|&(_, &m)| m != 0);
            let chosen: Vec<T> = chosen.map(|(&x, _)| x).collect();
            Self::build::<T>(chosen.len(), |out| copy::copy(&chosen, out))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered() {
        let (zeros, index) = (Tensor::zeros([2, 3]), Tensor::from([[2, 2], [0, 1]]));
        let grid = Tensor::from([[10f32, 11.0, 12.0], [20.0, 21.0, 22.0]]);
        assert_eq!(zeros.scatter(1, &index, &grid).to_vec2::<f32>(), [[0.0, 0.0, 11.0], [20.0, 21.0, 0.0]]);
        assert_eq!(zeros.sum().item(), 0.0);
    }

    #[test]
    fn selected_by_truth() {
        let mask = Tensor::from([[true, false, true], [false, false, true]]);
        let x = Tensor::arange(6).reshape([2, 3]);
        assert_eq!(x.masked_select(&mask).to_vec::<i64>(), [0, 2, 5]);
    }
}
