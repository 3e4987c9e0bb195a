//! Whether an answer is right: the gradient check with the answer as the rule, at two points, element by element.

use std::rc::Rc;

use gradus::autograd::{Comparison, Verdict, gradcheck, unravel};
use gradus::tensor::Tensor;

use super::cause;
use super::task::{POINTS, Point, Puzzle};
use crate::failure::Failure;

/// What is said of an answer.
pub(crate) struct Judgement {
    pub(crate) points: Vec<Point>,
    /// One for each element of the gradient at each point; none if its shape is wrong.
    pub(crate) comparisons: Vec<Comparison>,
    /// The bound of the relative error.
    pub(crate) bound: f64,
    /// Why it is wrong, if that can be told.
    pub(crate) cause: Option<String>,
    pub(crate) right: bool,
}

impl Judgement {
    /// Of an answer that can be read.
    pub(crate) fn of(puzzle: &'static Puzzle, number: u32, answer: &str) -> Result<Self, Failure> {
        let (mut points, mut comparisons, mut got, mut bound) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
        let mut right = true;
        for seed in 0..POINTS {
            let point = puzzle.at(u64::from(number) * POINTS + seed)?;
            let rule = Rc::new(point.read(answer)?);
            let value = rule.value()?;
            if value.shape() == point.wanted().shape() {
                let report = gradcheck(point.with_rule(&rule), &[point.wanted().clone()]);
                right &= report.passed() && report.agreed() == report.compared;
                bound = report.rtol;
                comparisons.extend(report.comparisons);
            } else {
                right = false;
            }
            got.push(value);
            points.push(point);
        }
        let cause = if right { None } else { cause::of(&points, &got) };
        Ok(Self { points, comparisons, bound, cause, right })
    }

    /// How many elements do not agree.
    pub(crate) fn wrong(&self) -> usize {
        self.comparisons.iter().filter(|c| c.verdict != Verdict::Agrees).count()
    }

    /// The largest relative error.
    pub(crate) fn worst(&self) -> f64 {
        self.comparisons.iter().map(|c| c.relative).fold(0.0, |a, b| if a > b || a.is_nan() { a } else { b })
    }

    /// `x[0, 1]`, and at which point, for each comparison.
    pub(crate) fn places(&self) -> impl Iterator<Item = (usize, Vec<usize>)> + '_ {
        let places = |x: &Tensor| (0..x.elements()).map(|i| unravel(i, x.shape())).collect::<Vec<_>>();
        let of = move |(i, point): (usize, &Point)| places(point.wanted()).into_iter().map(move |at| (i, at));
        self.points.iter().enumerate().flat_map(of)
    }
}
