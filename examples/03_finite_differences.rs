//! Derivatives by differences and by the tape: how far they are apart, and why a smaller step is not a better one.

use gradus::autograd::{Elements, GradcheckOptions, Scheme, error_curve, gradcheck_with};
use gradus::prelude::*;

fn main() {
    let quick = std::env::args().any(|a| a == "--quick");
    one_number();
    every_step();
    a_network(quick);
    a_kink();
}

fn one_number() {
    let (x, exact) = (1.2f64, 1.2f64.exp() * (1.2f64.sin() + 1.2f64.cos()));

    println!("f(x) = sin(x) exp(x) at x = {x}; f'(x) = {exact:.15}\n");
    let tape = Tape::new();
    let v = tape.var(x);
    let by_tape = (v.sin() * v.exp()).backward().wrt(v).item();
    println!("tape     {by_tape:.15}  error {:.1e}", (by_tape - exact).abs());
    let f = |x: f64| x.sin() * x.exp();
    for h in [1e-2, 1e-5, 1e-8, 1e-12] {
        let central = (f(x + h) - f(x - h)) / (2.0 * h);
        println!("h={h:.0e}  {central:.15}  error {:.1e}", (central - exact).abs());
    }
}

fn every_step() {
    println!(
        "\nA large step truncates the series, a small one rounds. Error against step, in powers of ten:\n"
    );
    let curves = error_curve(|x| x.sin() * x.exp(), 1.2);
    let shown: Vec<_> =
        curves.iter().filter(|c| c.dtype == DType::F64 && c.scheme != Scheme::Backward).collect();
    print!("{:>6}", "step");
    for c in &shown {
        print!("{:>12}", c.scheme.name());
    }
    println!();
    for i in 0..shown[0].points.len() {
        print!("{:>6.0e}", shown[0].points[i].step);
        for c in &shown {
            print!("{:>12.1e}", c.points[i].error);
        }
        println!();
    }
    print!("{:>6}", "best");
    for c in &shown {
        print!("{:>12.0e}", c.best().step);
    }
    println!("   (the step with the least error)\n");
}

fn a_network(quick: bool) {
    println!(
        "The same for a whole network: every parameter moved, the loss computed twice and more, and compared.\n"
    );
    let mut generator = rng(0);
    let mut model = sequential![Linear::new(6, 8, &mut generator), Tanh, Linear::new(8, 3, &mut generator)];
    let inputs = Tensor::randn_of([5, 6], DType::F64, &mut generator);
    let labels = Tensor::from([0, 2, 1, 1, 0]);
    let elements = if quick { Elements::Sample { count: 20, seed: 0 } } else { Elements::All };
    let options = GradcheckOptions { elements, ..GradcheckOptions::default() };
    let report = gradcheck_model(
        &mut model,
        |m, tape| m.forward(tape.constant(&inputs)).cross_entropy(&labels),
        &options,
    );
    println!("{report}\n");
    report.assert();
}

fn a_kink() {
    println!(
        "A kink: relu at 0 has no derivative. The tape's convention is 0, the difference says 1/2, the report why.\n"
    );
    let report =
        gradcheck_with(|x| x[0].relu().sum(), &[Tensor::from([1.0, 0.0])], &GradcheckOptions::default());
    // With `#` the reason names the line of code.
    println!("{report:#}");
    assert!(!report.passed());
}
