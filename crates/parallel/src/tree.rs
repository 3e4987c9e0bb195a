//! The fixed tree in which the parts of a batch are summed, whoever has computed them.
//!
//! The sum of parts `lo .. hi` is that of two runs of them, the first as long as the largest power of two below the length. Which
//! sums are formed depends on the number of parts alone, so their bits do too.

use std::ops::Range;

use gradus_tensor::Tensor;
use gradus_tensor::elementwise::add_assign;

/// Where the sum of this run of parts is divided; it has at least two.
fn split(run: &Range<usize>) -> usize {
    let length = run.len();
    run.start + (length.next_power_of_two() / 2).min(length - 1).max(1)
}

/// Where the run is divided if it is one of the sums of the tree over `parts`, and no single part.
fn division(run: &Range<usize>, parts: usize) -> Option<usize> {
    let mut at = 0..parts;
    while at.len() > 1 {
        let middle = split(&at);
        if at == *run {
            return Some(middle);
        }
        at = if run.start < middle { at.start..middle } else { middle..at.end };
    }
    None
}

/// Whether the run is one of the sums of the tree, or a single part.
pub(crate) fn is_sum(run: &Range<usize>, parts: usize) -> bool {
    run.len() == 1 || division(run, parts).is_some()
}

/// What can be summed in place.
pub(crate) trait Sum {
    /// Adds another of the same length.
    fn add(&mut self, other: Self);
}

impl Sum for Tensor {
    fn add(&mut self, other: Self) {
        add_assign(self, &other);
    }
}

impl Sum for Vec<f32> {
    fn add(&mut self, other: Self) {
        self.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
    }
}

impl Sum for Vec<f64> {
    fn add(&mut self, other: Self) {
        self.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
    }
}

/// Sums of runs of parts, in the order of the parts, as far as they can be formed.
#[derive(Debug)]
pub(crate) struct Sums<T> {
    parts: usize,
    runs: Vec<(Range<usize>, T)>,
}

impl<T: Sum> Sums<T> {
    pub(crate) fn new(parts: usize) -> Self {
        Self { parts, runs: Vec::new() }
    }

    /// Takes the run of parts that comes next.
    pub(crate) fn push(&mut self, run: Range<usize>, value: T) {
        self.runs.push((run, value));
        while let [.., (left, _), (right, _)] = &self.runs[..] {
            let whole = left.start..right.end;
            if left.end != right.start || division(&whole, self.parts) != Some(left.end) {
                return;
            }
            if let (Some((_, right)), Some((run, left))) = (self.runs.pop(), self.runs.last_mut()) {
                left.add(right);
                *run = whole;
            }
        }
    }

    /// The sums that are left: one, where the runs make up a sum of the tree.
    pub(crate) fn into_values(self) -> Vec<T> {
        self.runs.into_iter().map(|(_, value)| value).collect()
    }
}

/// The runs that are left of the parts of a rank.
pub(crate) fn runs(own: Range<usize>, parts: usize) -> Vec<Range<usize>> {
    struct Nothing;
    impl Sum for Nothing {
        fn add(&mut self, _: Self) {}
    }
    let mut sums = Sums::new(parts);
    own.for_each(|i| sums.push(i..i + 1, Nothing));
    sums.runs.into_iter().map(|(run, _)| run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expression of a sum.
    #[derive(Debug, Clone, PartialEq)]
    struct Words(String);

    impl Sum for Words {
        fn add(&mut self, other: Self) {
            self.0 = format!("({} {})", self.0, other.0);
        }
    }

    #[test]
    fn the_tree_does_not_depend_on_who_computes() {
        for parts in 1..=24 {
            let mut alone = Sums::new(parts);
            (0..parts).for_each(|i| alone.push(i..i + 1, Words(i.to_string())));
            let alone = alone.into_values();
            assert_eq!(alone.len(), 1, "{parts}");
            for ranks in 1..=parts {
                let mut whole = Sums::new(parts);
                for rank in 0..ranks {
                    let own = rank * parts / ranks..(rank + 1) * parts / ranks;
                    let mut sums = Sums::new(parts);
                    own.clone().for_each(|i| sums.push(i..i + 1, Words(i.to_string())));
                    let left = runs(own, parts);
                    let values = sums.into_values();
                    assert_eq!(left.len(), values.len());
                    left.into_iter().zip(values).for_each(|(run, value)| whole.push(run, value));
                }
                assert_eq!(whole.into_values(), alone, "{parts} parts on {ranks} ranks");
            }
        }
    }

    #[test]
    fn a_power_of_two_is_halved() {
        let [whole, half] = [0..8, 4..8].map(|own| runs(own, 8));
        assert_eq!((whole.len(), &whole[0], half.len(), &half[0]), (1, &(0..8), 1, &(4..8)));
        assert_eq!(runs(2..5, 8), [2..4, 4..5]);
        assert!(is_sum(&(8..12), 12) && !is_sum(&(3..6), 12));
    }
}
