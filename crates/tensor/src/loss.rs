//! Cross-entropy in one visit to the logits.

use crate::index::check_indices;
use crate::kernel::pool::Buffer;
use crate::kernel::{Real, parallel, run, softmax, sum};
use crate::last_axis::runs_per_piece;
use crate::tensor::Tensor;

/// The mean over the rows of `$\ln \sum_j e^{x_j} - x_t$`, for logits `[N, C]` and labels `[N]`.
///
/// # Panics
/// If the shapes do not fit, a label is not below C, or the elements are not floats.
#[track_caller]
pub fn cross_entropy(x: &Tensor, labels: &Tensor) -> Tensor {
    let classes = classes("cross_entropy", x, labels);
    let labels = labels.contiguous();
    let labels = labels.as_slice::<i64>();
    with_float!("cross_entropy", x.dtype(), T => {
        let x = x.contiguous();
        let x = x.as_slice::<T>();
        let mut losses = vec![T::ZERO; labels.len()];
        parallel::chunks(&mut losses, runs_per_piece(classes), classes as f64, |start, losses| {
            let mut scratch = Buffer::new::<T>(losses.len().saturating_mul(classes));
            let scratch = &mut scratch.get_mut::<T>().expect("a fresh block has one owner")[..losses.len() * classes];
            let rows = start..start + losses.len();
            let x = &x[rows.start * classes..rows.end * classes];
            softmax::cross_entropy(x, &labels[rows], classes, scratch, losses);
        });
        let n = T::of(labels.len() as f64);
        Tensor::scalar(sum::sum(&losses) / n)
    })
}

/// The number of classes, of logits `[N, C]` with labels `[N]` that are among them.
#[track_caller]
fn classes(op: &str, x: &Tensor, labels: &Tensor) -> usize {
    let (shape, of_labels) = (x.shape(), labels.shape());
    assert!(
        shape.len() == 2 && *of_labels == [shape[0]],
        "{op}: logits {shape} with labels {of_labels}: they must be [N, C] and [N]"
    );
    check_indices(op, labels, shape[1], "classes");
    shape[1]
}

// The gradient.

/// `$\tfrac dN (\mathrm{softmax}(x_i)_j - [j = t_i])$`: the gradient of [`cross_entropy`].
///
/// # Panics
/// If a label is not below C or the elements are not floats.
#[track_caller]
pub fn cross_entropy_backward(x: &Tensor, labels: &Tensor, d: f64) -> Tensor {
    let classes = classes("cross_entropy_backward", x, labels);
    let mut z = crate::softmax(x);
    let labels = labels.contiguous();
    let labels = labels.as_slice::<i64>();
    with_float!("cross_entropy_backward", z.dtype(), T => {
        let scale = T::of(d / labels.len() as f64);
        parallel::chunks(z.slice_mut::<T>(), runs_per_piece(classes) * classes.max(1), 0.3, |start, z| {
            for (i, logits) in z.chunks_exact_mut(classes).enumerate() {
                softmax::minus_one_hot(logits, labels[start / classes + i] as usize);
            }
            run(#[inline(always)] || z.iter_mut().for_each(|z| *z *= scale));
        });
    });
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::{abs_diff_eq, assert_abs_diff_eq};

    #[test]
    fn cross_entropy_is_minus_the_log_of_the_probability() {
        let x = Tensor::from([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]);
        let labels = Tensor::from([0i64, 2]);
        // -ln(e^2/(e^2+e+1)) = 0.4076059644443804, -ln(1/3) = 1.0986122886681098
        let loss = cross_entropy(&x, &labels).item();
        assert_abs_diff_eq!(
            loss,
            f64::midpoint(0.407_605_964_444_380_4, 1.098_612_288_668_109_8),
            epsilon = 1e-15
        );
        let g = cross_entropy_backward(&x, &labels, 1.0).to_vec::<f64>();
        assert_abs_diff_eq!(g[5], (1.0 / 3.0 - 1.0) / 2.0, epsilon = 1e-15);
    }

    /// mpmath, 50 digits: ln(1 + e^-37.5) = 5.175555005801868e-17, the probability of the other class the same.
    #[test]
    fn a_sure_prediction_keeps_what_is_left() {
        let (x, labels) = (Tensor::from([[37.5, 0.0]]), Tensor::from([0i64]));
        assert_abs_diff_eq!(
            cross_entropy(&x, &labels).item() / 5.175_555_005_801_868e-17,
            1.0,
            epsilon = 1e-14
        );
        let g = cross_entropy_backward(&x, &labels, 1.0).to_vec::<f64>();
        assert!(abs_diff_eq!(g[1] / 5.175_555_005_801_868e-17, 1.0, epsilon = 1e-14) && g[0] == -g[1]);
    }
}
