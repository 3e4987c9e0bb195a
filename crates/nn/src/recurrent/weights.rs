//! The parameters of recurrent layers and their names.

use gradus_autograd::{Param, params};
use gradus_tensor::{Tensor, checked_product};

/// What a recurrent layer can be told when it is made. The usual values are PyTorch's.
///
/// ```
/// use gradus_autograd::Params;
/// use gradus_nn::{Lstm, RecurrentOptions};
/// use gradus_tensor::rng;
///
/// let both = RecurrentOptions { bidirectional: true, ..RecurrentOptions::default() };
/// let layer = Lstm::with_options(3, 4, &both, &mut rng(0));
/// let names: Vec<String> = layer.params().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names[..2], ["weight_ih_l0", "weight_hh_l0"]);
/// assert_eq!(names[4..6], ["weight_ih_l0_reverse", "weight_hh_l0_reverse"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecurrentOptions {
    /// How many layers stand one upon another; 1.
    pub num_layers: usize,
    /// Whether there are biases; yes.
    pub bias: bool,
    /// Whether sequences are `[batch, time, …]` and not `[time, batch, …]`; no.
    pub batch_first: bool,
    /// The probability of a zero between the layers, while training; 0.
    pub dropout: f64,
    /// Whether a second direction reads the sequence from its end; no.
    pub bidirectional: bool,
    /// The width to which an LSTM projects its state; 0 is no projection.
    pub proj_size: usize,
}

impl Default for RecurrentOptions {
    fn default() -> Self {
        Self {
            num_layers: 1,
            bias: true,
            batch_first: false,
            dropout: 0.0,
            bidirectional: false,
            proj_size: 0,
        }
    }
}

/// The weights of one direction of one layer, for `g` gates (1 in an RNN, 4 in an LSTM, 3 in a GRU).
#[derive(Debug, Clone)]
pub struct RecurrentWeights {
    /// Of the input, `[g · hidden, in]`.
    pub weight_ih: Param,
    /// Of the state, `[g · hidden, hidden]`, or `[g · hidden, proj]`.
    pub weight_hh: Param,
    /// `[g · hidden]`.
    pub bias_ih: Option<Param>,
    /// `[g · hidden]`.
    pub bias_hh: Option<Param>,
    /// The projection of an LSTM's state, `[proj, hidden]`.
    pub weight_hr: Option<Param>,
}

params!(RecurrentWeights { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr });

impl RecurrentWeights {
    /// All uniform in `$\pm 1/\sqrt{\mathit{hidden}}$`, F32.
    #[track_caller]
    pub(super) fn new(
        name: &str,
        gates: usize,
        inputs: usize,
        hidden: usize,
        options: &RecurrentOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        let bound = 1.0 / (hidden.max(1) as f64).sqrt();
        let mut draw = |sizes: &[usize]| Param::new(Tensor::uniform(sizes, -bound, bound, &mut *rng));
        let (rows, proj) = (checked_product(name, &[gates, hidden]), options.proj_size);
        Self {
            weight_ih: draw(&[rows, inputs]),
            weight_hh: draw(&[rows, if proj > 0 { proj } else { hidden }]),
            bias_ih: options.bias.then(|| draw(&[rows])),
            bias_hh: options.bias.then(|| draw(&[rows])),
            weight_hr: (proj > 0).then(|| draw(&[proj, hidden])),
        }
    }
}

/// One of the layers that stand one upon another.
#[derive(Debug, Clone)]
pub struct RecurrentLayer {
    /// The direction that reads from the beginning.
    pub forward: RecurrentWeights,
    /// The direction that reads from the end, if there is one.
    pub reverse: Option<RecurrentWeights>,
}

/// The layers that the options ask for.
#[track_caller]
pub(super) fn layers(
    name: &str,
    gates: usize,
    (inputs, hidden): (usize, usize),
    options: &RecurrentOptions,
    rng: &mut impl rand::Rng,
) -> Vec<RecurrentLayer> {
    let RecurrentOptions { num_layers, dropout, bidirectional, proj_size, .. } = *options;
    assert!(hidden > 0, "{name}: the hidden size is 0; it must be at least 1");
    assert!(num_layers > 0, "{name}: num_layers is 0; it must be at least 1");
    assert!((0.0..=1.0).contains(&dropout), "{name}: dropout is {dropout}; it must be in 0 ..= 1");
    assert!(
        proj_size == 0 || gates == 4,
        "{name}: proj_size is {proj_size}; only an LSTM projects its state"
    );
    assert!(
        proj_size < hidden,
        "{name}: proj_size is {proj_size}; it must be smaller than the hidden size, {hidden}"
    );
    checked_product(name, &[gates, hidden]);
    let width = if proj_size > 0 { proj_size } else { hidden };
    let between = checked_product(name, &[if bidirectional { 2 } else { 1 }, width]);
    let layer = |i: usize| {
        let inputs = if i == 0 { inputs } else { between };
        let mut new = || RecurrentWeights::new(name, gates, inputs, hidden, options, &mut *rng);
        RecurrentLayer { forward: new(), reverse: bidirectional.then(new) }
    };
    (0..num_layers).map(layer).collect()
}

/// Visits the parameters of layers by PyTorch's names, `weight_ih_l0` and `weight_ih_l0_reverse`.
macro_rules! params_of_layers {
    ($Name:ident) => {
        impl gradus_autograd::Params for $Name {
            fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a gradus_autograd::Param)) {
                for (i, layer) in self.layers.iter().enumerate() {
                    let directions = [(Some(&layer.forward), ""), (layer.reverse.as_ref(), "_reverse")];
                    for (weights, suffix) in directions {
                        if let Some(weights) = weights {
                            gradus_autograd::Params::visit(weights, "", &mut |name, param| {
                                f(&gradus_autograd::join(prefix, &format!("{name}_l{i}{suffix}")), param);
                            });
                        }
                    }
                }
            }
            fn visit_mut<'a>(
                &'a mut self,
                prefix: &str,
                f: &mut dyn FnMut(&str, &'a mut gradus_autograd::Param),
            ) {
                for (i, layer) in self.layers.iter_mut().enumerate() {
                    let directions = [(Some(&mut layer.forward), ""), (layer.reverse.as_mut(), "_reverse")];
                    for (weights, suffix) in directions {
                        if let Some(weights) = weights {
                            gradus_autograd::Params::visit_mut(weights, "", &mut |name, param| {
                                f(&gradus_autograd::join(prefix, &format!("{name}_l{i}{suffix}")), param);
                            });
                        }
                    }
                }
            }
        }
    };
}
pub(super) use params_of_layers;
