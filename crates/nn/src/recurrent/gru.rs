//! The gated recurrent unit and its cell.

use gradus_autograd::{Param, Var, params};

use super::stack::{Stack, step};
use super::step::{Kind, Lifted, State};
use super::weights::{RecurrentLayer, RecurrentOptions, RecurrentWeights, layers, params_of_layers};
use crate::module::Module;

/// `$h_t = (1 - z_t)\,n_t + z_t h_{t-1}$` over a sequence: `[time, batch, in]` to `[time, batch, hidden]`, with both directions
/// `[time, batch, 2 · hidden]`. As a [`Module`] it begins with a state of zeros and gives the sequence.
///
/// ```math
/// r_t = \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{t-1} + b_{hr}), \quad
/// z_t = \sigma(W_{iz} x_t + b_{iz} + W_{hz} h_{t-1} + b_{hz}), \quad
/// n_t = \tanh(W_{in} x_t + b_{in} + r_t\,(W_{hn} h_{t-1} + b_{hn}))
/// ```
///
/// The rows of the weights are those of r, z and n.
///
/// ```
/// use gradus_nn::{Gru, Module};
/// use gradus_tensor::{Tensor, rng};
///
/// let layer = Gru::new(3, 4, &mut rng(0));
/// assert_eq!(layer.predict(&Tensor::ones([5, 2, 3])).shape()[..], [5, 2, 4]); // 5 steps, 2 sequences
/// ```
///
/// # Source
/// Cho et al. 2014, equations 5 to 8; PyTorch's `nn.GRU`.
///
/// # Differs
/// From the paper, as PyTorch does: z keeps the state and 1 - z takes the new value, and r multiplies the product with the state.
#[doc(alias = "GRU")]
#[derive(Debug, Clone)]
pub struct Gru {
    /// The layers, the first reads the input.
    pub layers: Vec<RecurrentLayer>,
    /// Whether sequences are `[batch, time, …]`.
    pub batch_first: bool,
    /// The probability of a zero between the layers, while training.
    pub dropout: f64,
}

params_of_layers!(Gru);

impl Gru {
    /// One layer in one direction, all parameters uniform in `$\pm 1/\sqrt{\mathit{hidden}}$`, F32.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize, rng: &mut impl rand::Rng) -> Self {
        Self::with_options(inputs, hidden, &RecurrentOptions::default(), rng)
    }

    /// As the options say.
    ///
    /// # Panics
    /// If the hidden size or the number of layers is 0, or if there is a projection.
    #[track_caller]
    pub fn with_options(
        inputs: usize,
        hidden: usize,
        options: &RecurrentOptions,
        rng: &mut impl rand::Rng,
    ) -> Self {
        let layers = layers("gru", 3, (inputs, hidden), options, rng);
        let RecurrentOptions { batch_first, dropout, .. } = *options;
        Self { layers, batch_first, dropout }
    }

    /// The sequence of the last layer's states, and the last state of every layer and direction,
    /// `[layers · directions, batch, hidden]`. Without a state it begins with zeros. A sequence without a batch, `[time, in]`, has a
    /// state without one.
    ///
    /// ```
    /// use gradus_autograd::Tape;
    /// use gradus_nn::Gru;
    /// use gradus_tensor::{Tensor, rng};
    /// let (layer, tape) = (Gru::new(3, 4, &mut rng(0)), Tape::new());
    /// let (y, h) = layer.run(tape.constant(Tensor::ones([5, 2, 3])), None);
    /// assert_eq!(y.select(0, -1).value(), h.select(0, 0).value());
    /// let (_, later) = layer.run(tape.constant(Tensor::ones([7, 2, 3])), Some(h)); // goes on from there
    /// assert_eq!(later.shape()[..], [1, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn run<'t>(&self, x: Var<'t>, state: Option<Var<'t>>) -> (Var<'t>, Var<'t>) {
        let (y, end) = self.stack().run(x, state.map(|h| State { h, c: None }), None);
        (y, end.h)
    }

    /// As [`Self::run`] for sequences of unequal length: behind its length a sequence gives 0, its last state is that at its
    /// length, and the other direction begins there.
    ///
    /// # Panics
    /// If there is not one length for each sequence, or one is larger than the number of steps.
    #[doc(alias = "pack_padded_sequence")]
    #[track_caller]
    pub fn run_lengths<'t>(
        &self,
        x: Var<'t>,
        state: Option<Var<'t>>,
        lengths: &[usize],
    ) -> (Var<'t>, Var<'t>) {
        let (y, end) = self.stack().run(x, state.map(|h| State { h, c: None }), Some(lengths));
        (y, end.h)
    }

    fn stack(&self) -> Stack<'_> {
        let Self { layers, batch_first, dropout } = self;
        Stack { name: "gru", kind: Kind::Gru, layers, batch_first: *batch_first, dropout: *dropout }
    }
}

impl Module for Gru {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.run(x, None).0
    }
}

/// One step of an [`Gru`]: `[batch, in]` and a state `[batch, hidden]` to the next state.
///
/// ```
/// use gradus_autograd::Tape;
/// use gradus_nn::GruCell;
/// use gradus_tensor::{Tensor, rng};
/// let (cell, tape) = (GruCell::new(3, 4, &mut rng(0)), Tape::new());
/// let x = tape.constant(Tensor::ones([2, 3]));
/// let h = cell.step(x, None);
/// assert_eq!(cell.step(x, Some(h)).shape()[..], [2, 4]);
/// ```
///
/// # Source
/// PyTorch's `nn.GRUCell`.
#[doc(alias = "GRUCell")]
#[derive(Debug, Clone)]
pub struct GruCell {
    /// `[3 · hidden, in]`.
    pub weight_ih: Param,
    /// `[3 · hidden, hidden]`.
    pub weight_hh: Param,
    /// `[3 · hidden]`.
    pub bias_ih: Option<Param>,
    /// `[3 · hidden]`.
    pub bias_hh: Option<Param>,
}

params!(GruCell { weight_ih, weight_hh, bias_ih, bias_hh });

impl GruCell {
    /// All parameters uniform in `$\pm 1/\sqrt{\mathit{hidden}}$`, F32.
    #[track_caller]
    pub fn new(inputs: usize, hidden: usize, rng: &mut impl rand::Rng) -> Self {
        let new = RecurrentWeights::new("gru_cell", 3, inputs, hidden, &RecurrentOptions::default(), rng);
        let RecurrentWeights { weight_ih, weight_hh, bias_ih, bias_hh, .. } = new;
        Self { weight_ih, weight_hh, bias_ih, bias_hh }
    }

    /// The next state; without one it begins with zeros.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn step<'t>(&self, x: Var<'t>, state: Option<Var<'t>>) -> Var<'t> {
        let Self { weight_ih, weight_hh, bias_ih, bias_hh } = self;
        let lifted = Lifted::of_cell(x.tape(), [weight_ih, weight_hh], [bias_ih, bias_hh]);
        let sizes = [weight_ih.shape()[1], weight_hh.shape()[1]];
        let state = state.map(|h| State { h, c: None });
        step("gru_cell", Kind::Gru, &lifted, sizes, x, state).h
    }
}

impl Module for GruCell {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.step(x, None)
    }
}
