//! What is infinite or NaN reaches what depends on it, and nothing else: no kernel multiplies it with a zero that stands for
//! nothing.

use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Tensor, rng};

use super::check::{draw, weighted};
use super::composed::Entry;

/// The value, the gradients of the loops and the recorded ones, one behind the other; none if the operation refuses its input.
fn results(entry: &Entry, inputs: &[Tensor]) -> Option<Vec<f64>> {
    std::panic::catch_unwind(|| {
        let tape = Tape::new();
        let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x.clone())).collect();
        let y = (entry.f)(&x);
        let root = weighted(y);
        let mut all = y.value().to_f64_vec();
        if root.needs() {
            let loops = root.backward();
            all.extend(x.iter().flat_map(|&x| loops.wrt(x).to_f64_vec()));
            all.extend(root.grads(&x).iter().flat_map(|g| g.value().to_f64_vec()));
        }
        all
    })
    .ok()
}

/// The inputs with another number in one place.
fn with(inputs: &[Tensor], which: usize, place: usize, number: f64) -> Vec<Tensor> {
    let mut inputs = inputs.to_vec();
    let mut elements = inputs[which].to_f64_vec();
    elements[place] = number;
    inputs[which] = Tensor::from_vec(elements, inputs[which].shape()).to(inputs[which].dtype());
    inputs
}

/// Where a result that no other number in a place changes becomes NaN for an infinite one.
pub(crate) fn check(entry: &Entry, dtype: DType) -> Vec<String> {
    let inputs: Vec<Tensor> = draw(entry.shapes, entry.low, entry.high).iter().map(|x| x.to(dtype)).collect();
    let Some(before) = results(entry, &inputs) else { return vec![format!("{}: refused", entry.name)] };
    let mut rng = rng(23);
    let mut wrong = Vec::new();
    for (which, input) in inputs.iter().enumerate() {
        for place in (0..input.elements()).step_by(input.elements().div_ceil(12).max(1)) {
            let others = Tensor::uniform_of([4], entry.low, entry.high, DType::F64, &mut rng).to_f64_vec();
            let moved: Vec<Vec<f64>> =
                others.iter().filter_map(|&v| results(entry, &with(&inputs, which, place, v))).collect();
            let kept = |k: usize| moved.iter().all(|m| m[k] == before[k]);
            for infinite in [f64::INFINITY, f64::NEG_INFINITY] {
                let Some(after) = results(entry, &with(&inputs, which, place, infinite)) else { continue };
                let spoilt: Vec<usize> = (0..before.len())
                    .filter(|&k| kept(k) && !before[k].is_nan() && after[k].is_nan())
                    .collect();
                if !spoilt.is_empty() {
                    wrong.push(format!(
                        "{} in {dtype}: {infinite} in place {place} of input {which} makes {spoilt:?} of {} results NaN, \
                         which do not depend on it",
                        entry.name,
                        before.len()
                    ));
                }
            }
        }
    }
    wrong
}
