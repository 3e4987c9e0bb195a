//! Padding.

use crate::Tensor;

/// # Padding
impl Tensor {
    /// The tensor with `before` and `after` places of `value` added along each axis.
    ///
    /// # Panics
    /// If there are not as many pairs as axes.
    #[track_caller]
    pub fn pad_constant(&self, sizes: &[(usize, usize)], value: f64) -> Self {
        assert!(
            sizes.len() == self.rank(),
            "pad_constant: {} pairs for {}, which has {} axes",
            sizes.len(),
            self.shape(),
            self.rank()
        );
        let mut shape = *self.shape();
        shape.iter_mut().zip(sizes).for_each(|(n, (before, after))| {
            *n = n.saturating_add(*before).saturating_add(*after);
        });
        Self::full_of(shape, value, self.dtype()).write_view(self, |whole| {
            let inner = sizes.iter().zip(self.shape().iter()).enumerate();
            inner.fold(whole.clone(), |part, (axis, (&(before, _), &len))| {
                part.narrow(axis as isize, before, len)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_around() {
        assert_eq!(
            Tensor::from([[1, 2], [3, 4]]).pad_constant(&[(1, 0), (0, 1)], 9.0).to_vec2::<i64>(),
            [[9, 9, 9], [1, 2, 9], [3, 4, 9]]
        );
    }

    #[test]
    #[should_panic(expected = "pad_constant: 1 pairs for [2, 2], which has 2 axes")]
    fn too_few_pairs() {
        Tensor::zeros([2, 2]).pad_constant(&[(1, 1)], 0.0);
    }
}
