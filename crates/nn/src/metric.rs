//! How good a classifier is: accuracy, and which classes are taken for which.

use std::fmt;

use gradus_tensor::{DType, Tensor};

/// Class numbers as a vector, after a check of type and length.
#[track_caller]
fn class_numbers(what: &str, labels: &Tensor, n: usize) -> Vec<i64> {
    assert!(
        labels.dtype() == DType::I64,
        "{what}: labels must be I64 class numbers, got {}; convert with .to(DType::I64)",
        labels.dtype()
    );
    assert!(
        *labels.shape() == [n],
        "{what}: {n} predictions need labels of shape [{n}], got {}",
        labels.shape()
    );
    labels.to_vec::<i64>()
}

/// Panics if a label is no class.
#[track_caller]
fn check_classes(what: &str, labels: &[i64], classes: usize) {
    if let Some(label) = labels.iter().find(|label| !(0..classes as i64).contains(label)) {
        panic!("{what}: label {label} is not one of 0..{classes}");
    }
}

/// The row of the largest score of each example.
#[track_caller]
fn predicted(what: &str, scores: &Tensor) -> Vec<i64> {
    let is_known =
        scores.rank() == 2 && (scores.shape()[1] > 0 || scores.is_empty() && scores.shape()[0] == 0);
    assert!(is_known, "{what}: scores must be [N, classes], got {}", scores.shape());
    scores.argmax_axis(1, false).to_vec::<i64>()
}

/// The share of examples whose largest score is at their label. Scores are `[N, classes]`, labels `[N]` I64; NaN if there
/// are none.
///
/// # Panics
/// If the shapes or types do not fit or a label is not one of the classes.
#[track_caller]
pub fn accuracy(scores: &Tensor, labels: &Tensor) -> f64 {
    let guesses = predicted("accuracy", scores);
    let labels = class_numbers("accuracy", labels, guesses.len());
    check_classes("accuracy", &labels, scores.shape()[1]);
    let right = guesses.iter().zip(&labels).filter(|(a, b)| a == b).count();
    right as f64 / guesses.len() as f64
}

/// Counts of examples by true class (rows) and predicted class (columns); print it with `{}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// Counts the largest scores `[N, classes]` against labels `[N]`.
    ///
    /// # Panics
    /// If the shapes or types do not fit or a label is not one of the classes.
    #[track_caller]
    pub fn of(scores: &Tensor, labels: &Tensor) -> Self {
        let guesses = predicted("confusion", scores);
        let labels = class_numbers("confusion", labels, guesses.len());
        let classes = scores.shape()[1];
        let mut counts = vec![vec![0; classes]; classes];
        check_classes("confusion", &labels, classes);
        for (&guess, &label) in guesses.iter().zip(&labels) {
            counts[label as usize][guess as usize] += 1;
        }
        Self { counts }
    }

    /// The number of examples of class `truth` that were taken for class `guess`.
    pub fn count(&self, truth: usize, guess: usize) -> usize {
        self.counts[truth][guess]
    }

    /// The share on the diagonal; NaN if there are no examples.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.counts.len()).map(|i| self.counts[i][i]).sum();
        right as f64 / self.counts.iter().flatten().sum::<usize>() as f64
    }

    /// The pair of different classes (truth, guess) with the most examples, and their number.
    pub fn worst(&self) -> Option<(usize, usize, usize)> {
        let n = self.counts.len();
        let pairs = (0..n).flat_map(|t| (0..n).map(move |g| (t, g))).filter(|(t, g)| t != g);
        let (t, g) = pairs.max_by_key(|&(t, g)| (self.counts[t][g], std::cmp::Reverse((t, g))))?;
        (self.counts[t][g] > 0).then_some((t, g, self.counts[t][g]))
    }
}

impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.counts.iter().flatten().copied().max().unwrap_or(0).max(self.counts.len());
        let width = largest.to_string().len() + 1;
        write!(f, "true \\ predicted")?;
        for guess in 0..self.counts.len() {
            write!(f, " {guess:>width$}")?;
        }
        writeln!(f)?;
        for (truth, row) in self.counts.iter().enumerate() {
            write!(f, "{truth:>16}")?;
            for &count in row {
                if count == 0 { write!(f, " {:>width$}", "·")? } else { write!(f, " {count:>width$}")? }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (Tensor, Tensor) {
        let scores = Tensor::from([[9.0, 1.0, 0.0], [0.0, 2.0, 1.0], [3.0, 4.0, 5.0], [0.0, 1.0, 0.0]]);
        (scores, Tensor::from([0, 1, 1, 1]))
    }

    #[test]
    fn three_of_four() {
        let (scores, labels) = example();
        assert_eq!(accuracy(&scores, &labels), 0.75);
        let table = Confusion::of(&scores, &labels);
        assert_eq!(table.accuracy(), 0.75);
        assert_eq!((table.count(1, 1), table.count(1, 2), table.count(2, 2)), (2, 1, 0));
        assert_eq!(table.worst(), Some((1, 2, 1)));
        assert_eq!(
            table.to_string(),
            "true \\ predicted  0  1  2\n               0  1  ·  ·\n               1  ·  2  1\n               2  ·  ·  ·\n"
        );
    }

    #[test]
    #[should_panic(
        expected = "accuracy: labels must be I64 class numbers, got f64; convert with .to(DType::I64)"
    )]
    fn labels_are_integers() {
        let (scores, labels) = example();
        accuracy(&scores, &labels.to(DType::F64));
    }

    #[test]
    #[should_panic(expected = "accuracy: 4 predictions need labels of shape [4], got [2]")]
    fn labels_are_as_many_as_scores() {
        accuracy(&example().0, &Tensor::from([0, 1]));
    }
}
