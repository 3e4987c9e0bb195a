//! A program: operations in the order in which they run, each with the values that it takes.

use std::fmt;

use gradus_autograd::Var;
use gradus_tensor::{DType, Tensor, rng};

type Function = Box<dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>>;

/// One operation.
pub(crate) struct Step {
    pub(crate) name: String,
    /// The places of its inputs among the values.
    pub(crate) inputs: Vec<usize>,
    pub(crate) f: Function,
    /// Whether it adds many numbers, whose order may depend on how it runs.
    pub(crate) sums: bool,
}

impl Step {
    pub(crate) fn new(
        name: impl Into<String>,
        inputs: &[usize],
        f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + 'static,
    ) -> Self {
        Self { name: name.into(), inputs: inputs.to_vec(), f: Box::new(f), sums: false }
    }

    /// An operation of one value.
    pub(crate) fn of(
        name: impl Into<String>,
        input: usize,
        f: impl for<'t> Fn(Var<'t>) -> Var<'t> + 'static,
    ) -> Self {
        Self::new(name, &[input], move |x| f(x[0]))
    }

    /// One that adds many numbers.
    pub(crate) fn summing(self) -> Self {
        Self { sums: true, ..self }
    }
}

/// A value of a program.
pub(crate) enum Value {
    /// The input of this number.
    Input(usize),
    Step(Step),
}

pub(crate) struct Program {
    pub(crate) seed: u64,
    pub(crate) inputs: Vec<Tensor>,
    pub(crate) values: Vec<Value>,
    /// The weights of each value that no operation takes: their sum is the loss.
    weights: Vec<(usize, Tensor)>,
}

impl Program {
    /// From the values, and those which nothing takes with their shapes.
    pub(crate) fn new(seed: u64, inputs: Vec<Tensor>, values: Vec<Value>, shapes: &[Vec<usize>]) -> Self {
        let mut taken = vec![false; values.len()];
        for value in &values {
            if let Value::Step(step) = value {
                step.inputs.iter().for_each(|&i| taken[i] = true);
            }
        }
        let mut rng = rng(seed);
        let open = (0..values.len()).filter(|&i| !taken[i]);
        let weights =
            open.map(|i| (i, Tensor::uniform_of(&shapes[i][..], 0.5, 1.5, DType::F64, &mut rng))).collect();
        Self { seed, inputs, values, weights }
    }

    /// All values, for these inputs.
    pub(crate) fn values<'t>(&self, x: &[Var<'t>]) -> Vec<Var<'t>> {
        self.values_with(x, |y| y)
    }

    /// All values, `change` of what each operation gives.
    fn values_with<'t>(&self, x: &[Var<'t>], mut change: impl FnMut(Var<'t>) -> Var<'t>) -> Vec<Var<'t>> {
        let mut values: Vec<Var<'t>> = Vec::new();
        for value in &self.values {
            let next = match value {
                Value::Input(i) => x[*i],
                Value::Step(step) => {
                    change((step.f)(&step.inputs.iter().map(|&i| values[i]).collect::<Vec<_>>()))
                }
            };
            values.push(next);
        }
        values
    }

    /// The weighted sum of the values that nothing takes.
    pub(crate) fn loss<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        self.loss_with(x, |y| y)
    }

    /// The loss, `change` of what each operation gives.
    pub(crate) fn loss_with<'t>(&self, x: &[Var<'t>], change: impl FnMut(Var<'t>) -> Var<'t>) -> Var<'t> {
        let values = self.values_with(x, change);
        let dtype = x[0].dtype();
        self.weights.iter().map(|(i, weights)| (values[*i] * &weights.to(dtype)).sum()).sum()
    }

    /// With one operation more, of the first input.
    pub(crate) fn append(&mut self, name: &str, f: impl for<'t> Fn(Var<'t>) -> Var<'t> + 'static) {
        self.values.push(Value::Step(Step::of(name, 0, f)));
        let ones = Tensor::ones_of(*self.inputs[0].shape(), DType::F64);
        self.weights.push((self.values.len() - 1, ones));
    }

    pub(crate) fn operations(&self) -> usize {
        self.values.iter().filter(|value| matches!(value, Value::Step(_))).count()
    }

    /// Whether no operation adds many numbers, so that every value has one meaning to the last bit.
    pub(crate) fn adds_nothing(&self) -> bool {
        !self.values.iter().any(|value| matches!(value, Value::Step(step) if step.sums))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "program {} of {} operations:", self.seed, self.operations())?;
        for (i, value) in self.values.iter().enumerate() {
            match value {
                Value::Input(k) => writeln!(f, "  %{i} = input {k} {:?}", self.inputs[*k].shape())?,
                Value::Step(step) => writeln!(f, "  %{i} = {}{:?}", step.name, step.inputs)?,
            }
        }
        Ok(())
    }
}
