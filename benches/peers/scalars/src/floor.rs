//! The floor: a tape of scalars written by hand, with nothing that a library needs. A node holds its slopes.
use std::cell::RefCell;
use std::ops::{Add, Mul, Sub};

#[derive(Clone, Copy)]
struct Node {
    inputs: [u32; 2],
    slopes: [f64; 2],
}

#[derive(Default)]
pub struct Tape(RefCell<Vec<Node>>);

#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t Tape,
    id: u32,
    pub value: f64,
}

impl Tape {
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
    #[inline]
    fn push(&self, value: f64, inputs: [u32; 2], slopes: [f64; 2]) -> Var<'_> {
        let mut nodes = self.0.borrow_mut();
        nodes.push(Node { inputs, slopes });
        Var { tape: self, id: nodes.len() as u32 - 1, value }
    }
    pub fn var(&self, value: f64) -> Var<'_> {
        let id = self.0.borrow().len() as u32;
        self.push(value, [id; 2], [0.0; 2])
    }
    /// The slopes of `y` in all nodes.
    pub fn backward(&self, y: Var, slopes: &mut Vec<f64>) {
        let nodes = self.0.borrow();
        slopes.clear();
        slopes.resize(nodes.len(), 0.0);
        slopes[y.id as usize] = 1.0;
        for (id, node) in nodes.iter().enumerate().rev() {
            let slope = slopes[id];
            slopes[node.inputs[0] as usize] += slope * node.slopes[0];
            slopes[node.inputs[1] as usize] += slope * node.slopes[1];
        }
    }
}

macro_rules! operator {
    ($Trait:ident $f:ident, |$a:ident, $b:ident| $value:expr, $da:expr, $db:expr) => {
        impl<'t> $Trait for Var<'t> {
            type Output = Self;
            #[inline]
            fn $f(self, other: Self) -> Self {
                let ($a, $b) = (self.value, other.value);
                self.tape.push($value, [self.id, other.id], [$da, $db])
            }
        }
        impl<'t> $Trait<f64> for Var<'t> {
            type Output = Self;
            #[inline]
            fn $f(self, $b: f64) -> Self {
                let $a = self.value;
                self.tape.push($value, [self.id, self.id], [$da, 0.0])
            }
        }
        impl<'t> $Trait<Var<'t>> for f64 {
            type Output = Var<'t>;
            #[inline]
            fn $f(self, other: Var<'t>) -> Var<'t> {
                let ($a, $b) = (self, other.value);
                other.tape.push($value, [other.id, other.id], [0.0, $db])
            }
        }
    };
}
operator!(Add add, |a, b| a + b, 1.0, 1.0);
operator!(Sub sub, |a, b| a - b, 1.0, -1.0);
operator!(Mul mul, |a, b| a * b, b, a);
