//! Batch normalisation, over a batch while training and by running statistics afterwards; and these statistics counted
//! anew for given weights.

use std::borrow::Borrow;

use gradus_autograd::{Mode, Param, ParamId, Params, Var, join, on_tape, params};
use gradus_tensor::{DType, Tensor};

use super::synchronised::whole_batch;
use crate::input::place;
use crate::module::Module;

/// `$y = \gamma\,(x - \mu)/\sqrt{\sigma^2 + \varepsilon} + \beta$` for each channel of `[N, C]` or `[N, C, …]`: one layer for what
/// PyTorch calls `BatchNorm1d`, `2d` and `3d`.
///
/// On a training tape `$\mu$` and `$\sigma^2$` (biased) are those of the batch, over all axes but the second, and the running
/// ones move towards them, `$r \leftarrow (1 - m)\,r + m\,s$`, with the unbiased variance; the new values leave with the
/// gradients, and the optimizer's step puts them into the model, once a step. On other tapes the running ones are used. If the layer
/// is used several times on one tape, the last batch counts. Where other tapes work on other parts of the batch and statistics are
/// to be synchronised ([`Tape::peers`](gradus_autograd::Tape::peers)), they are those of all parts.
///
/// ```
/// use gradus_nn::{BatchNorm, Linear, Module, Relu, sequential};
/// use gradus_autograd::Tape;
/// use gradus_tensor::{Tensor, rng};
///
/// // Behind a layer and in front of its activation; the channels are those of the layer.
/// let model = sequential![Linear::new(4, 16, &mut rng(0)), BatchNorm::new(16), Relu];
/// assert_eq!(model.predict(&Tensor::ones([1, 4])).shape()[..], [1, 16]); // the running statistics: one example is enough
///
/// let (layer, x) = (BatchNorm::new(1), Tensor::from([[1f32], [3.0]]));
/// assert!(layer.predict(&x).allclose(&x, 1e-4, 0.0));                    // mean 0 and variance 1 before any training
/// let tape = Tape::training(0);
/// let y = layer.forward(tape.constant(&x)).value();                      // the batch's own: mean 2, variance 1
/// assert!(y.allclose(&Tensor::from([[-1f32], [1.0]]), 1e-4, 0.0));
/// ```
///
/// Without scale and shift: `BatchNorm { weight: None, bias: None, ..BatchNorm::new(3) }`. With `running: None` the
/// statistics are those of the batch everywhere.
///
/// # Source
/// Ioffe and Szegedy 2015, algorithms 1 and 2; PyTorch's `nn.BatchNorm2d`.
#[derive(Debug, Clone)]
pub struct BatchNorm {
    /// The scale `$\gamma$`, `[C]`.
    pub weight: Option<Param>,
    /// The shift `$\beta$`, `[C]`.
    pub bias: Option<Param>,
    /// The running statistics.
    pub running: Option<Running>,
    /// How much a batch counts in the running statistics, m; `None`: all batches alike, `$m = 1/n$` at the n-th.
    pub momentum: Option<f64>,
    /// `$\varepsilon$`.
    pub eps: f64,
}

/// The running statistics of a [`BatchNorm`]: buffers, saved under the layer's own name.
#[derive(Debug, Clone)]
pub struct Running {
    /// The mean, `[C]`.
    pub running_mean: Param,
    /// The unbiased variance, `[C]`.
    pub running_var: Param,
    /// The number of batches in them, I64.
    pub num_batches_tracked: Param,
}

params!(Running { running_mean, running_var, num_batches_tracked });

impl Params for BatchNorm {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self.weight.visit(&join(prefix, "weight"), f);
        self.bias.visit(&join(prefix, "bias"), f);
        self.running.visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self.weight.visit_mut(&join(prefix, "weight"), f);
        self.bias.visit_mut(&join(prefix, "bias"), f);
        self.running.visit_mut(prefix, f);
    }
}

impl BatchNorm {
    /// Scale 1, shift 0, running mean 0 and variance 1, momentum 0.1, `$\varepsilon = 10^{-5}$`, F32.
    #[track_caller]
    pub fn new(channels: usize) -> Self {
        let (ones, zeros) = (Tensor::ones(channels), Tensor::zeros(channels));
        Self {
            weight: Some(Param::new(ones)),
            bias: Some(Param::new(zeros)),
            running: Some(Running::new(channels)),
            momentum: Some(0.1),
            eps: 1e-5,
        }
    }

    #[track_caller]
    fn check(&self, x: Var<'_>) {
        let shape = x.shape();
        let momentum = self.momentum.unwrap_or_default();
        assert!(
            (0.0..=1.0).contains(&momentum),
            "batch_norm: momentum is {momentum}; it must be at least 0 and at most 1"
        );
        assert!(self.eps >= 0.0, "batch_norm: eps is {}; it must be at least 0", self.eps);
        let known = self.weight.as_ref().or(self.bias.as_ref());
        let known = known.or(self.running.as_ref().map(|running| &running.running_mean));
        let fits = shape.len() >= 2 && known.is_none_or(|param| *param.shape() == [shape[1]]);
        let want = known.map_or("C".to_string(), |param| param.value().elements().to_string());
        assert!(fits, "batch_norm: the input must be [N, {want}, …], got {shape}{}", place());
    }
}

impl Running {
    /// As new: mean 0, variance 1, no batches, F32.
    #[track_caller]
    pub fn new(channels: usize) -> Self {
        Self {
            running_mean: Param::buffer(Tensor::zeros(channels)),
            running_var: Param::buffer(Tensor::ones(channels)),
            num_batches_tracked: Param::buffer(0i64),
        }
    }

    /// Hands the new values to the tape. `n` is the number of values of each channel.
    fn update(&self, x: Var<'_>, mean: Tensor, variance: &Tensor, n: usize, momentum: Option<f64>) {
        let tape = x.tape();
        let count = self.num_batches_tracked.value().item() + 1.0;
        let share = tape.statistics_share().or(momentum).unwrap_or(1.0 / count);
        let unbiased = variance * (n as f64 / (n as f64 - 1.0));
        self.move_to(x, mean, unbiased, share);
        tape.update(&self.num_batches_tracked, Tensor::from(count as i64));
    }

    /// Hands a mean and a variance of which these are so large a share of the new values to the tape.
    pub(super) fn move_to(&self, x: Var<'_>, mean: Tensor, variance: Tensor, share: f64) {
        for (param, batch) in [(&self.running_mean, mean), (&self.running_var, variance)] {
            let (old, batch) = (param.value(), batch.to(param.value().dtype()));
            // A share of 1 forgets the old value, even if that is no number.
            x.tape().update(param, if share == 1.0 { batch } else { old * (1.0 - share) + batch * share });
        }
    }
}

impl Module for BatchNorm {
    /// # Panics
    /// If the input has not the layer's channels on its second axis, or if a channel has a single value in training.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.check(x);
        let tape = x.tape();
        let training = matches!(tape.mode(), Mode::Training(_));
        let lift = |param: &Option<Param>| param.as_ref().map(|param| tape.param(param));
        let (weight, bias) = (lift(&self.weight), lift(&self.bias));
        match &self.running {
            Some(running) if !tape.is_training_for("BatchNorm") => {
                let (mean, variance) = (tape.param(&running.running_mean), tape.param(&running.running_var));
                x.batch_norm_with(mean, variance, weight, bias, self.eps)
            }
            running => {
                if let Some(peers) = training.then(|| tape.peers()).flatten() {
                    let (mean, variance, n) = whole_batch(x, &*peers);
                    if let Some(running) = running {
                        running.update(x, mean.value(), &variance.value(), n, self.momentum);
                    }
                    return x.batch_norm_with(mean, variance, weight, bias, self.eps);
                }
                let n = x.elements() / x.shape()[1].max(1);
                assert!(
                    n > 1 || !training,
                    "batch_norm: {} has {n} value in each channel; training needs more than one",
                    x.shape()
                );
                let (y, mean, variance) = x.batch_norm_training(weight, bias, self.eps);
                if let Some(running) = running {
                    running.update(x, mean, &variance, n, self.momentum);
                }
                y
            }
        }
    }
}

/// Counts the running statistics of every [`BatchNorm`] in a model anew, as the plain mean over the batches: for weights
/// that were not trained but computed, such as an average of weights. Dropout is on, as in training; `seed` decides.
///
/// ```
/// use gradus_nn::{BatchNorm, update_batch_norm};
/// use gradus_tensor::Tensor;
/// let mut layer = BatchNorm::new(1);
/// let batches = [Tensor::from([[1f32], [3.0]]), Tensor::from([[5f32], [7.0]])];
/// update_batch_norm(&mut layer, &batches, 0);
/// assert_eq!(layer.running.unwrap().running_mean.value().item(), 4.0);
/// ```
///
/// # Source
/// Izmailov et al. 2018, section 3.2; PyTorch's `swa_utils.update_bn`.
///
/// # Differs
/// Without batches the model stays as it is; PyTorch's statistics are then as new.
#[track_caller]
pub fn update_batch_norm<B: Borrow<Tensor>>(
    model: &mut (impl Module + ?Sized),
    batches: impl IntoIterator<Item = B>,
    seed: u64,
) {
    for (n, batch) in (0u64..).zip(batches) {
        let updates = on_tape(Mode::Training(seed.wrapping_add(n)), |tape| {
            tape.weigh_statistics(1.0 / (n as f64 + 1.0));
            model.forward(tape.constant(batch.borrow()));
            tape.updates()
        });
        model.visit_mut("", &mut |_, param| {
            if let Some(value) = last(&updates, param.id()) {
                // The number of batches begins at 0 here, whatever it was.
                let is_count = value.dtype() == DType::I64;
                param.set(if is_count { Tensor::from(n as i64 + 1) } else { value.clone() });
            }
        });
    }
}

fn last(updates: &[(ParamId, Tensor)], id: ParamId) -> Option<&Tensor> {
    updates.iter().rev().find(|(of, _)| *of == id).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dropout, Linear, Relu, sequential, state_dict, summary};
    use approx::abs_diff_eq;
    use gradus_autograd::{GradcheckOptions, Tape, gradcheck_model, gradcheck_with, value_and_grad_training};
    use gradus_tensor::rng;

    /// Two channels with means 2 and 20, biased variances 1 and 100, unbiased 2 and 200.
    fn batch() -> Tensor {
        Tensor::from([[1.0, 30.0], [3.0, 10.0]])
    }

    fn layer() -> BatchNorm {
        let mut layer = BatchNorm { eps: 0.0, ..BatchNorm::new(2) };
        layer.convert(DType::F64);
        layer.weight.as_mut().unwrap().set(Tensor::from([2.0, 3.0]));
        layer.bias.as_mut().unwrap().set(Tensor::from([0.5, 0.0]));
        layer
    }

    fn after(layer: &BatchNorm, x: &Tensor) -> Vec<Vec<f64>> {
        let tape = Tape::training(0);
        layer.forward(tape.constant(x));
        tape.updates().iter().map(|(_, value)| value.to_f64_vec()).collect()
    }

    #[test]
    fn a_batch_by_hand() {
        let layer = layer();
        let tape = Tape::training(0);
        let y = layer.forward(tape.var(batch()));
        assert_eq!(y.value().to_f64_vec(), [-1.5, 3.0, 2.5, -3.0]);
        let new = after(&layer, &batch());
        for (got, want) in new.concat().iter().zip([0.2, 2.0, 1.1, 20.9, 1.0]) {
            assert!(abs_diff_eq!(*got, want, epsilon = 1e-14), "{got} {want}");
        }
    }

    #[test]
    fn elsewhere_the_running_statistics_hold() {
        let mut layer = layer();
        let running = layer.running.as_mut().unwrap();
        running.running_mean.set(Tensor::from([1.0, 10.0]));
        running.running_var.set(Tensor::from([4.0, 25.0]));
        assert_eq!(layer.predict(&batch()).to_f64_vec(), [0.5, 12.0, 2.5, 0.0]);
        let tape = Tape::new();
        layer.forward(tape.constant(batch()));
        assert!(tape.updates().is_empty());
        // Without running statistics a prediction uses those of its batch.
        let without = BatchNorm { running: None, ..layer };
        assert_eq!(without.predict(&batch()).to_f64_vec(), [-1.5, 3.0, 2.5, -3.0]);
    }

    #[test]
    fn without_momentum_all_batches_count_alike() {
        let mut layer = BatchNorm { momentum: None, ..BatchNorm::new(1) };
        for (x, mean) in [([[1f32], [3.0]], 2.0), ([[5.0], [7.0]], 4.0), ([[9.0], [17.0]], 7.0)] {
            let (_, gradients) = value_and_grad_training(0, |tape| {
                layer.forward(tape.constant(Tensor::from(x))).square().sum()
            });
            assert_eq!(gradients.len(), 2);
            layer.visit_mut("", &mut |_, param| {
                if let Some((_, value)) = gradients.updates().find(|(id, _)| *id == param.id()) {
                    param.set(value.clone());
                }
            });
            let found = layer.running.as_ref().unwrap().running_mean.value().item();
            assert!(abs_diff_eq!(found, mean, epsilon = 1e-6), "{found} {mean}");
        }
        assert_eq!(layer.running.unwrap().num_batches_tracked.value().item(), 3.0);
    }

    #[test]
    fn names_are_pytorchs() {
        let names: Vec<String> = state_dict::state_dict(&sequential![BatchNorm::new(2)])
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["0.weight", "0.bias", "0.running_mean", "0.running_var", "0.num_batches_tracked"]);
        let bare = BatchNorm { weight: None, bias: None, running: None, ..BatchNorm::new(2) };
        assert!(bare.params().is_empty());
        let table = summary(&BatchNorm::new(2));
        assert_eq!((table.trainable, table.fixed), (4, 5));
    }

    #[test]
    fn gradients_through_the_statistics_of_a_batch() {
        let mut rng = rng(1);
        let x = Tensor::randn_of([3, 2, 4], DType::F64, &mut rng);
        let weights = Tensor::randn_of([3, 2, 4], DType::F64, &mut rng);
        let options = GradcheckOptions { order: 2, ..GradcheckOptions::default() };
        let mut layer = BatchNorm { running: None, ..BatchNorm::new(2) };
        gradcheck_model(&mut layer, |layer, tape| layer.forward(tape.constant(&x)).sin().sum(), &options)
            .assert();
        layer.convert(DType::F64);
        gradcheck_with(
            |x| (layer.forward(x[0]) * x[0].tape().constant(&weights)).sin(),
            std::slice::from_ref(&x),
            &options,
        )
        .assert();
        let mut running = BatchNorm::new(2);
        gradcheck_model(&mut running, |layer, tape| layer.forward(tape.constant(&x)).sin().sum(), &options)
            .assert();
    }

    #[test]
    fn statistics_counted_anew() {
        let mut rng = rng(2);
        let mut model = sequential![
            Linear::new(3, 4, &mut rng),
            BatchNorm::new(4),
            Relu,
            Linear::new(4, 2, &mut rng),
            BatchNorm { momentum: Some(0.5), ..BatchNorm::new(2) }
        ];
        model.visit_mut("", &mut |name, param| {
            if name.ends_with("running_mean") {
                param.set(Tensor::full_of(*param.shape(), f64::NAN, DType::F32));
            }
        });
        let batches: Vec<Tensor> = (0..3).map(|_| Tensor::randn([8, 3], &mut rng)).collect();
        update_batch_norm(&mut model, &batches, 0);
        let hidden = |x: &Tensor| model.layers[0].predict(x);
        let mean: Tensor =
            batches.iter().map(|x| hidden(x).mean_axes(0)).fold(Tensor::zeros(4), |a, b| &a + &b);
        let variance: Tensor =
            batches.iter().map(|x| hidden(x).var_axes(0, 1)).fold(Tensor::zeros(4), |a, b| &a + &b);
        let entries = state_dict::state_dict(&model);
        let find = |name: &str| entries.iter().find(|(found, _)| found == name).unwrap().1.clone();
        assert!(find("1.running_mean").max_abs_diff(&(mean / 3.0)) < 1e-6);
        assert!(find("1.running_var").max_abs_diff(&(variance / 3.0)) < 1e-6);
        assert_eq!(find("4.num_batches_tracked").item(), 3.0);
        assert!(find("4.running_mean").to_f64_vec().iter().all(|x| x.is_finite()));
    }

    #[test]
    fn the_seed_decides_over_dropout() {
        let statistics = |seed| {
            let mut model = sequential![Dropout::default(), BatchNorm::new(1)];
            update_batch_norm(&mut model, [Tensor::linspace(0.0, 1.0, 32).reshape([32, 1])], seed);
            state_dict::state_dict(&model)[2].1.item()
        };
        assert_eq!(statistics(1), statistics(1));
        assert_ne!(statistics(1), statistics(2));
        let mut untouched = BatchNorm::new(1);
        update_batch_norm(&mut untouched, [] as [Tensor; 0], 0);
        assert_eq!(untouched.running.unwrap().running_var.value().item(), 1.0);
    }

    #[test]
    #[should_panic(expected = "batch_norm: the input must be [N, 3, …], got [4, 2]")]
    fn wrong_channels_are_named() {
        BatchNorm::new(3).predict(&Tensor::zeros([4, 2]));
    }

    #[test]
    #[should_panic(expected = "batch_norm: [1, 3] has 1 value in each channel; training needs more than one")]
    fn a_single_value_has_no_variance() {
        let tape = Tape::training(0);
        BatchNorm::new(3).forward(tape.constant(Tensor::zeros([1, 3])));
    }
}
