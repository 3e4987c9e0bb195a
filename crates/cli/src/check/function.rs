//! A function of tensors and where it is checked.

use gradus::autograd::{GradcheckOptions, Line, Report, gradcheck_with};
use gradus::prelude::*;

use crate::explain::Problem;

pub(crate) type TapeFunction = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>;

/// A function and where it is checked.
pub(crate) struct Function {
    pub(crate) about: String,
    /// The names of the inputs, if they have some.
    pub(crate) names: Vec<String>,
    pub(crate) inputs: Vec<Tensor>,
    f: Box<TapeFunction>,
}

impl Function {
    pub(crate) fn new(about: String, inputs: Vec<Tensor>, f: Box<TapeFunction>) -> Self {
        Self { about, names: Vec::new(), inputs, f }
    }

    /// The expression of `gradus explain`.
    pub(crate) fn expression(problem: Problem) -> Self {
        let about = format!("expression {}", problem.text);
        let (names, inputs) = (problem.names.clone(), problem.values.clone());
        Self { about, names, inputs, f: Box::new(move |x| problem.record(x)) }
    }

    pub(crate) fn check(&self, options: &GradcheckOptions) -> Report {
        let mut report = gradcheck_with(&self.f, &self.inputs, options);
        for comparison in report.comparisons.iter_mut().chain(&mut report.worst) {
            if let Some(known) = comparison.input.and_then(|i| self.names.get(i)) {
                comparison.name.clone_from(known);
            }
        }
        report
    }

    /// It along a line through its inputs.
    pub(crate) fn line(&self, seed: u64) -> Line<'_> {
        Line::new(&self.f, &self.inputs, seed)
    }
}
