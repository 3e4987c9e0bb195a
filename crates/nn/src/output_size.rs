//! What a layer is told of the sizes of its result.

use gradus_tensor::Shape;

use crate::input::{number, place};

/// The spatial sizes of a result, as they are or by a factor; one number for each axis or one for all.
///
/// ```
/// use gradus_nn::OutputSize;
/// assert_eq!(OutputSize::from([8, 4]), OutputSize::Sizes(vec![8, 4]));
/// assert_eq!(OutputSize::from(0.5), OutputSize::Factors(vec![0.5]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum OutputSize {
    /// The sizes.
    Sizes(Vec<usize>),
    /// The sizes divided by those of the input; `$\lfloor n f \rfloor$` of n.
    Factors(Vec<f64>),
}

impl<const N: usize> From<[usize; N]> for OutputSize {
    fn from(sizes: [usize; N]) -> Self {
        Self::Sizes(sizes.into())
    }
}

impl From<f64> for OutputSize {
    fn from(factor: f64) -> Self {
        Self::Factors(vec![factor])
    }
}

impl<const N: usize> From<[f64; N]> for OutputSize {
    fn from(factors: [f64; N]) -> Self {
        Self::Factors(factors.into())
    }
}

/// One number for each of some axes.
#[track_caller]
fn each<T: Copy>(layer: &str, what: &str, list: &[T], axes: usize) -> Vec<T> {
    assert!(
        list.len() == 1 || list.len() == axes,
        "{layer}: {} {what} for {axes} spatial axes; give one for each or one for all{}",
        list.len(),
        place()
    );
    (0..axes).map(|a| list[a.min(list.len() - 1)]).collect()
}

impl OutputSize {
    /// The factors, if it is given by them.
    #[track_caller]
    pub(crate) fn factors(&self, layer: &str, axes: usize) -> Option<Vec<f64>> {
        let Self::Factors(factors) = self else { return None };
        let factors = each(layer, "factors", factors, axes);
        for &f in &factors {
            number(layer, "a factor", f, f > 0.0 && f.is_finite(), "finite and above 0");
        }
        Some(factors)
    }

    /// The sizes for an input `[N, C, …]`.
    #[track_caller]
    pub(crate) fn of(&self, layer: &str, input: &Shape) -> Vec<usize> {
        let axes = input.len() - 2;
        match (self, self.factors(layer, axes)) {
            (Self::Sizes(sizes), _) => each(layer, "sizes", sizes, axes),
            (_, factors) => {
                let factors = factors.into_iter().flatten();
                factors.zip(&input[2..]).map(|(f, &n)| (f * n as f64).floor() as usize).collect()
            }
        }
    }
}
