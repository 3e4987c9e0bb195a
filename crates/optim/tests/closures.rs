//! Functions that take closures, and what they say of a closure's result: at the line of the call, by the name of what was
//! called. Gradients that nothing can give are refused, not answered by 0.

#[path = "../../../tests/panics/mod.rs"]
mod panics;

use gradus_autograd::*;
use gradus_optim::{
    AdaHessian, ConjugateGradients, Differences, Lbfgs, LeastSquares, LevenbergMarquardt, Nesterov, Newton,
    Objective, OnTape, Optimizer, PolyakStep, Rule, Sam, Sgd, Sophia, hutchinson, minimize,
    minimize_objective,
};
use gradus_tensor::{DType, Tensor, rng};

/// The message begins so and points at this file.
#[track_caller]
fn says<R>(f: impl FnOnce() -> R, start: &str) {
    let (message, file) = panics::panic_in(f).err().expect("no panic");
    assert!(message.starts_with(start), "{message:?} does not begin with {start:?}");
    assert!(file.ends_with("closures.rs"), "{message:?} points at {file}");
}

fn pair() -> Tensor {
    Tensor::from([1.0, 2.0])
}

/// Everything that takes a function of which it wants one number, given one of two.
#[test]
fn a_vector_where_one_number_is_wanted() {
    fn f<'t>(x: &[Var<'t>]) -> Var<'t> {
        x[0].square()
    }
    let (at, v, w) = ([pair()], [pair()], Param::new(pair()));
    let of = |op: &str| format!("{op}: needs a function whose result is one number, got shape [2]");
    says(|| hessian(f, &at), &of("hessian"));
    says(|| hvp(f, &at, &v), &of("hvp"));
    says(|| vhp(f, &at, &v), &of("vhp"));
    says(|| laplacian(f, &at), &of("laplacian"));
    says(|| directional_derivative(f, &at, &v), &of("directional_derivative"));
    says(
        || FiniteDifference::central().tape_gradient(f, &at),
        "tape_gradient: needs a scalar, got 2 elements",
    );
    says(|| FiniteDifference::central().tape_hessian(f, &at), "tape_hessian: needs a scalar, got 2 elements");
    says(|| error_curve(|x| x.expand([2]), 1.0), "error_curve: needs a scalar, got shape [2]");
    let of = |op: &str| format!("{op}: the result must be a scalar, got shape [2]");
    let call = "value_and_grad";
    says(|| value_and_grad(|tape| tape.param(&w)), &of(call));
    says(|| value_and_grad_training(0, |tape| tape.param(&w)), &of(call));
    says(|| value_and_grad_with(Mode::Record, |tape| (tape.param(&w), ())), &of(call));
    says(|| model_hvp(|tape| tape.param(&w), &Gradients::default()), &of("model_hvp"));
    let mut by = Optimizer::new(Sgd::default(), 0.1);
    says(|| minimize(|x| x * 2.0, &[1.0, 2.0], &mut by, 1), &of("minimize"));
    says(|| minimize(|x| x.tape().constant(1.0), &[1.0], &mut by, 1), "minimize: the result depends on no");
    let mut twice = OnTape(objective(|x| x * 2.0));
    says(|| by.advance(&mut Param::new(pair()), &mut twice), &of("advance"));
}

/// The function that `grad` gives has no caller to point at; the message has the line of `grad`.
#[test]
fn grad_of_a_vector_has_the_line_in_its_message() {
    let tape = Tape::new();
    let slope = grad(|x| x.square());
    let line = line!() - 1;
    let (message, _) = panics::panic_in(|| slope(tape.var(pair()))).expect_err("no panic");
    let start = format!(
        "grad at crates/optim/tests/closures.rs:{line}:17: needs a function whose result is one number, got shape [2]"
    );
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn directions_and_weights_of_other_shapes() {
    let w = Param::new(pair());
    let mut v = Gradients::default();
    v.set(w.id(), Tensor::scalar(1.0));
    says(
        || model_hvp(|tape| tape.param(&w).square().sum(), &v),
        "model_hvp: a direction of shape [] for a parameter of shape [2]",
    );
    says(|| vjp(|x| x[0].sin(), &[pair()], &Tensor::scalar(1.0)), "vjp: weights of shape []");
    says(
        || FiniteDifference::central().directional(|x| x[0], &[1.0], &[1.0, 2.0]),
        "directional: the direction",
    );
    let uneven = |x: &[f64]| if x[0] == 1.0 { vec![1.0, 2.0] } else { vec![1.0] };
    says(
        || FiniteDifference::central().jacobian(uneven, &[1.0]),
        "jacobian: the function has 2 outputs at the point and 1 near it",
    );
    says(
        || minimize_objective(&mut LeastSquares(objective(|x| x.sum())), &[1.0], &mut newton(), 1),
        "minimize: the residuals must be a vector, got shape []",
    );
    let mut plain = Differences { f: |x: &[f64]| x[0], by: FiniteDifference::central() };
    assert_eq!(plain.fault(&[1.0]), None);
}

fn newton() -> Optimizer {
    Optimizer::new(LevenbergMarquardt::default(), 1.0)
}

/// Every kind of rule evaluates the loss in another place.
#[test]
fn a_loss_that_trains_nothing() {
    type Make = fn() -> Box<dyn Rule>;
    let rules: [Make; 9] = [
        || Sgd::default().into(),
        || Nesterov::default().into(),
        || Sam::new(Sgd::default()).into(),
        || Sophia::default().into(),
        || AdaHessian::default().into(),
        || Lbfgs::default().into(),
        || Newton::default().into(),
        || ConjugateGradients::default().into(),
        || PolyakStep::default().into(),
    ];
    for make in rules {
        let mut w = Param::new(pair());
        let mut by = Optimizer::new(make(), 0.1);
        says(
            || by.training_step(&mut w, |_, tape| tape.constant(1.0)),
            "training_step: the result depends on no parameter that is trained",
        );
        says(
            || by.training_step(&mut w, |w, tape| tape.var(w.value()).square().sum()),
            "training_step: the loss reaches no parameter of the model",
        );
        says(
            || by.training_step(&mut w, |w, tape| tape.param(w).square()),
            "training_step: the result must be a scalar, got shape [2]",
        );
        let other = Param::new(1.0);
        says(
            || by.training_step(&mut w, |_, tape| tape.param(&other).square()),
            "training_step: none of the 1 gradients is of a parameter of this model",
        );
        assert_eq!((w.value().to_f64_vec(), by.steps()), (vec![1.0, 2.0], 0), "{by:?}");
    }
    let (mut w, mut by) = (Param::new(pair()), Optimizer::new(Sgd::default(), 0.1));
    let (_, grads) = value_and_grad(|tape| tape.var(pair()).sum());
    says(|| by.step(&mut w, &grads), "step: the loss reaches no parameter of the model");
    let tape = Tape::new();
    says(|| hutchinson(tape.var(pair()), &w, &mut rng(0)), "backward: needs a scalar, got shape [2]");
}

/// One behaviour for all that asks for a gradient: 0 where there is a derivative and it is 0, a panic where a constant is
/// asked for one.
#[test]
fn constants_have_no_gradient() {
    let (tape, inference) = (Tape::new(), Tape::inference());
    let (x, c, i) = (tape.var(2.0), tape.constant(3.0), inference.var(2.0));
    let mut frozen = Param::new(1.0);
    frozen.freeze();
    let nothing = |op: &str| format!("{op}: nothing this value depends on wants a gradient");
    let constant =
        |op: &str, x: Var<'_>| format!("{op}: %{} is a constant, which has no gradient", x.index());
    let one = tape.constant(1.0);
    for y in [c * c, x.detach() * 2.0] {
        says(|| y.backward(), &nothing("backward"));
        says(|| y.backward_with(&Tensor::scalar(1.0)), &nothing("backward_with"));
        says(|| y.grad(x), &nothing("grad"));
        says(|| y.grads(&[x]), &nothing("grad"));
        says(|| y.vjp(&[x], one), &nothing("vjp"));
        says(|| vjps(&[y], &[one], &[x]), &nothing("vjps"));
        says(|| jvps(&[y], &[x], &[one]), &nothing("jvps"));
        says(|| jacobians(&[y], &[x]), &nothing("jacobians"));
    }
    let y = x * c;
    for of in [c, x.detach(), tape.param(&frozen)] {
        says(|| y.grad(of), &constant("grad", of));
        says(|| y.vjp(&[x, of], one), &constant("vjp", of));
        says(|| y.backward().wrt(of), &constant("wrt", of));
        says(|| jacobians(&[y], &[of]), &constant("jacobians", of));
        says(|| jvps(&[y], &[of], &[one]), &constant("jvps", of));
        assert!(y.backward().try_wrt(of).is_none());
    }
    says(|| (i * i).grad(i), &constant("grad", i));
    says(|| (i * i).backward(), &nothing("backward"));
    says(|| value_and_grad(|tape| tape.constant(1.0)), "value_and_grad: the result depends on no parameter");
    says(|| value_and_grad(|tape| tape.param(&frozen)), "value_and_grad: the result depends on no parameter");
}

#[test]
fn a_derivative_that_is_a_constant_is_differentiated_again() {
    let tape = Tape::new();
    let (x, y) = (tape.var(pair()), tape.var(3.0));
    let slope = (x * y).sum().grad(x);
    assert_eq!(slope.value().to_f64_vec(), [3.0, 3.0]);
    assert_eq!(slope.sum().grad(x).value().to_f64_vec(), [0.0, 0.0]);
    assert_eq!(x.sum().grad(x).sum().grad(x).sum().grad(x).value().to_f64_vec(), [0.0, 0.0]);
    assert_eq!((x.sum().grad(x) * x).sum().grad(x).value().to_f64_vec(), [1.0, 1.0]);
    // Zero where it does not depend on it, and so on.
    assert_eq!((y * y).grad(x).sum().grad(x).value().to_f64_vec(), [0.0, 0.0]);
    assert_eq!(jacobians(&[x.sum().grad(x)], &[x])[0][0].to_f64_vec(), [0.0; 4]);
    // Functions of a constant result have the derivative 0.
    assert_eq!(hessian(|x| x[0].sum(), &[pair()])[0][0].to_f64_vec(), [0.0; 4]);
    assert_eq!(hvp(|x| x[0].sum(), &[pair()], &[pair()])[0].to_f64_vec(), [0.0; 2]);
    assert_eq!(jacobian(|x| x[0].tape().constant(1.0), &[pair()])[0].to_f64_vec(), [0.0; 2]);
}

/// A rule of one's own is told what it did wrong, in its own line.
#[test]
fn rules_of_ones_own() {
    type Rule = for<'a> fn(&mut Backward<'a>);
    let faults: [(Rule, &str); 6] = [
        (
            |step| step.give(1, step.dy()),
            "twice: its rule names input 1 of 1; inputs are counted from 0 (recorded at ",
        ),
        (|step| _ = step.x(2), "twice: its rule names input 2 of 1"),
        (|step| _ = step.needs(1), "twice: its rule names input 1 of 1"),
        (|step| _ = step.shape(7), "twice: its rule names input 7 of 1"),
        (
            |step| step.give(0, step.dy().sum()),
            "twice: its rule gives input 0 a gradient of f64[]; the input is f64[2], so it must be f64[2] or a shape",
        ),
        (|step| step.give(0, step.dy().to(DType::F32)), "twice: its rule gives input 0 a gradient of f32[2]"),
    ];
    for (rule, start) in faults {
        let tape = Tape::new();
        let x = tape.var(pair());
        let y = tape.custom("twice", &[x], |x| &x[0] * 2.0, rule).sum();
        says(|| y.backward(), start);
        says(|| y.grad(x), start);
    }
}

/// What is handed over is looked at at once.
#[test]
fn rates_and_schedules() {
    use gradus_optim::schedule::{Cosine, Lambda, Schedule, StepDecay};
    let stops = Cosine { peak: 0.1, end: 0.0, steps: 0 };
    let jumps = StepDecay { initial: 0.1, factor: 0.5, every: 0 };
    says(
        || Optimizer::new(Sgd::default(), stops),
        "Optimizer::new: Cosine: steps is 0; it must be at least 1",
    );
    says(|| Optimizer::new(Sgd::default(), jumps.warmup(10)), "Optimizer::new: StepDecay: every is 0");
    says(|| stops.at(3), "Cosine: steps is 0; it must be at least 1");
    says(|| jumps.at(0), "StepDecay: every is 0; it must be at least 1");
    let mut by = Optimizer::new(Sgd::default(), 0.1);
    for lr in [-0.5, f64::NAN, f64::INFINITY] {
        says(|| by.set_lr(lr), &format!("set_lr: the learning rate at step 0 is {lr}"));
    }
    says(|| by.set_lr(jumps), "set_lr: StepDecay: every is 0");
    says(|| by.set_lr(Lambda(|_| -1.0)), "set_lr: the learning rate at step 0 is -1");
    assert_eq!(by.lr(), 0.1);
    says(|| by.group_with_lr("*", Sgd::default(), stops), "group: Cosine: steps is 0");
    says(
        || gradus_tensor::kernel::parallel::set_threads(0),
        "set_threads: n is 0; at least one thread is needed",
    );
    says(|| gradus_optim::lr_finder(1.0, 0.1, 3, |_| 0.0), "lr_finder: 3 steps from 1 to 0.1 is no range");
}
