//! A derivative is a function like any other, so it has a derivative: series, Newton's method, curvature.

use approx::{abs_diff_eq, assert_abs_diff_eq, assert_relative_eq};
use gradus::prelude::*;

fn main() {
    third_derivative();
    series();
    newton();
    hessian_times_vector();
}

fn third_derivative() {
    let d3 = grad(grad(grad(|x| x.sin() * x.exp())));
    let tape = Tape::new();
    println!(
        "(sin x · exp x)''' = 2 exp x (cos x - sin x)\n\n    x  grad(grad(grad(f)))   closed form         error"
    );
    for x in [-1.0f64, 0.0, 0.5, 2.0] {
        let (found, exact) = (d3(tape.var(x)).item(), 2.0 * x.exp() * (x.cos() - x.sin()));
        println!("{x:>5}  {found:>+18.12}  {exact:>+18.12}  {:.1e}", (found - exact).abs());
        assert_relative_eq!(found, exact, epsilon = 1e-12, max_relative = 1e-12);
    }
}

/// Each derivative is recorded on the tape of the one before.
fn series() {
    println!("\nThe series of tanh around 0: coefficient k is the k-th derivative over k!\n");
    let tape = Tape::new();
    let x = tape.var(0.0);
    let (mut y, mut factorial) = (x.tanh(), 1.0);
    for k in 0..8 {
        if k > 0 {
            y = y.grad(x);
            factorial *= f64::from(k);
        }
        print!("{:+.6} x^{k}  ", y.item() / factorial);
        assert!(k != 3 || abs_diff_eq!(y.item() / factorial, -1.0 / 3.0, epsilon = 1e-12));
    }
    println!("\n(by hand: x - x³/3 + 2x⁵/15 - 17x⁷/315; the tape has {} lines)", tape.len());
}

/// Minimises a function of one variable by slope and curvature.
fn newton() {
    println!("\nNewton's method on x⁴ - 3x³ + 2, which is least at 9/4:\n");
    let slope = grad(|x| x.powf(4.0) - 3.0 * x.powf(3.0) + 2.0);
    let curvature = grad(grad(|x| x.powf(4.0) - 3.0 * x.powf(3.0) + 2.0));
    let mut at = 4.0;
    for step in 0..7 {
        println!("step {step}  x = {at:.12}");
        let tape = Tape::new();
        let x = tape.var(at);
        at -= slope(x).item() / curvature(x).item();
    }
    assert_abs_diff_eq!(at, 2.25, epsilon = 1e-10);
}

/// `$H v = \nabla (\nabla f \cdot v)$`: the Hessian acts on a vector without ever being written down.
fn hessian_times_vector() {
    println!(
        "\nHessian times vector of f(x) = Σ sin(x_i x_(i+1)), 1000 variables, without the million entries:\n"
    );
    let n = 1000;
    let mut generator = rng(0);
    let (at, v) = (
        Tensor::randn_of([n], DType::F64, &mut generator),
        Tensor::randn_of([n], DType::F64, &mut generator),
    );
    let tape = Tape::new();
    let x = tape.var(at.clone());
    let product = (chain(x).grad(x) * &v).sum().grad(x).value();

    let slope = |t: f64| {
        let tape = Tape::new();
        let x = tape.var(&at + &(&v * t));
        chain(x).backward().wrt(x)
    };
    let h = 1e-5;
    let difference = &(&slope(h) - &slope(-h)) / (2.0 * h);
    println!(
        "largest difference from (∇f(x + hv) - ∇f(x - hv)) / 2h: {:.1e}",
        product.max_abs_diff(&difference)
    );
    assert!(product.max_abs_diff(&difference) < 1e-7);
}

fn chain(x: Var<'_>) -> Var<'_> {
    let n = x.elements();
    (x.narrow(0, 0, n - 1) * x.narrow(0, 1, n - 1)).sin().sum()
}
