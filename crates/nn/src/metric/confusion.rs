//! Which classes are taken for which, and what follows from it: precision, recall, F-measure.

use std::fmt;
use std::ops::AddAssign;

use gradus_tensor::Tensor;

use super::{check_classes, class_numbers, predicted};

/// How the figures of classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// Of all decisions together. With one label an example it is the accuracy.
    Micro,
    /// The mean over the classes, those included that never occur.
    Macro,
    /// The mean over the classes, weighted by how often they are the truth.
    Weighted,
}

impl Average {
    /// One number of the classes' numbers and their weights.
    pub(super) fn of_classes(self, figures: &[f64], weights: &[usize]) -> f64 {
        let sum: f64 = match self {
            Self::Weighted => figures.iter().zip(weights).map(|(x, &w)| x * w as f64).sum(),
            Self::Micro | Self::Macro => figures.iter().sum(),
        };
        let total = if self == Self::Weighted { weights.iter().sum() } else { figures.len() };
        sum / total as f64
    }
}

/// Counts of examples by true class (rows) and predicted class (columns); print it with `{}`.
///
/// ```
/// use gradus_nn::metric::{Average, Confusion};
/// use gradus_tensor::Tensor;
///
/// let mut table = Confusion::of_labels(&Tensor::from([0, 1, 1]), &Tensor::from([0, 0, 1]), 2);
/// table += &Confusion::of_labels(&Tensor::from([1]), &Tensor::from([1]), 2); // the next batch
/// assert_eq!((table.precisions(), table.recalls()), (vec![1.0, 2.0 / 3.0], vec![0.5, 1.0]));
/// assert_eq!(table.f1(Average::Macro), (2.0 / 3.0 + 0.8) / 2.0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// Counts the largest scores `[…, classes]` against labels `[…]`.
    ///
    /// # Panics
    /// If the shapes or types do not fit or a label is not one of the classes.
    #[track_caller]
    pub fn of(scores: &Tensor, labels: &Tensor) -> Self {
        let (guesses, classes) = predicted("confusion", scores);
        Self::counted(&guesses, &class_numbers("confusion", labels, &guesses), classes)
    }

    /// Counts predicted classes against labels, both I64 and of one shape.
    ///
    /// # Panics
    /// If the shapes or types do not fit or a number is not one of the classes.
    #[track_caller]
    pub fn of_labels(predicted: &Tensor, labels: &Tensor, classes: usize) -> Self {
        let guesses = class_numbers("confusion", predicted, predicted);
        check_classes("confusion", &guesses, classes);
        Self::counted(predicted, &class_numbers("confusion", labels, predicted), classes)
    }

    #[track_caller]
    fn counted(guesses: &Tensor, labels: &[i64], classes: usize) -> Self {
        check_classes("confusion", labels, classes);
        let mut counts = vec![vec![0; classes]; classes];
        for (guess, &label) in guesses.to_vec::<i64>().into_iter().zip(labels) {
            counts[label as usize][guess as usize] += 1;
        }
        Self { counts }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.counts.len()
    }

    /// How many examples are of each class.
    #[doc(alias = "support")]
    pub fn supports(&self) -> Vec<usize> {
        self.counts.iter().map(|row| row.iter().sum()).collect()
    }

    /// How many examples were taken for each class.
    fn guessed(&self) -> Vec<usize> {
        (0..self.classes()).map(|guess| self.counts.iter().map(|row| row[guess]).sum()).collect()
    }

    /// Of what was taken for each class, the share that is of it; 0 where nothing was.
    pub fn precisions(&self) -> Vec<f64> {
        self.shares(&self.guessed())
    }

    /// Of what is of each class, the share that was found; 0 where nothing is.
    #[doc(alias = "sensitivity")]
    pub fn recalls(&self) -> Vec<f64> {
        self.shares(&self.supports())
    }

    /// `$F_\beta = (1 + \beta^2) \frac{pr}{\beta^2 p + r}$` of precision p and recall r of each class, 0 where both are 0: recall
    /// counts β times as much.
    ///
    /// # Source
    /// van Rijsbergen, "Information Retrieval", 1979.
    pub fn f_betas(&self, beta: f64) -> Vec<f64> {
        let pairs = self.precisions().into_iter().zip(self.recalls());
        pairs.map(|(p, r)| f_beta(beta, p, r)).collect()
    }

    /// `$2pr/(p + r)$` of precision and recall of each class.
    pub fn f1s(&self) -> Vec<f64> {
        self.f_betas(1.0)
    }

    /// [`Self::precisions`] as one number.
    pub fn precision(&self, average: Average) -> f64 {
        self.averaged(average, &self.precisions())
    }

    /// [`Self::recalls`] as one number. [`Average::Macro`]: the balanced accuracy, where every class occurs.
    pub fn recall(&self, average: Average) -> f64 {
        self.averaged(average, &self.recalls())
    }

    /// [`Self::f_betas`] as one number.
    pub fn f_beta(&self, beta: f64, average: Average) -> f64 {
        self.averaged(average, &self.f_betas(beta))
    }

    /// [`Self::f1s`] as one number.
    pub fn f1(&self, average: Average) -> f64 {
        self.f_beta(1.0, average)
    }

    /// Of one label an example all micro averages are the accuracy.
    fn averaged(&self, average: Average, figures: &[f64]) -> f64 {
        if average == Average::Micro {
            self.accuracy()
        } else {
            average.of_classes(figures, &self.supports())
        }
    }

    /// The diagonal as shares; of nothing 0.
    fn shares(&self, of: &[usize]) -> Vec<f64> {
        let share = |(class, &of): (usize, &usize)| {
            if of == 0 { 0.0 } else { self.counts[class][class] as f64 / of as f64 }
        };
        of.iter().enumerate().map(share).collect()
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

fn f_beta(beta: f64, p: f64, r: f64) -> f64 {
    let (square, product) = (beta * beta, p * r);
    if product == 0.0 { 0.0 } else { (1.0 + square) * product / (square * p + r) }
}

/// Counts of further examples.
impl AddAssign<&Self> for Confusion {
    /// # Panics
    /// If the numbers of classes differ.
    #[track_caller]
    fn add_assign(&mut self, more: &Self) {
        let (n, m) = (self.classes(), more.classes());
        assert!(n == m, "confusion: a table of {m} classes added to one of {n}");
        for (row, more) in self.counts.iter_mut().zip(&more.counts) {
            row.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
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
    use gradus_tensor::DType;

    use super::*;
    use crate::metric::accuracy;

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
