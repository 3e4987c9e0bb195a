//! What is asked of each operation.

use std::collections::BTreeSet;

use gradus_autograd::{
    Elements, GradcheckOptions, Tape, Trace, Var, four_ways, gradcheck_with, hvp, jvp, vjp,
};
use gradus_tensor::{DType, Tensor, rng};

use super::composed::Entry;

impl Entry {
    /// What is wrong with it, a panic included.
    pub(crate) fn check(&self) -> Vec<String> {
        std::panic::catch_unwind(|| self.compare()).unwrap_or_else(|_| vec![format!("{}: panics", self.name)])
    }

    fn compare(&self) -> Vec<String> {
        let inputs: Vec<Tensor> = draw(self.shapes, self.low, self.high);
        let strided: Vec<Tensor> = inputs.iter().map(strided).collect();
        let mut failures = all_checks(self.name, self.f, &inputs, Elements::All);
        failures.extend(same_gradients(self.name, self.f, &inputs, &strided));
        failures
    }

    /// The names of the operations on its tape, up to the second derivative; none if it panics.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        std::panic::catch_unwind(|| self.recorded_names()).unwrap_or_default()
    }

    fn recorded_names(&self) -> BTreeSet<String> {
        let tape = Tape::new();
        let x: Vec<Var<'_>> =
            draw(self.shapes, self.low, self.high).into_iter().map(|x| tape.var(x)).collect();
        let first: Var<'_> = weighted((self.f)(&x)).grads(&x).into_iter().map(weighted).sum();
        let _ = first.grads(&x);
        let text = tape.to_string();
        text.lines()
            .filter_map(|line| Some(line.split_once(" = ")?.1.split_once('(')?.0.to_string()))
            .collect()
    }
}

/// The names of the operations in the sweeps from a value and from its derivative that say nothing of their rule.
pub(crate) fn without_words(
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    inputs: &[Tensor],
) -> BTreeSet<String> {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let y = weighted(f(&x));
    if !y.needs() {
        return BTreeSet::new();
    }
    let first: Var<'_> = y.grads(&x).into_iter().map(weighted).sum();
    let roots = [y, first].into_iter().filter(|root| root.needs());
    let steps = roots.flat_map(|root| Trace::of(root).steps);
    steps.filter(|step| step.rule.is_empty()).map(|step| step.op).collect()
}

/// A sum with weights between ½ and 1½.
pub(crate) fn weighted(x: Var<'_>) -> Var<'_> {
    let weights = Tensor::uniform_of(x.shape(), 0.5, 1.5, DType::F64, &mut rng(11));
    (x * &weights).sum()
}

/// F64 tensors of these shapes.
pub(crate) fn draw(shapes: &[&[usize]], low: f64, high: f64) -> Vec<Tensor> {
    let mut rng = rng(7);
    shapes.iter().map(|&shape| Tensor::uniform_of(shape, low, high, DType::F64, &mut rng)).collect()
}

/// The same values in memory with gaps between them, and with the axes in reverse order.
pub(crate) fn strided(x: &Tensor) -> Tensor {
    let axes: Vec<isize> = (0..x.rank() as isize).rev().collect();
    let turned = x.permute(&axes[..]).contiguous();
    let doubled = Tensor::stack(&[&turned, &turned], -1);
    doubled.select(-1, 0).permute(&axes[..])
}

/// Gradients to second order, by forward mode and the complex step too, the third derivative along a direction, `jvp` against
/// `vjp`, and the symmetry of the Hessian.
pub(crate) fn all_checks(
    name: &str,
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    inputs: &[Tensor],
    elements: Elements,
) -> Vec<String> {
    let options =
        GradcheckOptions { order: 2, elements, rtol: 3e-6, atol: 3e-8, ..GradcheckOptions::default() };
    let report = gradcheck_with(&f, inputs, &options);
    let mut failures = Vec::new();
    if !report.passed() {
        failures.push(format!("{name}: {report}"));
    }
    let elements = Elements::Directions { count: 2, seed: 1 };
    let ways = four_ways(&f, inputs, &GradcheckOptions { elements, ..options });
    if !ways.passed() {
        failures.push(format!("{name}: {ways}"));
    }
    failures.extend(third(name, &f, inputs));
    failures.extend(both_sweeps(name, &f, inputs));
    failures.extend(dot_test(name, &f, inputs));
    failures.extend(symmetry(name, &f, inputs));
    failures
}

/// The gradient of the gradient of the recorded gradient, along a random direction through all inputs.
fn third(name: &str, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]) -> Option<String> {
    let elements = Elements::Directions { count: 1, seed: 5 };
    let options =
        GradcheckOptions { order: 3, elements, rtol: 3e-6, atol: 3e-8, ..GradcheckOptions::default() };
    let report = gradcheck_with(&f, inputs, &options);
    (!report.passed()).then(|| format!("{name}, to third order: {report}"))
}

/// The numeric sweep, with its loops and kernels, gives what the recorded one gives by the rules.
fn both_sweeps(name: &str, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]) -> Option<String> {
    let tape = Tape::new();
    // One input at a time as well: kernels take other ways where not all gradients are wanted.
    let all = inputs.len();
    let wrong = (0..=all).find(|&only| {
        let lift = |(i, x): (usize, &Tensor)| {
            if only == all || i == only { tape.var(x.clone()) } else { tape.constant(x.clone()) }
        };
        let x: Vec<Var<'_>> = inputs.iter().enumerate().map(lift).collect();
        let y = weighted(f(&x));
        if !y.needs() {
            return false;
        }
        let wanted: Vec<Var<'_>> = x.into_iter().filter(|x| x.needs()).collect();
        let (numeric, recorded) = (y.backward(), y.grads(&wanted));
        let mut pairs = wanted.iter().zip(recorded).map(|(&x, recorded)| (numeric.wrt(x), recorded.value()));
        pairs.any(|(a, b)| differ(a.max_abs_diff(&b), 0.0, 1e-3 * b.abs().max().item()))
    });
    wrong.map(|only| {
        format!("{name}: the numeric and the recorded sweep differ ({only} of {all} wanted alone)")
    })
}

fn directions(like: &[Tensor], seed: u64) -> Vec<Tensor> {
    let mut rng = rng(seed);
    like.iter().map(|x| Tensor::uniform_of(*x.shape(), -1.0, 1.0, DType::F64, &mut rng)).collect()
}

fn dot(a: &[Tensor], b: &[Tensor]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a * b).sum().item()).sum()
}

fn differ(a: f64, b: f64, scale: f64) -> bool {
    let difference = (a - b).abs();
    !difference.is_finite() || difference > 1e-9 * scale.max(1.0)
}

/// `$\langle u, J v \rangle = \langle J^\top u, v \rangle$`.
fn dot_test(name: &str, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]) -> Option<String> {
    let v = directions(inputs, 1);
    let (y, forward) = jvp(&f, inputs, &v);
    let u = directions(std::slice::from_ref(&y), 2);
    let (_, reverse) = vjp(&f, inputs, &u[0]);
    let (a, b) = (dot(&u, &[forward]), dot(&reverse, &v));
    differ(a, b, a.abs()).then(|| format!("{name}: ⟨u, Jv⟩ = {a}, ⟨Jᵀu, v⟩ = {b}"))
}

/// `$\langle w, H v \rangle = \langle v, H w \rangle$`.
fn symmetry(name: &str, f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, inputs: &[Tensor]) -> Option<String> {
    let (v, w) = (directions(inputs, 3), directions(inputs, 4));
    let (a, b) = (dot(&w, &curvature(&f, inputs, &v)), dot(&v, &curvature(&f, inputs, &w)));
    differ(a, b, a.abs()).then(|| format!("{name}: ⟨w, Hv⟩ = {a}, ⟨v, Hw⟩ = {b}"))
}

fn curvature(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, at: &[Tensor], v: &[Tensor]) -> Vec<Tensor> {
    fn projected<F: for<'t> Fn(&[Var<'t>]) -> Var<'t>>(f: F) -> impl for<'t> Fn(&[Var<'t>]) -> Var<'t> {
        move |x| weighted(f(x))
    }
    hvp(projected(f), at, v)
}

/// The gradients at strided inputs are those at contiguous ones.
pub(crate) fn same_gradients(
    name: &str,
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    contiguous: &[Tensor],
    strided: &[Tensor],
) -> Option<String> {
    let gradients = |at: &[Tensor]| -> Vec<Tensor> {
        let tape = Tape::new();
        let x: Vec<Var<'_>> = at.iter().map(|x| tape.var(x.clone())).collect();
        let y = weighted(f(&x));
        if !y.needs() {
            return Vec::new();
        }
        let gradients = y.backward();
        x.iter().map(|&x| gradients.wrt(x)).collect()
    };
    let (a, b) = (gradients(contiguous), gradients(strided));
    let far = a.iter().zip(&b).any(|(a, b)| {
        let scale = a.to_f64_vec().iter().fold(1.0f64, |m, x| m.max(x.abs()));
        differ(a.max_abs_diff(b), 0.0, scale)
    });
    far.then(|| format!("{name}: strided inputs give another gradient"))
}
