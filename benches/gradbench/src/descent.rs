//! The minimiser that the evals `particle` and `saddle` prescribe, step for step: gradient descent whose rate doubles after ten
//! steps down and halves after one up.

use gradus::prelude::*;

/// Where and how far descent ends: steps and gradients shorter than this.
const SHORT: f64 = 1e-5;

/// From which side a derivative is taken.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Forward,
    Reverse,
}

/// Both letters of a function's name, as `fr`: the derivative outside and the one inside.
pub(crate) fn sides(name: &str) -> Option<[Side; 2]> {
    let side = |letter| match letter {
        'f' => Some(Side::Forward),
        'r' => Some(Side::Reverse),
        _ => None,
    };
    name.chars().map(side).collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// The gradient of a number y in a vector x, recorded. Forward mode takes one direction after the other.
pub(crate) fn slope<'t>(y: Var<'t>, x: Var<'t>, side: Side) -> Var<'t> {
    match side {
        Side::Reverse => y.grad(x),
        Side::Forward => {
            let along =
                |k| gradus::autograd::jvps(&[y], &[x], &[x.tape().constant(unit(x.elements(), k))])[0];
            Var::stack(&(0..x.elements()).map(along).collect::<Vec<_>>(), 0)
        }
    }
}

/// The gradient of a function of one vector, as numbers, on a tape of its own.
pub(crate) fn gradient(f: impl for<'t> Fn(Var<'t>) -> Var<'t>, at: &Tensor, side: Side) -> Tensor {
    match side {
        Side::Reverse => {
            let x = Param::new(at.clone());
            let (_, gradients) = value_and_grad(|tape| f(tape.param(&x)));
            gradients.get(&x).expect("the function depends on its argument").clone()
        }
        Side::Forward => {
            let at = std::slice::from_ref(at);
            let along = |k| gradus::autograd::jvp(|x| f(x[0]), at, &[unit(at[0].elements(), k)]).1;
            Tensor::stack(&(0..at[0].elements()).map(along).collect::<Vec<_>>(), 0)
        }
    }
}

fn unit(n: usize, k: usize) -> Tensor {
    Tensor::from_vec((0..n).map(|i| f64::from(u8::from(i == k))).collect(), [n])
}

fn length(x: Var<'_>) -> f64 {
    x.value().to_f64_vec().iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Where a function is least. Whether a step is taken depends on numbers; the steps are recorded.
pub(crate) fn argmin<'t>(
    mut x: Var<'t>,
    objective: impl Fn(Var<'t>) -> f64,
    gradient: impl Fn(Var<'t>) -> Var<'t>,
) -> Var<'t> {
    let (mut least, mut slope) = (objective(x), gradient(x));
    let (mut rate, mut steps) = (SHORT, 0);
    while length(slope) > SHORT {
        if steps == 10 {
            rate *= 2.0;
            steps = 0;
            continue;
        }
        let next = x - slope * rate;
        if length(next - x) <= SHORT {
            break;
        }
        let value = objective(next);
        if value < least {
            (x, least) = (next, value);
            slope = gradient(x);
            steps += 1;
        } else {
            rate /= 2.0;
            steps = 0;
        }
    }
    x
}
