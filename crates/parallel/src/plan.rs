//! Who computes what, and how it is summed.

use std::ops::Range;

use gradus_data::Shard;
use gradus_tensor::{DType, Element, Scalar, Tensor};

use crate::communicator::{Communicator, Values};
use crate::error::Error;
use crate::options::Summation;
use crate::tree::{self, Sum, add};

/// Numbers of a piece that is summed where it lies. At 2 ranks half of it is sent each way.
const PIECE: usize = 1 << 16;
/// Fewer are copied together, since a message costs more than the copy.
const SMALL: usize = 1 << 13;

/// The parts of a batch, the ranks, and the order of the sums.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) shard: Shard,
    /// The sums that each rank forms of its own parts, rank by rank.
    runs: Vec<Vec<Range<usize>>>,
    kind: Kind,
    /// Whether gradients are summed where they lie, when the sweep is over: on one machine.
    in_place: bool,
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
        let kind = if sums == Summation::Fast && !size.is_power_of_two() {
            Kind::Fast
        } else if size.is_power_of_two() && (0..=size.ilog2()).all(|level| is_halved(1 << level)) {
            Kind::Halves
        } else {
            Kind::Gather
        };
        let in_place = kind == Kind::Halves && size > 1 && comm.is_one_machine();
        Self { shard, runs, kind, in_place }
    }

    /// Whether gradients leave in buckets while the sweep still runs.
    pub(crate) fn has_buckets(&self) -> bool {
        self.shard.size > 1 && !self.in_place
    }

    /// Sums gradients of this rank's parts over all ranks, where they lie, in pieces that stay in a cache: a bucket would be one more
    /// copy of them, and be read and written from memory.
    pub(crate) fn reduce_in_place(
        &self,
        comm: &dyn Communicator,
        gradients: &mut [(usize, Tensor)],
    ) -> Result<(), Error> {
        if self.in_place {
            self.in_place_of::<f32>(comm, gradients)?;
            self.in_place_of::<f64>(comm, gradients)?;
        }
        Ok(())
    }

    fn in_place_of<T: Number>(
        &self,
        comm: &dyn Communicator,
        gradients: &mut [(usize, Tensor)],
    ) -> Result<(), Error> {
        let own = gradients.iter_mut().filter(|(_, gradient)| gradient.dtype() == T::DTYPE);
        let mut small: Vec<&mut [T]> = Vec::new();
        for (_, gradient) in own {
            let values = gradient.slice_mut::<T>();
            if values.len() < SMALL {
                small.push(values);
                continue;
            }
            let (whole, rest) = values.split_at_mut(values.len() / self.shard.size * self.shard.size);
            for piece in whole.chunks_mut(self.padded(PIECE)) {
                halves::<T>(comm, piece)?;
            }
            small.push(rest);
        }
        self.together(comm, &mut small)
    }

    /// Sums what is too small to be sent alone.
    fn together<T: Number>(&self, comm: &dyn Communicator, small: &mut [&mut [T]]) -> Result<(), Error> {
        let mut all = small.concat();
        all.resize(self.padded(all.len()), T::zeroed());
        for piece in all.chunks_mut(self.padded(PIECE)) {
            halves::<T>(comm, piece)?;
        }
        let mut from = &all[..];
        for values in small {
            let (sums, rest) = from.split_at(values.len());
            values.copy_from_slice(sums);
            from = rest;
        }
        Ok(())
    }

    /// The sums that a rank forms.
    pub(crate) fn runs_of(&self, rank: usize) -> &[Range<usize>] {
        &self.runs[rank]
    }

    /// The sum over all ranks of what each has for its runs, in one piece each.
    pub(crate) fn reduce(&self, comm: &dyn Communicator, own: Vec<Tensor>) -> Result<Tensor, Error> {
        match own.first().map(Tensor::dtype) {
            Some(DType::F64) => self.reduce_of::<f64>(comm, own),
            _ => self.reduce_of::<f32>(comm, own),
        }
    }

    fn reduce_of<T: Number>(&self, comm: &dyn Communicator, mut own: Vec<Tensor>) -> Result<Tensor, Error> {
        let length = own.first().map_or(0, Tensor::elements);
        if self.kind == Kind::Gather {
            let bytes: Vec<&[u8]> = own.iter().map(|run| bytemuck::cast_slice(run.as_slice::<T>())).collect();
            let all = comm.all_gather(&bytes.concat())?;
            return Ok(Tensor::from_vec(self.sum::<T>(all.iter().map(Vec::as_slice), length), [length]));
        }
        let mut whole = own.pop().unwrap_or_else(|| Tensor::zeros([length]));
        match self.kind {
            Kind::Fast => comm.all_reduce_sum(T::values(whole.slice_mut()))?,
            _ => halves::<T>(comm, whole.slice_mut())?,
        }
        Ok(whole)
    }

    /// The length in which so many numbers are sent: halves must have one length on all levels.
    pub(crate) fn padded(&self, length: usize) -> usize {
        length.next_multiple_of(self.shard.size)
    }

    /// The sum over all ranks of the numbers that each has sent for its runs, so many for each; what is missing counts as zeros.
    pub(crate) fn sum<'b, T: Number>(&self, all: impl Iterator<Item = &'b [u8]>, length: usize) -> Vec<T> {
        let (mut runs, mut values) = (Vec::new(), Vec::new());
        for (own, bytes) in self.runs.iter().zip(all) {
            let mut pieces = bytes.chunks_exact((length * size_of::<T>()).max(1));
            for run in own {
                runs.push(run.clone());
                values.push(pieces.next().map_or_else(|| vec![T::zeroed(); length], numbers));
            }
        }
        let (first, others) = values.split_first_mut().expect("there is a rank, and it has a part");
        let others: Vec<&[T]> = others.iter().map(Vec::as_slice).collect();
        Sum::of(&runs, self.shard.parts).add(first, &others);
        values.swap_remove(0)
    }
}

/// A float that is sent.
pub(crate) trait Number: Element + Scalar + bytemuck::Pod + std::ops::AddAssign + Send + Sync {
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
/// sends twice the length, less the last piece. The length is a multiple of the number of ranks.
///
/// # Source
/// Rabenseifner, "Optimization of collective reduction operations", ICCS 2004.
fn halves<T: Number>(comm: &dyn Communicator, values: &mut [T]) -> Result<(), Error> {
    let (rank, size) = (comm.rank(), comm.size());
    let mut own = 0..values.len();
    let mut wholes = Vec::new();
    // Of tensors' memory, which is kept: fresh pages cost as much as the message.
    let mut theirs = Tensor::build([values.len() / 2], |_: &mut [T]| {});
    let theirs = theirs.slice_mut::<T>();
    let levels = size.ilog2();
    for partner in (0..levels).map(|level| rank ^ (1 << level)) {
        let middle = own.start + own.len() / 2;
        let (kept, given) = if rank < partner {
            (own.start..middle, middle..own.end)
        } else {
            (middle..own.end, own.start..middle)
        };
        let theirs = &mut theirs[..kept.len()];
        let sent = bytemuck::cast_slice(&values[given]);
        comm.exchange(partner, sent, bytemuck::cast_slice_mut(theirs))?;
        add(&mut values[kept.clone()], theirs);
        wholes.push(std::mem::replace(&mut own, kept));
    }
    for partner in (0..levels).rev().map(|level| rank ^ (1 << level)) {
        let Some(whole) = wholes.pop() else { break };
        let (left, right) = values[whole.clone()].split_at_mut(own.len());
        let (own_half, other) = if own.start == whole.start { (left, right) } else { (right, left) };
        comm.exchange(partner, bytemuck::cast_slice(own_half), bytemuck::cast_slice_mut(other))?;
        own = whole;
    }
    Ok(())
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

    fn summed(size: usize, parts: usize, length: usize, kind: Summation) -> Vec<Tensor> {
        let result = run(size, |comm| {
            let plan = Plan::new(&comm, parts, kind);
            let of = |run: &Range<usize>| {
                let mut first = part(run.start, length);
                let others: Vec<_> = (run.start + 1..run.end).map(|i| part(i, length)).collect();
                let others: Vec<&[f32]> = others.iter().map(Vec::as_slice).collect();
                let parts: Vec<_> = run.clone().map(|i| i..i + 1).collect();
                Sum::of(&parts, plan.shard.parts).add(&mut first, &others);
                first.resize(plan.padded(length), 0.0);
                Tensor::from_vec(first, [plan.padded(length)])
            };
            let whole = plan.reduce(&comm, plan.runs_of(plan.shard.rank).iter().map(of).collect())?;
            Ok::<_, Error>(whole.narrow(0, 0, length))
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

    /// Gradients of all sizes, in both types, of one number more and less than what is sent alone or in one piece.
    #[test]
    fn in_place_the_same_bits_as_in_buckets() {
        let lengths = [0, 1, SMALL - 1, SMALL, 3, SMALL + 1, PIECE, 2 * PIECE + 13];
        for size in [2, 4, 8] {
            let whole: Vec<Tensor> =
                lengths.iter().map(|&n| summed(1, size, n, Summation::Exact)[0].clone()).collect();
            let found = run(size, |comm| {
                let (rank, plan) = (comm.rank(), Plan::new(&comm, size, Summation::Exact));
                let single = |&n: &usize| Tensor::from_vec(part(rank, n), [n]);
                let double = |&n: &usize| single(&n).to(DType::F64);
                let both = lengths.iter().flat_map(|n| [single(n), double(n)]);
                let mut gradients: Vec<_> = both.enumerate().collect();
                assert!(!plan.has_buckets());
                plan.reduce_in_place(&comm, &mut gradients)?;
                Ok::<_, Error>(gradients)
            });
            for gradients in found.unwrap().into_iter().map(Result::unwrap) {
                for (pair, whole) in gradients.chunks(2).zip(&whole) {
                    assert!(pair[0].1 == *whole, "{size} ranks: {}", whole.shape());
                    assert!(pair[1].1.allclose(&whole.to(DType::F64), 1e-6, 1e-6), "{size} ranks, f64");
                }
            }
        }
    }

    #[test]
    fn fast_sums_are_alike_on_all_ranks() {
        let found = summed(3, 8, 4, Summation::Fast);
        assert!(found.iter().all(|values| *values == found[0]));
        let expected: Vec<f32> = (0..4).map(|k| (0..3).map(|i| part(i, 4)[k]).sum()).collect();
        assert_eq!(found[0].to_vec::<f32>(), expected);
    }
}
