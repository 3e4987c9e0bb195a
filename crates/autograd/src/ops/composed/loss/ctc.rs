//! Connectionist temporal classification: the loss of a sequence whose labels are not aligned with its steps.

use gradus_tensor::Tensor;

use super::Reduction;
use crate::ops::expect;
use crate::var::Var;

/// The options of [`Var::ctc_loss_with`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CtcOptions {
    /// The class that stands between labels.
    pub blank: i64,
    /// Whether 0 takes the place of losses without an alignment.
    pub zero_infinity: bool,
    /// How the losses become one. A mean is over the batch, of losses divided by the number of labels.
    pub reduction: Reduction,
}

/// # Loss of unaligned sequences
impl<'t> Var<'t> {
    /// `$-\ln \sum_\pi \prod_t p_{t, \pi_t}$` over all alignments π of a list of labels for each sample, with
    /// log-probabilities `$\ln p$` in `[T, N, C]`, of which sample i uses the first `lengths[i]` steps. Class 0
    /// stands between labels; the mean is over the batch, of losses divided by the number of labels.
    ///
    /// # Panics
    /// If there is not one list of labels and one length for each sample.
    #[track_caller]
    pub fn ctc_loss(self, labels: &[Vec<i64>], lengths: &[usize]) -> Self {
        expect::floats("ctc_loss", self.dtype());
        self.ctc_loss_with(labels, lengths, &CtcOptions::default())
    }

    /// As [`Self::ctc_loss`] with options.
    ///
    /// # Panics
    /// If there is not one list of labels and one length for each sample, a length is 0 or more than there are steps, or
    /// a label is the blank or no class.
    ///
    /// # Source
    /// Graves et al., "Connectionist Temporal Classification", 2006.
    #[track_caller]
    pub fn ctc_loss_with(self, labels: &[Vec<i64>], lengths: &[usize], how: &CtcOptions) -> Self {
        let shape = self.shape();
        let fits = shape.len() == 3 && shape[1] == labels.len() && lengths.len() == labels.len();
        assert!(
            fits,
            "ctc_loss: log-probabilities {shape} for {} label lists and {} lengths; they must be [T, N, C]",
            labels.len(),
            lengths.len()
        );
        expect::floats("ctc_loss", self.dtype());
        let (most, classes) = (shape[0], shape[2] as i64);
        assert!(
            !labels.is_empty() && most > 0,
            "ctc_loss: log-probabilities {shape} have no steps or no samples"
        );
        let known = 0..classes;
        assert!(
            known.contains(&how.blank),
            "ctc_loss: blank is {}; it must be one of the {classes} classes",
            how.blank
        );
        for (i, (labels, &steps)) in labels.iter().zip(lengths).enumerate() {
            assert!(
                (1..=most).contains(&steps),
                "ctc_loss: length {steps} of sample {i}; there are {most} steps, and at least 1 is used"
            );
            let wrong = labels.iter().position(|l| !known.contains(l) || *l == how.blank);
            if let Some(at) = wrong {
                panic!(
                    "ctc_loss: label {} at place {at} of sample {i} is not one of the {classes} classes, or the blank, {}",
                    labels[at], how.blank
                );
            }
        }
        let one = |i: usize| self.select(1, i as isize).ctc_sample(&labels[i], lengths[i], how.blank);
        let losses = Self::stack(&(0..labels.len()).map(one).collect::<Vec<_>>(), 0);
        let infinite = losses.value().eq(f64::INFINITY);
        let losses = if how.zero_infinity { losses.masked_fill(&infinite, 0.0) } else { losses };
        match how.reduction {
            Reduction::Mean => {
                let sizes: Vec<f64> = labels.iter().map(|l| l.len().max(1) as f64).collect();
                (losses / &Tensor::from_vec(sizes, labels.len()).to(self.dtype())).mean()
            }
            other => other.apply(losses),
        }
    }

    /// The forward recursion of one sample over labels with blanks between them, on log-probabilities `[T, C]`.
    fn ctc_sample(self, labels: &[i64], steps: usize, blank: i64) -> Self {
        let mut path = vec![blank];
        path.extend(labels.iter().flat_map(|&l| [l, blank]));
        let n = path.len();
        // A label may be entered from two places before, unless it repeats.
        let skips: Vec<bool> = (0..n).map(|s| s >= 2 && path[s] != blank && path[s] != path[s - 2]).collect();
        let emitted = self.index_select(1, &Tensor::from_vec(path, n));
        let none = |len: usize| self.tape().constant(Tensor::full_of(len, f64::NEG_INFINITY, self.dtype()));
        let first = emitted.select(0, 0);
        let start = n.min(2);
        let mut alpha = Self::cat(&[first.narrow(0, 0, start), none(n - start)], 0);
        for t in 1..steps {
            let before =
                |k: usize| if k < n { Self::cat(&[none(k), alpha.narrow(0, 0, n - k)], 0) } else { none(n) };
            let skipped = before(2)
                .masked_fill(&Tensor::from_vec(skips.iter().map(|s| !s).collect(), n), f64::NEG_INFINITY);
            let ways = Self::stack(&[alpha, before(1), skipped], 0);
            alpha = ways.log_sum_of_ways() + emitted.select(0, t as isize);
        }
        let ends = alpha.narrow(0, n - start, start);
        -ends.unsqueeze(1).log_sum_of_ways().reshape(())
    }

    /// `$\ln \sum e^x$` over the first axis, -∞ without gradient where all are -∞.
    fn log_sum_of_ways(self) -> Self {
        let dead = self.value().max_keep(0).eq(f64::NEG_INFINITY);
        let y = self.masked_fill(&dead, 0.0).logsumexp_axes(0);
        y.masked_fill(&dead.select(0, 0), f64::NEG_INFINITY)
    }
}
