//! The second derivatives of an expression beside their finite differences.

use std::fmt;

use gradus::autograd::{FiniteDifference, Scheme, hessian};

use super::problem::Problem;
use crate::text::lines::{WIDTH, cut};
use crate::text::numbers::{elements, short, size};
use crate::text::table::Table;

/// The two agree below this error, relative to the largest entry or to 1.
const BOUND: f64 = 1e-5;
/// Columns of a matrix that stand side by side.
const COLUMNS: usize = 6;

/// Two matrices over all elements of all variables.
#[derive(Debug)]
pub struct Hessian {
    /// The elements of the variables, in order.
    pub names: Vec<String>,
    /// By the recorded gradient, differentiated once more.
    pub autograd: Vec<Vec<f64>>,
    /// By differences of differences.
    pub numeric: Vec<Vec<f64>>,
}

impl Hessian {
    pub(crate) fn of(problem: &Problem) -> Self {
        let differences = FiniteDifference::new(Scheme::FivePoint);
        Self {
            names: elements(&problem.names, &problem.values),
            autograd: joined(&hessian(|x| problem.record(x).sum(), &problem.values), problem),
            numeric: differences.tape_hessian(|x| problem.record(x).sum(), &problem.values),
        }
    }

    /// The largest difference and where it is.
    pub(crate) fn worst(&self) -> (f64, usize, usize) {
        let n = self.names.len();
        let places = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        let all = places.map(|(i, j)| ((self.autograd[i][j] - self.numeric[i][j]).abs(), i, j));
        let key = |x: f64| if x.is_nan() { f64::INFINITY } else { x };
        all.max_by(|a, b| key(a.0).total_cmp(&key(b.0))).unwrap_or((0.0, 0, 0))
    }

    pub(crate) fn agrees(&self) -> bool {
        let finite = self.autograd.iter().flatten().filter(|x| x.is_finite());
        let largest = finite.fold(1.0f64, |m, x| m.max(x.abs()));
        self.worst().0 <= BOUND * largest
    }

    fn matrix(&self, matrix: &[Vec<f64>]) -> String {
        let columns: Vec<usize> = (0..self.names.len()).collect();
        let blocks: Vec<String> = columns.chunks(COLUMNS).map(|chunk| self.block(matrix, chunk)).collect();
        blocks.join("\n")
    }

    fn block(&self, matrix: &[Vec<f64>], columns: &[usize]) -> String {
        let head: Vec<&str> =
            [""].into_iter().chain(columns.iter().map(|&j| self.names[j].as_str())).collect();
        let mut table = Table::new(&head);
        for (name, row) in self.names.iter().zip(matrix) {
            table.row([name.clone()].into_iter().chain(columns.iter().map(|&j| short(clean(row[j])))));
        }
        table.text()
    }
}

/// Rounding far below the printed digits becomes 0.
fn clean(x: f64) -> f64 {
    if x.abs() < 1e-9 { 0.0 } else { x }
}

/// The blocks of all pairs of variables as one matrix.
fn joined(blocks: &[Vec<gradus::tensor::Tensor>], problem: &Problem) -> Vec<Vec<f64>> {
    let mut rows = Vec::new();
    for (row, x) in blocks.iter().zip(&problem.values) {
        let flat: Vec<Vec<f64>> = row.iter().map(gradus::tensor::Tensor::to_f64_vec).collect();
        for i in 0..x.elements() {
            let parts = flat.iter().zip(&problem.values);
            let line = parts.flat_map(|(block, y)| block[i * y.elements()..][..y.elements()].to_vec());
            rows.push(line.collect());
        }
    }
    rows
}

impl fmt::Display for Hessian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Second derivatives: the gradient, recorded on the tape, differentiated once more (Hessian)\n"
        )?;
        writeln!(f, "{}", self.matrix(&self.autograd))?;
        writeln!(f, "The same from values alone, by five-point differences of differences, step 1e-3\n")?;
        writeln!(f, "{}", self.matrix(&self.numeric))?;
        let (error, i, j) = self.worst();
        let verdict = if self.agrees() { "They agree" } else { "They DIFFER" };
        let line = format!(
            "{verdict}: the largest difference is {}, at ({}, {}).",
            size(error),
            self.names[i],
            self.names[j]
        );
        writeln!(f, "{}", cut(&line, WIDTH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_agrees_with_an_infinite_derivative() {
        let agrees = |a: f64, b: f64| {
            let names = vec!["x".to_string()];
            Hessian { names, autograd: vec![vec![a]], numeric: vec![vec![b]] }.agrees()
        };
        assert!(agrees(1e9, 1e9 + 1.0) && !agrees(1.0, 1.1));
        for (a, b) in [(f64::INFINITY, 1.0), (1.0, f64::NEG_INFINITY), (f64::NAN, 1.0)] {
            assert!(!agrees(a, b), "{a} {b}");
        }
    }
}
