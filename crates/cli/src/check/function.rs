//! A function of tensors and where it is checked.

use std::fmt;

use gradus::autograd::{
    Comparison, FourWays, GradcheckOptions, Line, Reason, Report, four_ways, gradcheck_with,
};
use gradus::prelude::*;

use crate::explain::Problem;

/// A function on a tape.
pub type TapeFunction = dyn for<'t> Fn(&[Var<'t>]) -> Var<'t>;

/// A function and where it is checked.
pub struct Function {
    /// What it is, in one line.
    pub about: String,
    /// The names of the inputs, if they have some.
    pub names: Vec<String>,
    /// Where it is checked.
    pub inputs: Vec<Tensor>,
    f: Box<TapeFunction>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("about", &self.about).finish_non_exhaustive()
    }
}

impl Function {
    /// It with inputs that have numbers for names.
    pub fn new(about: String, inputs: Vec<Tensor>, f: Box<TapeFunction>) -> Self {
        Self { about, names: Vec::new(), inputs, f }
    }

    /// The expression of `gradus explain`.
    pub fn expression(problem: Problem) -> Self {
        let about = format!("expression {}", problem.text);
        let (names, inputs) = (problem.names.clone(), problem.values.clone());
        Self { about, names, inputs, f: Box::new(move |x| problem.record(x)) }
    }

    /// Records it for these inputs.
    #[track_caller]
    pub fn record<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        (self.f)(x)
    }

    pub(crate) fn check(&self, options: &GradcheckOptions) -> Report {
        let mut report = gradcheck_with(&self.f, &self.inputs, options);
        self.name(&mut report);
        report
    }

    /// Value, gradient and Hessian-vector product in four ways.
    pub fn four_ways(&self, options: &GradcheckOptions) -> FourWays {
        let mut ways = four_ways(&self.f, &self.inputs, options);
        self.name(&mut ways.report);
        // The value, then a row for each comparison.
        for (row, c) in ways.rows.iter_mut().skip(1).zip(&ways.report.comparisons) {
            row.name.clone_from(&c.name);
        }
        ways
    }

    /// The inputs' own names in place of their numbers.
    fn name(&self, report: &mut Report) {
        let numbered = |name: &str| self.names.iter().enumerate().find(|(i, _)| name == format!("input {i}"));
        for Comparison { name, .. } in report.comparisons.iter_mut().chain(&mut report.worst) {
            if let Some((_, known)) = numbered(name) {
                name.clone_from(known);
            }
        }
        for kink in &mut report.kinks {
            if let Some((_, known)) = numbered(&kink.name) {
                kink.name.clone_from(known);
            }
        }
        if let Some(Reason::InputNotFinite { name, .. }) = &mut report.reason
            && let Some((_, known)) = numbered(name)
        {
            name.clone_from(known);
        }
    }

    /// It along a line through its inputs.
    pub fn line(&self, seed: u64) -> Line<'_> {
        Line::new(&self.f, &self.inputs, seed)
    }
}
