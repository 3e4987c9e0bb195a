//! The fixed tree in which the parts of a batch are summed, whoever has computed them.
//!
//! The sum of parts `lo .. hi` is that of two runs of them, the first as long as the largest power of two below the length. Which
//! sums are formed depends on the number of parts alone, so their bits do too.

use std::ops::Range;

use gradus_tensor::kernel::parallel;

use crate::plan::Number;

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

/// The fewest sums of the tree that make up the parts of a rank.
pub(crate) fn runs(own: Range<usize>, parts: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for i in own {
        runs.push(i..i + 1);
        while let [.., left, right] = &runs[..] {
            let whole = left.start..right.end;
            if division(&whole, parts) != Some(left.end) {
                break;
            }
            runs.truncate(runs.len() - 2);
            runs.push(whole);
        }
    }
    runs
}

/// How neighbouring sums of the tree become one: in blocks that stay in the first-level cache, so that each number is read once.
#[derive(Debug)]
pub(crate) struct Sum {
    steps: Vec<Step>,
    /// The most partial sums beside the first.
    beside: usize,
}

/// Partial sum 0 begins as the first run.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The partial sum becomes a run.
    Take { run: usize, sum: usize },
    /// A run is added to the partial sum.
    Add { run: usize, sum: usize },
    /// The partial sum behind it is added.
    Join { sum: usize },
}

/// Numbers of a block.
const BLOCK: usize = 2048;
/// Numbers of a thread's piece.
const PIECE: usize = 16 * BLOCK;

impl Sum {
    /// The sum over these runs, which make up a run of the tree over `parts`.
    pub(crate) fn of(runs: &[Range<usize>], parts: usize) -> Self {
        let mut whole = Self { steps: Vec::new(), beside: 0 };
        whole.build(runs, 0, 0, parts);
        whole
    }

    /// The steps after which partial sum `sum` is the sum of these runs; the first of them has the number `first`.
    fn build(&mut self, runs: &[Range<usize>], first: usize, sum: usize, parts: usize) {
        self.beside = self.beside.max(sum);
        if runs.len() < 2 {
            if first > 0 {
                self.steps.push(Step::Take { run: first, sum });
            }
            return;
        }
        let middle = division(&(runs[0].start..runs[runs.len() - 1].end), parts);
        let at = runs.iter().position(|run| Some(run.start) == middle).expect("the runs are of one sum");
        let (left, right) = runs.split_at(at);
        self.build(left, first, sum, parts);
        if right.len() == 1 {
            self.steps.push(Step::Add { run: first + at, sum });
        } else {
            self.build(right, first + at, sum + 1, parts);
            self.steps.push(Step::Join { sum });
        }
    }

    /// Adds the other runs to the first.
    pub(crate) fn add<T: Number>(&self, first: &mut [T], others: &[&[T]]) {
        parallel::chunks(first, PIECE, 0.3 * others.len() as f64, |start, piece| {
            let mut beside = vec![T::zeroed(); self.beside * BLOCK];
            for (k, block) in piece.chunks_mut(BLOCK).enumerate() {
                let (at, length) = (start + k * BLOCK, block.len());
                self.block(block, &mut beside, |run| &others[run - 1][at..at + length]);
            }
        });
    }

    fn block<'o, T: Number>(&self, first: &mut [T], beside: &mut [T], of: impl Fn(usize) -> &'o [T]) {
        let length = first.len();
        for step in &self.steps {
            match *step {
                Step::Take { run, sum } => {
                    beside[(sum - 1) * BLOCK..][..length].copy_from_slice(of(run));
                }
                Step::Add { run, sum: 0 } => add(first, of(run)),
                Step::Add { run, sum } => add(&mut beside[(sum - 1) * BLOCK..][..length], of(run)),
                Step::Join { sum: 0 } => add(first, &beside[..length]),
                Step::Join { sum } => {
                    let (left, right) = beside.split_at_mut(sum * BLOCK);
                    add(&mut left[(sum - 1) * BLOCK..][..length], &right[..length]);
                }
            }
        }
    }
}

/// Adds numbers to others, one by one.
pub(crate) fn add<T: Number>(sums: &mut [T], others: &[T]) {
    sums.iter_mut().zip(others).for_each(|(sum, x)| *sum += *x);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expression of a sum of runs that are expressions.
    fn sum(runs: &[(Range<usize>, String)], parts: usize) -> String {
        let ranges: Vec<_> = runs.iter().map(|(range, _)| range.clone()).collect();
        let whole = Sum::of(&ranges, parts);
        let mut sums = vec![String::new(); whole.beside + 2];
        sums[0].clone_from(&runs[0].1);
        for step in &whole.steps {
            match *step {
                Step::Take { run, sum } => sums[sum].clone_from(&runs[run].1),
                Step::Add { run, sum } => sums[sum] = format!("({} {})", sums[sum], runs[run].1),
                Step::Join { sum } => sums[sum] = format!("({} {})", sums[sum], sums[sum + 1]),
            }
        }
        sums.swap_remove(0)
    }

    fn alone(parts: Range<usize>) -> Vec<(Range<usize>, String)> {
        parts.map(|i| (i..i + 1, i.to_string())).collect()
    }

    #[test]
    fn the_tree_does_not_depend_on_who_computes() {
        for parts in 1..=24 {
            let expected = sum(&alone(0..parts), parts);
            for ranks in 1..=parts {
                let mut whole = Vec::new();
                for rank in 0..ranks {
                    let own = rank * parts / ranks..(rank + 1) * parts / ranks;
                    for run in runs(own, parts) {
                        whole.push((run.clone(), sum(&alone(run), parts)));
                    }
                }
                assert_eq!(sum(&whole, parts), expected, "{parts} parts on {ranks} ranks");
            }
        }
        assert_eq!(sum(&alone(0..6), 6), "(((0 1) (2 3)) (4 5))");
    }

    /// In blocks and on threads the same as number by number.
    #[test]
    fn numbers_are_summed_in_the_order_of_the_tree() {
        for parts in [1, 2, 5, 8, 13] {
            for length in [0, 1, BLOCK, 2 * PIECE + 3] {
                let part = |i: usize| -> Vec<f32> {
                    (0..length)
                        .map(|k| ((i * 37 + k * 11) % 23) as f32 / 7.0 + (k % 3) as f32 * 1e6)
                        .collect()
                };
                let all: Vec<Vec<f32>> = (0..parts).map(part).collect();
                let ranges: Vec<_> = (0..parts).map(|i| i..i + 1).collect();
                let mut found = all[0].clone();
                let others: Vec<&[f32]> = all[1..].iter().map(Vec::as_slice).collect();
                Sum::of(&ranges, parts).add(&mut found, &others);
                let expected: Vec<f32> = (0..length).map(|k| one(&all, k, &(0..parts))).collect();
                assert!(found == expected, "{parts} parts of {length}");
            }
        }
    }

    fn one(all: &[Vec<f32>], k: usize, run: &Range<usize>) -> f32 {
        if run.len() == 1 {
            return all[run.start][k];
        }
        let middle = split(run);
        one(all, k, &(run.start..middle)) + one(all, k, &(middle..run.end))
    }

    #[test]
    fn a_power_of_two_is_halved() {
        let [whole, half] = [0..8, 4..8].map(|own| runs(own, 8));
        assert_eq!((whole.len(), &whole[0], half.len(), &half[0]), (1, &(0..8), 1, &(4..8)));
        assert_eq!(runs(2..5, 8), [2..4, 4..5]);
        assert!(is_sum(&(8..12), 12) && !is_sum(&(3..6), 12));
    }
}
