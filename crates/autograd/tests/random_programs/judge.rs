//! The gradients of a program in several ways, which must agree.
//!
//! The sweep back over numbers, the recorded sweep, forward mode and, by [`four_ways`], differences with a bound of their
//! noise and the complex step; the product with the Hessian by the recorded gradient's gradient and by its tangent. Values
//! that wait and run block by block give what operations give that run at once: to the last bit where nothing is added. One
//! thread and two give the same bits. In `F32` the gradient is that of `F64` within the rounding.

use std::fmt;

use gradus_autograd::{Elements, GradcheckOptions, Tape, Var, Verdict, four_ways, fuse_above, jvps};
use gradus_tensor::kernel::parallel::set_threads;
use gradus_tensor::{DType, Tensor, rng};

use super::draw;
use super::program::Program;

/// Relative rounding that two orders of the same operations may differ by, in units of the type's epsilon.
const ROUNDING: f64 = 500.0;
/// That of one operation.
const LAST: f64 = 4.0;

/// What was tried.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    programs: u64,
    operations: usize,
    longest: usize,
    elements: usize,
    /// Derivatives that differences decided, and those whose noise was too large.
    decided: usize,
    undecided: usize,
    complex: usize,
    /// Programs whose every value was compared to the last bit between waiting and not.
    bits: usize,
}

impl Tally {
    /// Most of what could be compared was.
    pub(crate) fn assert_that_it_bites(&self) {
        assert!(self.decided > 9 * self.undecided, "differences decide too little: {self}");
        assert!(self.complex * 20 > self.decided, "there are too few complex steps: {self}");
        assert!(self.longest > 35 && self.operations as u64 > 15 * self.programs, "too short: {self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, operations, longest, elements, decided, undecided, complex, bits } = self;
        write!(
            f,
            "{programs} programs of {operations} operations (the longest {longest}) on values of up to {elements} elements; \
             differences decide {decided} of {} derivatives, {complex} have a complex step; {bits} programs without sums \
             have the same bits block by block",
            decided + undecided
        )
    }
}

/// The loss and its gradients in all inputs by the sweep over numbers, and all values.
struct Run {
    loss: f64,
    gradients: Vec<Tensor>,
    values: Vec<Tensor>,
}

fn run(p: &Program, inputs: &[Tensor]) -> Run {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let values = p.values(&x).iter().map(|x| x.value()).collect();
    let tape = Tape::new();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let loss = p.loss(&x);
    let gradients = loss.backward();
    Run { loss: loss.item(), gradients: x.iter().map(|&x| gradients.wrt(x)).collect(), values }
}

/// Compares the ways; what differs is the error, with the program.
pub(crate) fn program(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let p = draw::program(seed);
        compare(&p, tally).map_err(|wrong| format!("{wrong}\n{p}"))
    }));
    set_threads(2);
    fuse_above(1 << 20);
    found.unwrap_or_else(|_| Err(format!("program {seed} panics")))
}

fn compare(p: &Program, tally: &mut Tally) -> Result<(), String> {
    set_threads(1);
    fuse_above(usize::MAX);
    let at_once = run(p, &p.inputs);
    tally.programs += 1;
    tally.operations += p.operations();
    tally.longest = tally.longest.max(p.operations());
    tally.elements = at_once.values.iter().map(Tensor::elements).chain([tally.elements]).max().unwrap_or(0);
    block_by_block(p, &at_once, tally)?;
    recorded(p, &at_once)?;
    differences(p, tally)?;
    single(p, &at_once)
}

/// Values that wait, and two threads.
fn block_by_block(p: &Program, at_once: &Run, tally: &mut Tally) -> Result<(), String> {
    fuse_above(0);
    let waiting = run(p, &p.inputs);
    set_threads(2);
    same_bits("waiting, on two threads", &waiting, &run(p, &p.inputs))?;
    fuse_above(usize::MAX);
    same_bits("at once, on two threads", at_once, &run(p, &p.inputs))?;
    if p.adds_nothing() {
        tally.bits += 1;
        let differing = at_once.values.iter().zip(&waiting.values).position(|(a, b)| !equal_bits(a, b));
        if let Some(i) = differing {
            return Err(format!("value %{i} has other bits block by block"));
        }
    }
    near(p, "block by block", &waiting.gradients, at_once, f64::EPSILON)
}

fn equal_bits(a: &Tensor, b: &Tensor) -> bool {
    let bits = |x: &Tensor| x.to_f64_vec().into_iter().map(f64::to_bits).collect::<Vec<_>>();
    a.shape() == b.shape() && bits(a) == bits(b)
}

fn same_bits(way: &str, one: &Run, other: &Run) -> Result<(), String> {
    let pairs = one.values.iter().zip(&other.values).chain(one.gradients.iter().zip(&other.gradients));
    let equal =
        one.loss.to_bits() == other.loss.to_bits() && pairs.into_iter().all(|(a, b)| equal_bits(a, b));
    if equal { Ok(()) } else { Err(format!("{way}: other bits")) }
}

fn largest(all: &[Tensor]) -> f64 {
    all.iter().flat_map(Tensor::to_f64_vec).map(f64::abs).max_by(f64::total_cmp).unwrap_or(0.0)
}

fn distance(a: &[Tensor], b: &[Tensor]) -> f64 {
    let each = |(a, b): (&Tensor, &Tensor)| {
        let pairs = a.to_f64_vec().into_iter().zip(b.to_f64_vec());
        pairs.fold(0.0, |m: f64, (x, y)| if (x - y).abs() <= m { m } else { (x - y).abs() })
    };
    a.iter().zip(b).map(each).fold(0.0, |m, x| if x <= m { m } else { x })
}

/// The gradients found another way are those of the sweep: within the rounding or, where the program magnifies it, within what
/// inputs that are off by as much make of them.
fn near(p: &Program, way: &str, found: &[Tensor], run: &Run, epsilon: f64) -> Result<(), String> {
    // Gradients that cancel have the rounding of what they are made of.
    let allowed = ROUNDING * epsilon * largest(&run.gradients).max(1e-6 * run.loss.abs());
    let far = distance(found, &run.gradients);
    // Nothing is near an infinite gradient.
    let within = |bound: f64| bound.is_finite() && far <= bound;
    if within(allowed) {
        return Ok(());
    }
    let noise = 10.0 * noise(p, run, epsilon);
    if within(allowed + noise) {
        return Ok(());
    }
    Err(format!(
        "{way}: the gradients are {far:e} apart, where {allowed:e} and a noise of {noise:e} are allowed"
    ))
}

/// How far the gradients move if each input is off by the rounding, and each value by that of its last operation.
fn noise(p: &Program, run: &Run, epsilon: f64) -> f64 {
    let moved = |seed: u64| {
        let mut rng = rng(seed);
        let mut off = |shape, by: f64| Tensor::uniform_of(shape, -by, by, DType::F64, &mut rng);
        let tape = Tape::new();
        let inputs = p.inputs.iter().map(|x| tape.var(x + &off(*x.shape(), ROUNDING * epsilon)));
        let x: Vec<Var<'_>> = inputs.collect();
        let gradients = p.loss_with(&x, |y| y * &(off(y.shape(), LAST * epsilon) + 1.0)).backward();
        distance(&x.iter().map(|&x| gradients.wrt(x)).collect::<Vec<_>>(), &run.gradients)
    };
    moved(1).max(moved(2)).max(moved(3))
}

/// The recorded sweep, forward mode, and both once more over the recorded gradient.
fn recorded(p: &Program, run: &Run) -> Result<(), String> {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = p.inputs.iter().map(|x| tape.var(x.clone())).collect();
    let loss = p.loss(&x);
    let gradients = loss.grads(&x);
    let values: Vec<Tensor> = gradients.iter().map(|g| g.value()).collect();
    near(p, "the recorded sweep", &values, run, f64::EPSILON)?;
    let mut rng = rng(p.seed ^ 1);
    let v: Vec<Tensor> =
        p.inputs.iter().map(|x| Tensor::uniform_of(*x.shape(), -1.0, 1.0, DType::F64, &mut rng)).collect();
    let directions: Vec<Var<'_>> = v.iter().map(|v| tape.constant(v.clone())).collect();
    let forward = jvps(&[loss], &x, &directions)[0].item();
    let dot = |g: &Tensor, v: &Tensor| (g * v).sum().item();
    let backward: f64 = run.gradients.iter().zip(&v).map(|(g, v)| dot(g, v)).sum();
    let size: f64 = run.gradients.iter().zip(&v).map(|(g, v)| dot(&g.abs(), &v.abs())).sum();
    let noise = || noise(p, run, f64::EPSILON) * v.iter().map(|v| v.abs().sum().item()).sum::<f64>();
    // What cancels is of the size of its parts, which may be larger than the gradients.
    let allowed = ROUNDING * f64::EPSILON * size.max(1e-3 * run.loss.abs());
    let far = (forward - backward).abs();
    let within = |bound: f64| bound.is_finite() && far <= bound;
    if !(within(allowed) || within(allowed + 10.0 * noise())) {
        return Err(format!(
            "forward mode: {forward:e}, where the sweep back says {backward:e} (of parts of {size:e})"
        ));
    }
    curvature(&x, &gradients, &directions)
}

/// The product with the Hessian, back over the recorded gradient and forward along it. It magnifies rounding more than a gradient.
fn curvature<'t>(x: &[Var<'t>], gradients: &[Var<'t>], directions: &[Var<'t>]) -> Result<(), String> {
    let along: Var<'t> = gradients.iter().zip(directions).map(|(&g, &v)| (g * v).sum()).sum();
    let back: Vec<Tensor> = if along.needs() {
        along.grads(x).iter().map(|h| h.value()).collect()
    } else {
        x.iter().map(|x| Tensor::zeros_of(x.shape(), DType::F64)).collect()
    };
    let forward: Vec<Tensor> = jvps(gradients, x, directions).iter().map(|h| h.value()).collect();
    let (far, size) = (distance(&back, &forward), largest(&back));
    if size.is_finite() && far <= 1e-8 * size.max(1.0) {
        return Ok(());
    }
    Err(format!("the product with the Hessian, back and forward: {far:e} apart, of {size:e}"))
}

fn differences(p: &Program, tally: &mut Tally) -> Result<(), String> {
    let elements = Elements::Directions { count: 1, seed: p.seed };
    let options = GradcheckOptions { elements, rtol: 3e-6, atol: 3e-8, ..GradcheckOptions::default() };
    let ways = four_ways(|x| p.loss(x), &p.inputs, &options);
    if ways.rows.is_empty() || ways.rows.iter().any(|row| row.verdict == Verdict::Differs) {
        return Err(ways.to_string());
    }
    for row in ways.rows.iter().filter(|row| row.order > 0) {
        let decided = row.verdict == Verdict::Agrees;
        tally.decided += usize::from(decided);
        tally.undecided += usize::from(!decided);
        tally.complex += usize::from(row.complex.is_some());
    }
    Ok(())
}

/// In `F32`: on one thread and on two, and not far from the gradient in `F64`.
fn single(p: &Program, double: &Run) -> Result<(), String> {
    let inputs: Vec<Tensor> = p.inputs.iter().map(|x| x.to(DType::F32)).collect();
    fuse_above(0);
    set_threads(1);
    let one = run(p, &inputs);
    set_threads(2);
    same_bits("in F32, waiting, on two threads", &one, &run(p, &inputs))?;
    near(p, "in F32", &one.gradients, double, f64::from(f32::EPSILON))
}

/// The comparison for a program with an operation that gives half its gradient.
pub(crate) fn with_a_wrong_rule(seed: u64) -> Result<(), String> {
    let mut p = draw::program(seed);
    p.append("wrong", |x| {
        let rule = |step: &mut gradus_autograd::Backward<'_>| step.give(0, step.dy() * step.x(0));
        x.tape().custom("wrong", &[x], |x| x[0].square(), rule)
    });
    compare(&p, &mut Tally::default())
}
