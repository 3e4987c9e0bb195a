//! Losses for classes: cross-entropy with its options, negative log-likelihood, connectionist temporal classification.

use gradus_tensor::{DType, Tensor};

use crate::ops::composed::loss::Reduction;
use crate::var::Var;

/// The options of [`Var::cross_entropy_with`] and [`Var::nll_loss`].
#[derive(Debug, Clone, Default)]
pub struct ClassLoss {
    /// A weight for each class, `[C]`. A mean is over the weights of the targets.
    pub weight: Option<Tensor>,
    /// A label whose places count nothing.
    pub ignore: Option<i64>,
    /// How much of a target is spread evenly over all classes (Szegedy et al., 2016).
    pub smoothing: f64,
    /// How the losses become one.
    pub reduction: Reduction,
}

impl ClassLoss {
    /// Labels with the ignored ones made valid, the weight of each place (0 if ignored), in the shape of the labels.
    #[track_caller]
    fn places(&self, op: &str, labels: &Tensor, classes: usize, dtype: DType) -> (Tensor, Tensor) {
        let labels = labels.to(DType::I64).contiguous();
        let list = labels.to_vec::<i64>();
        let ignored = |t: i64| self.ignore == Some(t);
        for (i, &t) in list.iter().enumerate() {
            let known = ignored(t) || (0..classes as i64).contains(&t);
            assert!(known, "{op}: label {t} at place {i} is not one of the {classes} classes 0..{classes}");
        }
        let valid: Vec<i64> = list.iter().map(|&t| if ignored(t) { 0 } else { t }).collect();
        let valid = Tensor::from_vec(valid, *labels.shape());
        let kept = Tensor::from_vec(list.iter().map(|&t| !ignored(t)).collect(), *labels.shape()).to(dtype);
        let weights = self.weight.as_ref().map(|w| w.to(dtype).take(&valid));
        (
            valid,
            weights
                .map_or(kept.clone(), |w| Tensor::where_(&kept.to(DType::Bool), &w, &Tensor::zeros_like(&w))),
        )
    }
}

impl<'t> Var<'t> {
    /// The class axis (the second, or the only one) moved to the end.
    fn classes_last(self) -> Self {
        if self.rank() < 2 { self } else { self.move_axis(1, -1) }
    }

    /// The negative log-likelihood `$-w_t x_t$` of log-probabilities `[N, C, …]` (or `[C]`) at labels `[N, …]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn nll_loss(self, labels: &Tensor, how: &ClassLoss) -> Self {
        let x = self.classes_last();
        let shape = x.shape();
        let (last, classes) = (shape.len() - 1, shape[shape.len() - 1]);
        assert!(
            shape.without(last) == *labels.shape(),
            "nll_loss: {} with labels {}",
            self.shape(),
            labels.shape()
        );
        let (labels, weight) = how.places("nll_loss", labels, classes, self.dtype());
        let picked = x.gather(-1, &labels.unsqueeze(-1)).squeeze_axis(-1);
        let kept = weight.ne(0.0);
        let losses = -(picked * &weight);
        let losses = losses.masked_fill(&kept.logical_not(), 0.0);
        match how.reduction {
            Reduction::Mean => losses.sum() / weight.sum().item(),
            other => other.apply(losses),
        }
    }

    /// Cross-entropy of logits `[N, C, …]` (or `[C]`) with labels `[N, …]`: [`Self::nll_loss`] of the log-softmax, with
    /// smoothed targets `$(1 - s) [j = t] + s / C$`.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is no class.
    #[track_caller]
    pub fn cross_entropy_with(self, labels: &Tensor, how: &ClassLoss) -> Self {
        let axis = isize::from(self.rank() > 1);
        let log = self.log_softmax(axis);
        if how.smoothing == 0.0 {
            return log.nll_loss(labels, how);
        }
        let last = log.classes_last();
        let classes = last.shape()[last.rank() - 1];
        let (_, place) = how.places("cross_entropy", labels, classes, self.dtype());
        let kept = match how.ignore {
            Some(t) => labels.to(DType::I64).ne(t as f64).to(self.dtype()),
            None => Tensor::ones_of(*labels.shape(), self.dtype()),
        };
        let all = how.weight.as_ref().map_or(last, |w| last * &w.to(self.dtype()));
        let even = -(all.sum_axes(-1) * &kept) * (how.smoothing / classes as f64);
        let plain = ClassLoss { reduction: Reduction::None, ..how.clone() };
        let losses = log.nll_loss(labels, &plain) * (1.0 - how.smoothing) + even;
        match how.reduction {
            Reduction::Mean => losses.sum() / place.sum().item(),
            other => other.apply(losses),
        }
    }

    /// Cross-entropy of logits `[N, C, …]` with probabilities of the same shape: `$-\sum_j w_j t_j \ln p_j$`. A mean is
    /// over the places, not the classes.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn soft_cross_entropy(self, target: Self, how: &ClassLoss) -> Self {
        super::loss::same_shape("soft_cross_entropy", self, target);
        let axis = isize::from(self.rank() > 1);
        let (log, target) = (self.log_softmax(axis).classes_last(), target.classes_last());
        let classes = log.shape()[log.rank() - 1] as f64;
        let target = if how.smoothing > 0.0 {
            target * (1.0 - how.smoothing) + how.smoothing / classes
        } else {
            target
        };
        let weighted = how.weight.as_ref().map_or(target, |w| target * &w.to(self.dtype()));
        let losses = -(weighted * log).sum_axes(-1);
        match how.reduction {
            Reduction::Mean => losses.sum() / losses.elements().max(1) as f64,
            other => other.apply(losses),
        }
    }

    /// Connectionist temporal classification (Graves et al., 2006): minus the log-probability of all alignments of
    /// labels `[N, S]` with log-probabilities `[T, N, C]`, of which sample i uses the first `lengths[i]` steps and
    /// `label_lengths[i]` labels; `blank` is the class between labels. The mean is over the batch of losses divided by
    /// the label lengths; `zero_infinity` puts 0 in the place of losses without an alignment.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn ctc_loss(
        self,
        labels: &[Vec<i64>],
        lengths: &[usize],
        blank: i64,
        zero_infinity: bool,
        reduction: Reduction,
    ) -> Self {
        let shape = self.shape();
        let fits = shape.len() == 3 && shape[1] == labels.len() && lengths.len() == labels.len();
        assert!(fits, "ctc_loss: log-probabilities {shape}, {} label lists", labels.len());
        let one = |i: usize| self.select(1, i as isize).ctc_sample(&labels[i], lengths[i], blank);
        let losses = Self::stack(&(0..labels.len()).map(one).collect::<Vec<_>>(), 0);
        let infinite = losses.value().eq(f64::INFINITY);
        let losses = if zero_infinity { losses.masked_fill(&infinite, 0.0) } else { losses };
        match reduction {
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
