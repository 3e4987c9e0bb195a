//! Who computes what, and how it is summed.

use std::ops::Range;

use gradus_data::Shard;

use crate::communicator::{Communicator, Values};
use crate::error::Error;
use crate::options::Summation;
use crate::tree::{self, Sum, Sums};

/// Numbers of one type in one piece.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Flat {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// The parts of a batch, the ranks, and the order of the sums.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) shard: Shard,
    /// The sums that each rank forms of its own parts, rank by rank.
    runs: Vec<Vec<Range<usize>>>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In the transport's own order.
    Fast,
    /// Each rank's parts are one sum of the tree, and so are those of each pair, each four …: halves are exchanged.
    Halves,
    /// Each rank gets all sums and goes on alone.
    Gather,
}

impl Plan {
    pub(crate) fn new(comm: &dyn Communicator, parts: usize, sums: Summation) -> Self {
        let (rank, size) = (comm.rank(), comm.size());
        let parts = if sums == Summation::Fast { size } else { parts };
        let shard = Shard { parts, ..Shard::new(rank, size) };
        let of = |rank: usize| Shard { rank, ..shard }.own_parts();
        let runs = (0..size).map(|rank| tree::runs(of(rank), parts)).collect();
        let is_halved = |width: usize| {
            (0..size)
                .step_by(width)
                .all(|rank| tree::is_sum(&(of(rank).start..of(rank + width - 1).end), parts))
        };
        let kind = if sums == Summation::Fast {
            Kind::Fast
        } else if size.is_power_of_two() && (0..=size.ilog2()).all(|level| is_halved(1 << level)) {
            Kind::Halves
        } else {
            Kind::Gather
        };
        Self { shard, runs, kind }
    }

    /// The sums that a rank forms.
    pub(crate) fn runs_of(&self, rank: usize) -> &[Range<usize>] {
        &self.runs[rank]
    }

    /// The sum over all ranks of what each has for its runs.
    pub(crate) fn reduce(&self, comm: &dyn Communicator, own: Vec<Flat>) -> Result<Flat, Error> {
        let mut singles = Vec::new();
        let mut doubles = Vec::new();
        for flat in own {
            match flat {
                Flat::F32(values) => singles.push(values),
                Flat::F64(values) => doubles.push(values),
            }
        }
        if doubles.is_empty() {
            self.reduce_of(comm, singles).map(Flat::F32)
        } else {
            self.reduce_of(comm, doubles).map(Flat::F64)
        }
    }

    pub(crate) fn reduce_of<T: Number>(
        &self,
        comm: &dyn Communicator,
        mut own: Vec<Vec<T>>,
    ) -> Result<Vec<T>, Error>
    where
        Vec<T>: Sum,
    {
        if self.kind == Kind::Gather {
            let length = own.first().map_or(0, Vec::len);
            let bytes: Vec<u8> = own.iter().flat_map(|run| bytemuck::cast_slice(run)).copied().collect();
            let all = comm.all_gather(&bytes)?;
            let mut sums = Sums::new(self.shard.parts);
            for (runs, bytes) in self.runs.iter().zip(&all) {
                let pieces = bytes.chunks_exact((length * size_of::<T>()).max(1));
                runs.iter().zip(pieces).for_each(|(run, piece)| sums.push(run.clone(), numbers(piece)));
            }
            return Ok(sums.into_values().pop().unwrap_or_default());
        }
        let mut values = own.pop().unwrap_or_default();
        match self.kind {
            Kind::Fast => comm.all_reduce_sum(T::values(&mut values))?,
            _ => halves(comm, &mut values)?,
        }
        Ok(values)
    }
}

/// A float that is sent.
pub(crate) trait Number: bytemuck::Pod + std::ops::AddAssign {
    fn values(values: &mut [Self]) -> Values<'_>;
}

impl Number for f32 {
    fn values(values: &mut [Self]) -> Values<'_> {
        Values::F32(values)
    }
}

impl Number for f64 {
    fn values(values: &mut [Self]) -> Values<'_> {
        Values::F64(values)
    }
}

/// Bytes as numbers, wherever they lie.
pub(crate) fn numbers<T: bytemuck::Pod>(bytes: &[u8]) -> Vec<T> {
    bytemuck::pod_collect_to_vec(bytes)
}

/// Sums over `$2^k$` ranks by exchanging halves: at each of k levels a rank keeps half of what it has, summed with the same half of its
/// partner; then the sums go back the same way. Neighbours come first, so each number is summed in the tree of the ranks. A rank
/// sends twice the length, less the last piece.
///
/// # Source
/// Rabenseifner, "Optimization of collective reduction operations", ICCS 2004.
fn halves<T: Number>(comm: &dyn Communicator, values: &mut Vec<T>) -> Result<(), Error> {
    let (rank, size, length) = (comm.rank(), comm.size(), values.len());
    // Halves of the same length on all levels.
    values.resize(length.next_multiple_of(size), T::zeroed());
    let mut own = 0..values.len();
    let mut wholes = Vec::new();
    let levels = size.ilog2();
    for partner in (0..levels).map(|level| rank ^ (1 << level)) {
        let middle = own.start + own.len() / 2;
        let (kept, given) = if rank < partner {
            (own.start..middle, middle..own.end)
        } else {
            (middle..own.end, own.start..middle)
        };
        let theirs = comm.exchange(partner, bytemuck::cast_slice(&values[given]))?;
        add(&mut values[kept.clone()], &theirs);
        wholes.push(std::mem::replace(&mut own, kept));
    }
    for partner in (0..levels).rev().map(|level| rank ^ (1 << level)) {
        let Some(whole) = wholes.pop() else { break };
        let theirs = comm.exchange(partner, bytemuck::cast_slice(&values[own.clone()]))?;
        let other = if own.start == whole.start { own.end..whole.end } else { whole.start..own.start };
        bytemuck::cast_slice_mut(&mut values[other]).copy_from_slice(&theirs);
        own = whole;
    }
    values.truncate(length);
    Ok(())
}

fn add<T: Number>(sums: &mut [T], bytes: &[u8]) {
    match bytemuck::try_cast_slice(bytes) {
        Ok(others) => sums.iter_mut().zip(others).for_each(|(sum, x): (&mut T, &T)| *sum += *x),
        // Bytes that lie at an odd place.
        Err(_) => sums.iter_mut().zip(numbers::<T>(bytes)).for_each(|(sum, x)| *sum += x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::run;

    /// Values whose sum depends on the order.
    fn part(i: usize, length: usize) -> Vec<f32> {
        (0..length)
            .map(|k| ((i * 37 + k * 11) % 23) as f32 / 7.0 + if k % 3 == 0 { 1e6 } else { 0.0 })
            .collect()
    }

    fn summed(size: usize, parts: usize, length: usize, kind: Summation) -> Vec<Vec<f32>> {
        let result = run(size, |comm| {
            let plan = Plan::new(&comm, parts, kind);
            let mut sums = Sums::new(plan.shard.parts);
            plan.shard.own_parts().for_each(|i| sums.push(i..i + 1, part(i, length)));
            plan.reduce_of(&comm, sums.into_values())
        });
        result.unwrap().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn sums_have_the_same_bits_on_any_number_of_ranks() {
        for parts in [8, 12] {
            for length in [0, 1, 5, 64] {
                let alone = summed(1, parts, length, Summation::Exact);
                for size in [2, 3, 4, 5, 8] {
                    for found in summed(size, parts, length, Summation::Exact) {
                        assert_eq!(found, alone[0], "{parts} parts of {length} on {size} ranks");
                    }
                }
            }
        }
    }

    #[test]
    fn fast_sums_are_alike_on_all_ranks() {
        let found = summed(3, 8, 4, Summation::Fast);
        assert!(found.iter().all(|values| *values == found[0]));
        let expected: Vec<f32> = (0..4).map(|k| (0..3).map(|i| part(i, 4)[k]).sum()).collect();
        assert_eq!(found[0], expected);
    }
}
