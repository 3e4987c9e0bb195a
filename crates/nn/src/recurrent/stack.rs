//! Layers and directions run over a sequence, and one step of a cell.

use gradus_autograd::Var;
use gradus_tensor::{Shape, Tensor};

use super::step::{Kind, Lifted, State};
use super::weights::{RecurrentLayer, RecurrentWeights};
use crate::dropout::Dropout;
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
        let running = lengths.map(|lengths| self.running(lengths, shape[0], shape[1]));
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
            if self.dropout > 0.0 && i + 1 < self.layers.len() {
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
        let inputs = weights.inputs(self.kind, x).unbind(0);
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
            "{name}: the input must be {axes}, {width}], or [time, {width}] without a batch, got {shape}"
        );
        let unbatched = shape.len() == 2;
        let steps = shape[usize::from(!unbatched && self.batch_first)];
        assert!(steps > 0, "{name}: the input {shape} has no steps; a sequence needs at least one");
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
        let all = |given: Option<Var<'t>>, what: &str, width: usize| {
            let Some(given) = given else {
                let zeros = x.tape().constant(Tensor::zeros_of([batch, width], dtype));
                return vec![zeros; count];
            };
            let given = if unbatched && given.rank() == 2 { given.unsqueeze(1) } else { given };
            self.check_state(&given.shape(), what, [count, batch, width], unbatched);
            given.unbind(0)
        };
        let h = all(start.map(|start| start.h), "the state h", width);
        if !matches!(self.kind, Kind::Lstm) {
            return h.into_iter().map(|h| State { h, c: None }).collect();
        }
        let c = all(start.and_then(|start| start.c), "the cell c", cell);
        h.into_iter().zip(c).map(|(h, c)| State { h, c: Some(c) }).collect()
    }

    #[track_caller]
    fn check_state(&self, found: &Shape, what: &str, [count, batch, width]: [usize; 3], unbatched: bool) {
        let batched = format!("[{count}, {batch}, {width}] (layers and directions, batch, width)");
        let want = if unbatched { format!("[{count}, {width}]") } else { batched };
        assert!(**found == [count, batch, width], "{}: {what} must be {want}, got {found}", self.name);
    }

    #[track_caller]
    fn running(&self, lengths: &[usize], steps: usize, batch: usize) -> Running {
        let name = self.name;
        assert!(
            lengths.len() == batch,
            "{name}: {} lengths for a batch of {batch}; each sequence needs one",
            lengths.len()
        );
        let most = lengths.iter().copied().max().unwrap_or(0);
        assert!(most <= steps, "{name}: a length is {most}, and the sequences have {steps} steps");
        let least = lengths.iter().copied().min().unwrap_or(0);
        let on = |t: usize| {
            Tensor::from_vec(lengths.iter().map(|&length| t < length).collect::<Vec<_>>(), [batch, 1])
        };
        (0..steps).map(|t| (t >= least).then(|| on(t))).collect()
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
        "{name}: the input must be [batch, {inputs}], or [{inputs}] without a batch, got {shape}"
    );
    let wanted = shape.with(shape.len() - 1, hidden);
    let gates = weights.inputs(kind, x);
    let lstm = matches!(kind, Kind::Lstm);
    let state = match state {
        Some(state) => state,
        None => {
            let zeros = x.tape().constant(Tensor::zeros_of(wanted, gates.dtype()));
            State { h: zeros, c: lstm.then_some(zeros) }
        }
    };
    for (what, part) in [("the state h", Some(state.h)), ("the cell c", state.c)] {
        let found = part.map_or(wanted, Var::shape);
        assert!(found == wanted, "{name}: {what} must be {wanted} for an input {shape}, got {found}");
    }
    weights.step(kind, gates, state)
}
