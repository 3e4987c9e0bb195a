//! Reverse mode naked: a tape for `f64` in sixty lines, without the library.
//!
//! Every operation appends a node that remembers its inputs and the slope in each. The sweep walks back from the result
//! and hands each input its share: upstream times slope. All the rest of gradus is this, for tensors, and fast.

use approx::abs_diff_eq;
use std::cell::RefCell;
use std::ops::{Add, Mul};

/// Up to two inputs, each with the local slope.
type Node = [(usize, f64); 2];

#[derive(Default)]
struct Tape {
    nodes: RefCell<Vec<Node>>,
}

/// A number and its place on the tape.
#[derive(Clone, Copy)]
struct Var<'t> {
    tape: &'t Tape,
    id: usize,
    value: f64,
}

impl Tape {
    fn push(&self, value: f64, inputs: Node) -> Var<'_> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(inputs);
        Var { tape: self, id: nodes.len() - 1, value }
    }

    /// A leaf. Its slopes are 0, so it may as well name itself.
    fn var(&self, value: f64) -> Var<'_> {
        self.push(value, [(0, 0.0); 2])
    }
}

impl<'t> Var<'t> {
    fn tanh(self) -> Var<'t> {
        let y = self.value.tanh();
        self.tape.push(y, [(self.id, 1.0 - y * y), (0, 0.0)])
    }

    fn sin(self) -> Var<'t> {
        self.tape.push(self.value.sin(), [(self.id, self.value.cos()), (0, 0.0)])
    }

    /// The gradient of this value in every node before it.
    fn backward(self) -> Vec<f64> {
        let nodes = self.tape.nodes.borrow();
        let mut gradient = vec![0.0; nodes.len()];
        gradient[self.id] = 1.0;
        for id in (0..=self.id).rev() {
            for (input, slope) in nodes[id] {
                let upstream = gradient[id];
                gradient[input] += upstream * slope;
            }
        }
        gradient
    }
}

impl<'t> Add for Var<'t> {
    type Output = Var<'t>;
    fn add(self, other: Self) -> Self {
        self.tape.push(self.value + other.value, [(self.id, 1.0), (other.id, 1.0)])
    }
}

impl<'t> Mul for Var<'t> {
    type Output = Var<'t>;
    fn mul(self, other: Self) -> Self {
        self.tape.push(self.value * other.value, [(self.id, other.value), (other.id, self.value)])
    }
}

fn main() {
    let f = |x: f64, w: f64| (x.sin() * w + x).tanh();

    let tape = Tape::default();
    let (x, w) = (tape.var(0.5), tape.var(-1.2));
    let y = (x.sin() * w + x).tanh();
    let gradient = y.backward();

    println!("y = tanh(sin(x) w + x) at x = 0.5, w = -1.2: {:.6}\n", y.value);
    println!("node  inputs and slopes                    gradient of y");
    for (id, node) in tape.nodes.borrow().iter().enumerate() {
        let inputs: Vec<String> =
            node.iter().filter(|(_, s)| *s != 0.0).map(|(i, s)| format!("%{i} · {s:+.4}")).collect();
        println!("%{id}    {:36} {:+.6}", inputs.join("   "), gradient[id]);
    }

    let h = 1e-6;
    let dx = (f(0.5 + h, -1.2) - f(0.5 - h, -1.2)) / (2.0 * h);
    let dw = (f(0.5, -1.2 + h) - f(0.5, -1.2 - h)) / (2.0 * h);
    println!("\n         tape            central difference");
    println!("dy/dx    {:+.10}   {dx:+.10}", gradient[x.id]);
    println!("dy/dw    {:+.10}   {dw:+.10}", gradient[w.id]);
    assert!(
        abs_diff_eq!(gradient[x.id], dx, epsilon = 1e-9) && abs_diff_eq!(gradient[w.id], dw, epsilon = 1e-9)
    );
}
