//! A function of tensors and where it is checked.

use gradus::autograd::{
    Comparison, FourWays, GradcheckOptions, Line, Reason, Report, four_ways, gradcheck_with,
};
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
        self.name(&mut report);
        report
    }

    pub(crate) fn four_ways(&self, options: &GradcheckOptions) -> FourWays {
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
    pub(crate) fn line(&self, seed: u64) -> Line<'_> {
        Line::new(&self.f, &self.inputs, seed)
    }
}
