//! Layers and directions run over a sequence, and one step of a cell.

use gradus_autograd::Var;
use gradus_tensor::Tensor;

use super::step::{Kind, Lifted, State};
use super::weights::{RecurrentLayer, RecurrentWeights};
use crate::dropout::Dropout;
use crate::input::place;
use crate::module::Module;

/// What all three layers have.
pub(super) struct Stack<'a> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) layers: &'a [RecurrentLayer],
    pub(super) batch_first: bool,
    pub(super) dropout: f64,
}

/// Where each sequence still runs: for each step which of the batch, `[batch, 1]`; `None` where all do.
type Running = Vec<Option<Tensor>>;

/// The inputs `[time, batch, in]` with 0 where a sequence does not run: what stands there, NaN perhaps, reaches no gradient.
fn without_ended<'t>(x: Var<'t>, running: Option<&Running>) -> Var<'t> {
    let Some(running) = running.filter(|running| running.iter().any(Option::is_some)) else { return x };
    let kept = |(x, on): (Var<'t>, &Option<Tensor>)| match on {
        Some(on) => x.masked_fill(&on.logical_not(), 0.0),
        None => x,
    };
    let steps: Vec<Var<'t>> = x.unbind(0).into_iter().zip(running).map(kept).collect();
    Var::stack(&steps, 0)
}

impl Stack<'_> {
    /// The last layer's states at all steps, and all layers' last states.
    #[track_caller]
    pub(super) fn run<'t>(
        &self,
        x: Var<'t>,
        start: Option<State<'t>>,
        lengths: Option<&[usize]>,
    ) -> (Var<'t>, State<'t>) {
        let unbatched = self.check_input(x);
        let sequence = match (unbatched, self.batch_first) {
            (true, _) => x.unsqueeze(1),
            (false, true) => x.transpose(0, 1),
            (false, false) => x,
        };
        let shape = sequence.shape();
        let running = self.running(lengths, shape[0], shape[1]);
        let starts = self.starts(sequence, start, unbatched);
        let (mut y, mut ends, mut starts) = (sequence, Vec::new(), starts.into_iter());
        for (i, layer) in self.layers.iter().enumerate() {
            let mut outputs = Vec::with_capacity(2);
            for (weights, backwards) in [(Some(&layer.forward), false), (layer.reverse.as_ref(), true)] {
                let Some(weights) = weights else { continue };
                let start = starts.next().expect("a state for each direction");
                let (out, end) = self.direction(y, weights, start, backwards, running.as_ref());
                outputs.push(out);
                ends.push(end);
            }
            y = if outputs.len() == 1 { outputs[0] } else { Var::cat(&outputs, -1) };
            if self.dropout != 0.0 && i + 1 < self.layers.len() {
                y = Dropout { p: self.dropout }.forward(y);
            }
        }
        let together = |of: &dyn Fn(&State<'t>) -> Var<'t>| {
            let all = Var::stack(&ends.iter().map(of).collect::<Vec<_>>(), 0);
            if unbatched { all.squeeze_axis(1) } else { all }
        };
        let c = ends[0].c.is_some().then(|| together(&|end| end.c.expect("all have cells or none has")));
        let y = match (unbatched, self.batch_first) {
            (true, _) => y.squeeze_axis(1),
            (false, true) => y.transpose(0, 1),
            (false, false) => y,
        };
        (y, State { h: together(&|end| end.h), c })
    }

    /// One direction of one layer over `[time, batch, in]`.
    fn direction<'t>(
        &self,
        x: Var<'t>,
        weights: &RecurrentWeights,
        start: State<'t>,
        backwards: bool,
        running: Option<&Running>,
    ) -> (Var<'t>, State<'t>) {
        let weights = Lifted::of(x.tape(), weights);
        if running.is_none()
            && let Some(all) = weights.sequence(self.kind, x, start, backwards)
        {
            return all;
        }
        let inputs = weights.inputs(self.kind, without_ended(x, running)).unbind(0);
        let steps = inputs.len();
        let mut outputs = vec![start.h; steps];
        let mut state = start;
        for i in 0..steps {
            let t = if backwards { steps - 1 - i } else { i };
            let new = weights.step(self.kind, inputs[t], state);
            (state, outputs[t]) = match running.and_then(|running| running[t].as_ref()) {
                None => (new, new.h),
                // A sequence that has ended, or from behind has not begun, keeps its state and gives 0.
                Some(on) => {
                    let c = new.c.zip(state.c).map(|(new, old)| new.where_(on, old));
                    (State { h: new.h.where_(on, state.h), c }, new.h.masked_fill(&on.logical_not(), 0.0))
                }
            };
        }
        (Var::stack(&outputs, 0), state)
    }

    /// Panics unless this is a sequence; says whether it is one without a batch.
    #[track_caller]
    fn check_input(&self, x: Var<'_>) -> bool {
        let (name, shape) = (self.name, x.shape());
        assert!(!self.layers.is_empty(), "{name}: it has no layers");
        let width = self.layers[0].forward.weight_ih.shape()[1];
        let axes = if self.batch_first { "[batch, time" } else { "[time, batch" };
        assert!(
            matches!(shape.len(), 2 | 3) && shape.last() == Some(&width),
            "{name}: the input must be {axes}, {width}], or [time, {width}] without a batch, got {shape}{}",
            place()
        );
        let unbatched = shape.len() == 2;
        let steps = shape[usize::from(!unbatched && self.batch_first)];
        assert!(
            steps > 0,
            "{name}: the input {shape} has no steps; a sequence needs at least one{}",
            place()
        );
        unbatched
    }

    /// The state of each layer and direction in front of the first step: zeros, if none is given.
    #[track_caller]
    fn starts<'t>(&self, x: Var<'t>, start: Option<State<'t>>, unbatched: bool) -> Vec<State<'t>> {
        let (batch, first) = (x.shape()[1], &self.layers[0].forward);
        let count: usize = self.layers.iter().map(|layer| 1 + usize::from(layer.reverse.is_some())).sum();
        let dtype = x.dtype().promote(first.weight_hh.value().dtype());
        let width = first.weight_hh.shape()[1];
        let cell = first.weight_hr.as_ref().map_or(width, |weight| weight.shape()[1]);
        let zeros = |width: usize| vec![x.tape().constant(Tensor::zeros_of([batch, width], dtype)); count];
        let h = match start {
            Some(State { h, .. }) => self.parts(h, "the state h", [count, batch, width], unbatched),
            None => zeros(width),
        };
        if !matches!(self.kind, Kind::Lstm) {
            return h.into_iter().map(|h| State { h, c: None }).collect();
        }
        let c = match start {
            Some(State { c: Some(c), .. }) => self.parts(c, "the cell c", [count, batch, cell], unbatched),
            _ => zeros(cell),
        };
        h.into_iter().zip(c).map(|(h, c)| State { h, c: Some(c) }).collect()
    }

    /// A given state by layers and directions.
    #[track_caller]
    fn parts<'t>(
        &self,
        given: Var<'t>,
        what: &str,
        [count, batch, width]: [usize; 3],
        unbatched: bool,
    ) -> Vec<Var<'t>> {
        let (name, found) = (self.name, given.shape());
        let given = if unbatched && given.rank() == 2 { given.unsqueeze(1) } else { given };
        let batched = format!("[{count}, {batch}, {width}] (layers and directions, batch, width)");
        let want = if unbatched { format!("[{count}, {width}]") } else { batched };
        assert!(given.shape() == [count, batch, width], "{name}: {what} must be {want}, got {found}");
        given.unbind(0)
    }

    #[track_caller]
    fn running(&self, lengths: Option<&[usize]>, steps: usize, batch: usize) -> Option<Running> {
        let (name, lengths) = (self.name, lengths?);
        assert!(
            lengths.len() == batch,
            "{name}: {} lengths for a batch of {batch}; each sequence needs one{}",
            lengths.len(),
            place()
        );
        let most = lengths.iter().copied().max().unwrap_or(0);
        assert!(most <= steps, "{name}: a length is {most}, and the sequences have {steps} steps");
        let least = lengths.iter().copied().min().unwrap_or(0);
        let on = |t: usize| {
            Tensor::from_vec(lengths.iter().map(|&length| t < length).collect::<Vec<_>>(), [batch, 1])
        };
        Some((0..steps).map(|t| (t >= least).then(|| on(t))).collect())
    }
}

/// One step of a cell: `[batch, in]` with a state `[batch, hidden]`, both without the batch, or no state, which is zeros.
#[track_caller]
pub(super) fn step<'t>(
    name: &str,
    kind: Kind,
    weights: &Lifted<'t>,
    [inputs, hidden]: [usize; 2],
    x: Var<'t>,
    state: Option<State<'t>>,
) -> State<'t> {
    let shape = x.shape();
    assert!(
        matches!(shape.len(), 1 | 2) && shape.last() == Some(&inputs),
        "{name}: the input must be [batch, {inputs}], or [{inputs}] without a batch, got {shape}{}",
        place()
    );
    let wanted = shape.with(shape.len() - 1, hidden);
    let gates = weights.inputs(kind, x);
    let lstm = matches!(kind, Kind::Lstm);
    let state = state.unwrap_or_else(|| {
        let zeros = x.tape().constant(Tensor::zeros_of(wanted, gates.dtype()));
        State { h: zeros, c: lstm.then_some(zeros) }
    });
    for (what, part) in [("the state h", Some(state.h)), ("the cell c", state.c)] {
        let found = part.map_or(wanted, Var::shape);
        assert!(found == wanted, "{name}: {what} must be {wanted} for an input {shape}, got {found}");
    }
    weights.step(kind, gates, state)
}

#[cfg(test)]
mod tests {
    use crate::{Gru, GruCell, Lstm, LstmCell, Module, RecurrentOptions, Rnn, RnnCell};
    use gradus_autograd::{Params, Tape, Var};
    use gradus_tensor::{DType, Tensor, rng};

    fn deep() -> RecurrentOptions {
        RecurrentOptions { num_layers: 2, bidirectional: true, ..RecurrentOptions::default() }
    }

    /// Steps of a cell one by one, and the layer with the same weights, at once.
    #[test]
    fn a_layer_is_its_cell_step_by_step() {
        let mut rng = rng(0);
        let x = Tensor::randn([4, 2, 3], &mut rng);
        let tape = Tape::new();
        let x = tape.constant(&x);
        macro_rules! same {
            ($Layer:ident, $Cell:ident, $h:expr) => {
                let (mut layer, cell) = ($Layer::new(3, 5, &mut rng), $Cell::new(3, 5, &mut rng));
                for ((_, own), (_, other)) in layer.params_mut().into_iter().zip(cell.params()) {
                    own.set(other.value().clone());
                }
                let (y, _) = layer.run(x, None);
                let mut state = None;
                for (t, x) in x.unbind(0).into_iter().enumerate() {
                    let next = cell.step(x, state);
                    let h: Var<'_> = $h(next);
                    assert!(h.value().allclose(&y.select(0, t as isize).value(), 1e-6, 1e-6), "step {t}");
                    state = Some(next);
                }
            };
        }
        same!(Rnn, RnnCell, |h| h);
        same!(Gru, GruCell, |h| h);
        same!(Lstm, LstmCell, |(h, _)| h);
    }

    /// The numbers of PyTorch 2.15 for a packed sequence; every parameter goes evenly from -1 to 1.
    #[test]
    fn packed_sequences_give_pytorchs_numbers() {
        let options = RecurrentOptions { bidirectional: true, ..RecurrentOptions::default() };
        let mut layer = Lstm::with_options(2, 1, &options, &mut rng(0));
        layer.convert(DType::F64);
        let even = |from: f64, to: f64, n: usize| Tensor::linspace_of(from, to, n, DType::F64);
        layer.visit_mut("", &mut |_, param| {
            let shape = *param.shape();
            param.set(even(-1.0, 1.0, shape.elements()).reshape(shape));
        });
        let tape = Tape::new();
        let x = tape.constant(even(-1.0, 2.0, 12).reshape([3, 2, 2]));
        let (y, (h, c)) = layer.run_lengths(x, None, &[1, 3]);
        let near = |x: Var<'_>, want: &[f64]| {
            let want = Tensor::from_slice(want, want.len());
            assert!(x.flatten().value().allclose(&want, 1e-12, 0.0), "{x} instead of {want}");
        };
        let [a, b, d, e] = [
            0.050_692_800_975_515_58,
            0.012_937_802_414_411_078,
            0.085_915_175_592_286_33,
            0.005_380_899_061_677_195,
        ];
        let [f, g, i] = [0.076_449_926_651_984_66, 0.049_549_353_698_512_655, 0.029_676_534_828_180_733];
        near(y, &[a, a, f, d, 0.0, 0.0, g, i, 0.0, 0.0, b, e]);
        near(h, &[a, b, a, d]);
        let [c0, c1, c3] = [0.079_863_512_632_304_22, 0.013_004_202_186_679_132, 0.105_030_645_970_259_82];
        near(c, &[c0, c1, c0, c3]);
    }

    /// What PyTorch does with packed sequences: each runs as if it were alone and as long as it is.
    #[test]
    fn sequences_of_unequal_length_run_as_if_alone() {
        let mut rng = rng(1);
        let x = Tensor::randn_of([4, 3, 2], DType::F64, &mut rng);
        let options = RecurrentOptions { proj_size: 2, ..deep() };
        let mut layer = Lstm::with_options(2, 3, &options, &mut rng);
        layer.convert(DType::F64);
        let tape = Tape::new();
        let lengths = [4, 1, 2];
        let (y, (h, c)) = layer.run_lengths(tape.constant(&x), None, &lengths);
        for (i, &length) in lengths.iter().enumerate() {
            let alone = tape.constant(x.narrow(1, i, 1).narrow(0, 0, length));
            let (y1, (h1, c1)) = layer.run(alone, None);
            let close = |a: Var<'_>, b: Var<'_>| assert!(a.value().allclose(&b.value(), 1e-12, 1e-12));
            close(y.narrow(1, i, 1).narrow(0, 0, length), y1);
            close(h.narrow(1, i, 1), h1);
            close(c.narrow(1, i, 1), c1);
            let behind = y.narrow(1, i, 1).narrow(0, length, 4 - length).value();
            assert!(behind.to_f64_vec().iter().all(|&y| y == 0.0));
        }
    }

    #[test]
    fn nothing_behind_its_length_is_seen() {
        let layer = Gru::with_options(2, 3, &deep(), &mut rng(2));
        let tape = Tape::new();
        let x = tape.var(Tensor::randn([4, 2, 2], &mut rng(3)));
        let (y, h) = layer.run_lengths(x, None, &[4, 2]);
        let slope = (y.sin().sum() + h.sin().sum()).backward().wrt(x);
        let of = |sequence: isize, t: isize| slope.select(0, t).select(0, sequence).abs().sum().item();
        assert!(of(0, 3) > 0.0 && of(1, 1) > 0.0);
        assert_eq!((of(1, 2), of(1, 3)), (0.0, 0.0));
    }

    #[test]
    fn nan_behind_a_length_reaches_no_gradient() {
        macro_rules! finite {
            ($($Layer:ident)*) => {$(
                let layer = $Layer::with_options(1, 2, &deep(), &mut rng(2));
                let tape = Tape::new();
                let x = Tensor::from([0.3f32, -0.2, 0.5, f32::NAN, 0.1, f32::INFINITY]).reshape([3, 2, 1]);
                let x = tape.var(x);
                let grads = layer.run_lengths(x, None, &[3, 1]).0.sum().backward();
                let of_params = layer.params().into_iter().map(|(_, param)| grads.get(param).expect("a gradient").abs().sum().item());
                assert!(of_params.chain([grads.wrt(x).abs().sum().item()]).all(f64::is_finite));
            )*};
        }
        finite!(Rnn Gru Lstm);
    }

    #[test]
    fn dropout_stands_between_the_layers() {
        let options = RecurrentOptions { dropout: 0.5, num_layers: 2, ..RecurrentOptions::default() };
        let layer = Rnn::with_options(2, 64, &options, &mut rng(4));
        let x = Tensor::ones([1, 1, 2]);
        let ends = |tape: &Tape| {
            let h = layer.run(tape.constant(&x), None).1;
            [0, 1].map(|i| h.select(0, i).value().to_f64_vec())
        };
        let (plain, trained) = (ends(&Tape::inference()), ends(&Tape::training(0)));
        assert_eq!(plain[0], trained[0], "nothing is dropped behind the last step of a layer");
        assert_ne!(plain[1], trained[1], "the second layer reads what is left");
    }

    #[test]
    #[should_panic(
        expected = "lstm: the input must be [time, batch, 3], or [time, 3] without a batch, got [5, 2, 4]"
    )]
    fn a_wrong_width_is_named() {
        Lstm::new(3, 4, &mut rng(0)).predict(&Tensor::zeros([5, 2, 4]));
    }

    #[test]
    #[should_panic(
        expected = "gru: the state h must be [1, 2, 4] (layers and directions, batch, width), got [2, 4]"
    )]
    fn a_wrong_state_is_named() {
        let tape = Tape::new();
        let [x, h] = [&[5, 2, 3][..], &[2, 4]].map(|sizes| tape.constant(Tensor::zeros(sizes)));
        Gru::new(3, 4, &mut rng(0)).run(x, Some(h));
    }

    #[test]
    #[should_panic(expected = "rnn: a length is 6, and the sequences have 5 steps")]
    fn a_length_out_of_range_is_named() {
        let tape = Tape::new();
        let x = tape.constant(Tensor::zeros([5, 2, 3]));
        Rnn::new(3, 4, &mut rng(0)).run_lengths(x, None, &[6, 1]);
    }

    #[test]
    #[should_panic(expected = "gru: proj_size is 2; only an LSTM projects its state")]
    fn a_projection_of_a_gru_is_refused() {
        let options = RecurrentOptions { proj_size: 2, ..RecurrentOptions::default() };
        Gru::with_options(3, 4, &options, &mut rng(0));
    }

    #[test]
    #[should_panic(expected = "lstm_cell: the cell c must be [2, 4] for an input [2, 3], got [2, 3]")]
    fn a_wrong_cell_is_named() {
        let tape = Tape::new();
        let [x, h] = [[2, 3], [2, 4]].map(|sizes| tape.constant(Tensor::zeros(sizes)));
        LstmCell::new(3, 4, &mut rng(0)).step(x, Some((h, x)));
    }
}
