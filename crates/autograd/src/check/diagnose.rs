//! What went wrong: where a NaN or an infinity came from, and why a gradient is zero or missing.

use std::fmt;

use gradus_tensor::{DType, Tensor};

use super::display::{brief, formula};
use super::flat::unravel;
use super::node;
use super::report::{Place, place};
use super::trace::{TraceStep, sweep};
use crate::gradients::Gradients;
use crate::model::param::Param;
use crate::tape::Tape;
use crate::var::Var;

/// Which pass of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Values.
    Forward,
    /// Gradients.
    Backward,
}

/// The first NaN or infinity.
#[derive(Debug, Clone)]
pub struct Anomaly {
    /// In the values or in the gradients.
    pub pass: Pass,
    /// The operation that produced it.
    pub place: Place,
    /// What it is: `ln(%3)`.
    pub formula: String,
    /// Its inputs, by number: in the backward pass with the gradient that arrived last, under the number of the node.
    pub inputs: Vec<(usize, Tensor)>,
    /// What it produced: its value, or what its rule gave.
    pub result: Tensor,
    /// The place of the first bad element.
    pub index: Vec<usize>,
    /// The bad element.
    pub element: f64,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pass = if self.pass == Pass::Forward { "forward" } else { "backward" };
        let line = self.place.line;
        let at = if self.index.is_empty() { String::new() } else { format!(" at {:?}", self.index) };
        write!(f, "{pass}: {}{at} first in %{} = {}", self.element, self.place.node, self.formula)?;
        write!(f, " ({}:{})", line.file(), line.line())?;
        for (id, x) in &self.inputs {
            let name = if *id == self.place.node { "gradient of " } else { "" };
            write!(f, "\n    {name}%{id} = {}", around(x, &self.index))?;
        }
        write!(f, "\n    gives {}", around(&self.result, &self.index))
    }
}

/// A value, or for a large one of the same shape the element in question.
fn around(x: &Tensor, index: &[usize]) -> String {
    if x.elements() <= 6 || x.rank() != index.len() || index.iter().zip(x.shape().iter()).any(|(i, n)| i >= n)
    {
        return brief(x);
    }
    let element = index.iter().fold(x.clone(), |x, &i| x.select(0, i as isize));
    format!("{} at {index:?}, {}", crate::check::display::number(element.item()), brief(x))
}

/// The first element that is no finite number.
fn bad(x: &Tensor) -> Option<(Vec<usize>, f64)> {
    let found = x
        .dtype()
        .is_float()
        .then(|| x.to_f64_vec())?
        .into_iter()
        .enumerate()
        .find(|(_, v)| !v.is_finite())?;
    Some((unravel(found.0, x.shape()), found.1))
}

impl Tape {
    /// The first operation that produced a NaN or an infinity: among the values, in the order of the tape; if these are
    /// finite, among the gradients of the last scalar. `None` if all is finite. Values that were freed are not looked at.
    pub fn detect_anomalies(&self) -> Option<Anomaly> {
        let live = self.live();
        let found = (0..self.len()).filter(|&id| live[id]).find_map(|id| forward_anomaly(self, id));
        let scalar = |id: &usize| {
            let x = Var { tape: self, id: *id as u32 };
            x.elements() == 1 && x.needs() && !node::parts(self, *id).0.is_leaf()
        };
        found.or_else(|| {
            let root = (0..self.len()).rev().find(scalar)?;
            backward_anomaly(Var { tape: self, id: root as u32 })
        })
    }

    /// For each node, whether its value is there or can be computed when it is asked for.
    pub(crate) fn live(&self) -> Vec<bool> {
        let inner = self.inner.borrow();
        let mut live: Vec<bool> = Vec::with_capacity(inner.nodes.len());
        for node in &inner.nodes {
            let there = inner.values.is_there(node.slot);
            let inputs = inner.inputs(node);
            live.push(there || (node.ty.is_lazy() && inputs.iter().all(|&i| live[i as usize])));
        }
        live
    }
}

fn forward_anomaly(tape: &Tape, id: usize) -> Option<Anomaly> {
    let result = Var { tape, id: id as u32 }.value();
    let (index, element) = bad(&result)?;
    Some(Anomaly {
        pass: Pass::Forward,
        place: place(tape, id),
        formula: text(tape, id),
        inputs: numbered_inputs(tape, id),
        result,
        index,
        element,
    })
}

fn numbered_inputs(tape: &Tape, id: usize) -> Vec<(usize, Tensor)> {
    let inputs = node::parts(tape, id).1;
    inputs.iter().map(|&id| (id as usize, Var { tape, id }.value())).collect()
}

fn text(tape: &Tape, id: usize) -> String {
    let inner = tape.inner.borrow();
    formula(&inner, &inner.nodes[id])
}

fn backward_anomaly(root: Var<'_>) -> Option<Anomaly> {
    let mut found = None;
    let _ = sweep(root, |step: TraceStep| {
        let bad_part = step.parts.iter().find_map(|part| Some((part, bad(&part.contribution)?)));
        if let (None, Some((part, (index, element)))) = (&found, bad_part) {
            let mut inputs = numbered_inputs(root.tape, step.node);
            inputs.push((step.node, step.upstream.clone()));
            let result = part.contribution.clone();
            let place = place(root.tape, step.node);
            let formula = step.formula.clone();
            found = Some(Anomaly { pass: Pass::Backward, place, formula, inputs, result, index, element });
        }
    });
    found
}

/// Why the gradient of a parameter is zero or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyZero {
    /// The parameter was not put on this tape: the function does not use it.
    NotUsed,
    /// It is frozen or a buffer, or the tape does not record.
    NotTrainable,
    /// It is used, but the result does not depend on it (or its value was taken off the tape with `.value()`).
    NotReached,
    /// On each way to the result something stops gradients; this is the first such place.
    Stopped(Place),
    /// The slope of this operation is zero everywhere: a dead ReLU, a step, a saturated function.
    ZeroSlope(Place),
    /// Gradient and slope at this operation are not zero, but their product is too small for the type.
    Underflow(Place),
    /// Contributions that are not zero cancel.
    Cancelled(Place),
}

impl fmt::Display for WhyZero {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUsed => write!(f, "not used: the parameter is not on the tape"),
            Self::NotTrainable => {
                write!(f, "not trainable: it is frozen, a buffer, or the tape does not record")
            }
            Self::NotReached => write!(f, "not reached: the result does not depend on it"),
            Self::Stopped(place) => write!(f, "stopped: no gradient passes {place:#}"),
            Self::ZeroSlope(place) => {
                let examples = "a step, a saturated function, a ReLU of nothing above 0";
                write!(f, "zero slope: {place:#} passes nothing on at this point (such as {examples})")
            }
            Self::Underflow(place) => {
                write!(f, "underflow: at {place:#} gradient times slope is too small for the type")
            }
            Self::Cancelled(place) => write!(f, "cancelled: what {place:#} receives adds up to 0"),
        }
    }
}

impl Gradients {
    /// Why the gradient of `param` is zero or missing, given the result that these gradients are of; `None` if it is not
    /// zero. The tape must still be there: in the scoped form, call [`Var::why_zero`] within.
    pub fn why_zero(&self, param: &Param, result: Var<'_>) -> Option<WhyZero> {
        match self.get(param) {
            Some(g) if any_nonzero(g) => None,
            _ => result.why_zero(param),
        }
    }
}

fn any_nonzero(x: &Tensor) -> bool {
    x.to_f64_vec().iter().any(|&v| v != 0.0)
}

/// # Why a gradient is zero
impl Var<'_> {
    /// Why the gradient of this scalar in `param` is zero or missing; `None` if it is neither.
    ///
    /// ```
    /// use gradus_autograd::{Param, Tape, WhyZero};
    /// use gradus_tensor::Tensor;
    /// let w = Param::new(Tensor::from([-1.0, -2.0]));
    /// let tape = Tape::new();
    /// let loss = tape.param(&w).relu().sum();
    /// assert!(matches!(loss.why_zero(&w), Some(WhyZero::ZeroSlope(place)) if place.op == "relu"));
    /// ```
    ///
    /// # Panics
    /// If this value is not a scalar.
    #[track_caller]
    pub fn why_zero(self, param: &Param) -> Option<WhyZero> {
        self.check_scalar("why_zero");
        let tape = self.tape;
        let found = tape.inner.borrow().params.get(&param.id()).copied();
        let Some(id) = found else { return Some(WhyZero::NotUsed) };
        if !(Var { tape, id }).needs() {
            return Some(WhyZero::NotTrainable);
        }
        let start = id as usize;
        let used = on_the_way(self, start, false);
        if !used[self.index()] {
            return Some(WhyZero::NotReached);
        }
        let way = on_the_way(self, start, true);
        if !way[self.index()] {
            let stop =
                (start..=self.index()).find(|&id| used[id] && !way[id]).expect("the way ends somewhere");
            return Some(WhyZero::Stopped(place(tape, stop)));
        }
        lost_on_the_way(self, start, &way)
    }
}

/// Which nodes depend on `start` and lead to `root`; `alive` follows only those that gradients pass.
fn on_the_way(root: Var<'_>, start: usize, alive: bool) -> Vec<bool> {
    let inner = root.tape.inner.borrow();
    let mut from = vec![false; root.index() + 1];
    if start < from.len() {
        from[start] = true;
    }
    for id in start + 1..from.len() {
        let node = &inner.nodes[id];
        from[id] = (node.needs() || !alive) && inner.inputs(node).iter().any(|&i| from[i as usize]);
    }
    let mut leads = vec![false; from.len()];
    leads[root.index()] = true;
    for id in (0..from.len()).rev() {
        if leads[id] {
            inner.inputs(&inner.nodes[id]).iter().for_each(|&i| leads[i as usize] = true);
        }
    }
    from.iter().zip(&leads).map(|(a, b)| *a && *b).collect()
}

/// The first node of the sweep, among those on the way, behind which nothing is left.
fn lost_on_the_way(root: Var<'_>, start: usize, way: &[bool]) -> Option<WhyZero> {
    let tape = root.tape;
    let mut culprit = None;
    let sums = sweep(root, |step| {
        if culprit.is_some() || !way[step.node] || !any_nonzero(&step.upstream) {
            return;
        }
        let parts: Vec<_> = step.parts.iter().filter(|part| way[part.input]).collect();
        if parts.iter().any(|part| any_nonzero(&part.contribution)) {
            return;
        }
        let place = place(tape, step.node);
        let slopes = parts.iter().filter_map(|part| part.slope.as_ref());
        // Where the slope and the gradient meet in an element that is not zero in either, the product was too small.
        let meets = slopes.filter(|s| any_nonzero(&meeting(s, &step.upstream))).count() > 0;
        culprit = Some(if meets { WhyZero::Underflow(place) } else { WhyZero::ZeroSlope(place) });
    });
    if sums[start].as_ref().is_some_and(any_nonzero) {
        return None;
    }
    let cancelled =
        (start..way.len()).rev().find(|&id| way[id] && sums[id].as_ref().is_some_and(|s| !any_nonzero(s)));
    culprit.or_else(|| cancelled.map(|id| WhyZero::Cancelled(place(tape, id)))).or(Some(WhyZero::NotReached))
}

/// 1 where both are not zero.
fn meeting(a: &Tensor, b: &Tensor) -> Tensor {
    let nonzero = |x: &Tensor| x.ne(&Tensor::zeros_of((), x.dtype())).to(DType::F64);
    &nonzero(a) * &nonzero(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_nan_forward() {
        let tape = Tape::new();
        let x = tape.var(Tensor::from([1.0, -1.0]));
        let _ = (x.ln() * 2.0).sum();
        let anomaly = tape.detect_anomalies().unwrap();
        assert_eq!(
            (anomaly.pass, anomaly.place.node, anomaly.index.as_slice()),
            (Pass::Forward, 1, &[1][..])
        );
        let text = anomaly.to_string();
        assert!(text.starts_with("forward: NaN at [1] first in %1 = ln(%0) ("), "{text}");
        assert!(text.contains("diagnose.rs:") && text.contains("%0 = [1, -1]"), "{text}");
    }

    #[test]
    fn the_first_infinity_backward() {
        let tape = Tape::new();
        let x = tape.var(0.0);
        let _ = x.sqrt() * 3.0;
        let anomaly = tape.detect_anomalies().unwrap();
        assert_eq!(
            (anomaly.pass, anomaly.place.op.as_str(), anomaly.element),
            (Pass::Backward, "sqrt", f64::INFINITY)
        );
        assert!(anomaly.to_string().contains("gradient of %1 = 3"), "{anomaly}");
        let tape = Tape::new();
        let _ = tape.var(1.0).sqrt() * 3.0;
        assert!(tape.detect_anomalies().is_none());
    }

    #[test]
    fn each_way_to_lose_a_gradient() {
        let w = Param::new(Tensor::from([1.0, 2.0]));
        let other = Param::new(1.0);
        let why = |f: &dyn for<'t> Fn(Var<'t>, &'t Tape) -> Var<'t>| {
            let tape = Tape::new();
            let loss = f(tape.param(&w), &tape);
            loss.why_zero(&w)
        };
        assert_eq!(why(&|w, _| w.sum()), None);
        assert!(matches!(why(&|w, _| (-w).relu().sum()), Some(WhyZero::ZeroSlope(p)) if p.op == "relu"));
        assert!(matches!(why(&|w, _| w.floor().sum()), Some(WhyZero::ZeroSlope(p)) if p.op == "floor"));
        assert_eq!(why(&|_, tape| tape.var(1.0) * 2.0), Some(WhyZero::NotReached));
        assert!(matches!(why(&|w, tape| (w.detach() * tape.var(1.0)).sum()), Some(WhyZero::Stopped(_))));
        assert!(
            matches!(why(&|w, _| (w * 1e-200 * 1e-200).sum()), Some(WhyZero::Underflow(p)) if p.op == "scale")
        );
        assert!(matches!(why(&|w, _| (w - w).sum()), Some(WhyZero::Cancelled(_))));
        let tape = Tape::new();
        assert_eq!((tape.var(1.0) * 2.0).why_zero(&other), Some(WhyZero::NotUsed));
        let mut frozen = Param::new(1.0);
        frozen.freeze();
        assert_eq!((tape.var(1.0) * tape.param(&frozen)).why_zero(&frozen), Some(WhyZero::NotTrainable));
        let gradients = (tape.param(&other) * 0.0).backward();
        assert!(gradients.get(&other).is_some());
    }
}
