//! The tape can be seen: every operation is a line with its inputs, type and value, and every line has a gradient.

use approx::assert_abs_diff_eq;
use gradus::prelude::*;

fn main() {
    println!("A formula and its tape.\n");
    let tape = Tape::new();
    let x = tape.var(0.5);
    let y = (x.sin() * x).tanh();
    println!("{tape}");

    println!("`backward` walks the list from the end and gives numbers for every line:\n");
    let grads = y.backward();
    println!("dy/dx = {:.6}\n", grads.wrt(x).item());

    println!(
        "`grad` does the same with recorded operations: the derivative stands on the tape, and has one itself.\n"
    );
    let dy = y.grad(x);
    let d2y = dy.grad(x);
    println!(
        "dy/dx = {:.6}, d²y/dx² = {:.6}, and the tape has {} lines.\n",
        dy.item(),
        d2y.item(),
        tape.len()
    );
    assert_abs_diff_eq!(dy.item(), grads.wrt(x).item(), epsilon = 1e-15);

    println!("A layer: values are tensors, and `{{tape:#}}` adds the line of code that made each.\n");
    let tape = Tape::new();
    let weight = tape.var(Tensor::from([[1.0, -1.0], [0.5, 2.0]]));
    let input = tape.constant(Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    let loss = input.matmul(weight).relu().square().mean();
    println!("{tape:#}");
    let grads = loss.backward();
    println!("The gradient in the weight:\n{}\n", grads.wrt(weight));
    let nothing = grads.try_wrt(input);
    println!(
        "The input is a constant: the sweep computes nothing for it, and asked for its gradient it has {nothing:?}."
    );
}
