//! A rank's part of each batch, where several ranks train one model.

use std::ops::Range;

use gradus_tensor::Tensor;

use crate::dataset::Dataset;
use crate::loader::{Cursor, Loader};

/// Which part of each batch a rank works on. All ranks go through the same batches in the same order, which the seed and the epoch
/// fix; each gets other examples of them.
///
/// A batch is cut into `parts`, as equal as can be, and a rank has a run of them: of a batch of n examples, part i has those from
/// `$\lfloor i n / p \rfloor$` to `$\lfloor (i+1) n / p \rfloor$`, and rank r of R the parts from `$\lfloor r p / R \rfloor$` to
/// `$\lfloor (r+1) p / R \rfloor$`. So the parts do not depend on the number of ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// The number of the rank, from 0.
    pub rank: usize,
    /// The number of ranks.
    pub size: usize,
    /// The parts of a batch; at least as many as ranks.
    pub parts: usize,
    /// What becomes of a last batch with fewer examples.
    pub last: LastBatch,
}

/// What becomes of the last batch of an epoch, if it has fewer examples than the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastBatch {
    /// It stays as it is; some rank may have no example of it.
    #[default]
    Kept,
    /// It is filled with the first examples of the epoch.
    Padded,
    /// It is left out.
    Dropped,
}

impl Shard {
    /// The part of a rank among so many, of batches cut into as many parts as there are ranks.
    ///
    /// # Panics
    /// If the rank is not below the number of ranks.
    #[track_caller]
    pub fn new(rank: usize, size: usize) -> Self {
        assert!(rank < size, "Shard: there is no rank {rank} among {size}");
        Self { rank, size, parts: size, last: LastBatch::default() }
    }

    /// The numbers of this rank's parts.
    pub fn own_parts(&self) -> Range<usize> {
        cut(self.rank, self.parts, self.size)
    }

    /// The examples of part `i` of a batch of `n`.
    pub fn part(&self, i: usize, n: usize) -> Range<usize> {
        cut(i, n, self.parts)
    }

    /// This rank's examples of a batch of `n`.
    pub fn range(&self, n: usize) -> Range<usize> {
        let own = self.own_parts();
        cut(own.start, n, self.parts).start..cut(own.end, n, self.parts).start
    }
}

/// Piece i of 0 .. n in p pieces.
fn cut(i: usize, n: usize, p: usize) -> Range<usize> {
    let at = |i: usize| (i as u128 * n as u128 / p as u128) as usize;
    at(i)..at(i + 1)
}

/// A rank's examples of a batch.
#[derive(Debug, Clone)]
pub struct Share {
    /// The examples; maybe none.
    pub own: Dataset,
    start: usize,
    len: usize,
}

impl Share {
    /// The examples of the whole batch, over all ranks.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the batch has no example.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The examples with these numbers in the whole batch.
    ///
    /// # Panics
    /// If they are not all of this rank.
    #[track_caller]
    pub fn part(&self, range: Range<usize>) -> Dataset {
        let own = self.start..self.start + self.own.len();
        assert!(
            own.start <= range.start && range.end <= own.end,
            "part: examples {range:?} of a batch; this rank has {own:?}"
        );
        self.own.narrow(range.start - self.start, range.len())
    }
}

impl Loader {
    /// A rank's share of the batches of one epoch: a function of the seed, the epoch, the rank and the number of ranks.
    ///
    /// ```
    /// use gradus_data::{LastBatch, Loader, Shard, iris};
    /// let (data, loader) = (iris(), Loader { batch: 32, shuffle: Some(0), drop_last: false });
    /// let of = |rank| loader.shares(&data, 0, Shard { last: LastBatch::Padded, ..Shard::new(rank, 4) });
    /// for share in of(3) {
    ///     assert_eq!((share.own.len(), share.len()), (8, 32));
    /// }
    /// assert_eq!(of(0).len(), 5);
    /// ```
    ///
    /// # Panics
    /// If the batch size is 0, or there are more ranks than parts.
    #[track_caller]
    #[doc(alias = "DistributedSampler")]
    pub fn shares(&self, data: &Dataset, epoch: u64, shard: Shard) -> Shares {
        self.resume_shares(data, Cursor { epoch, batch: 0 }, shard)
    }

    /// A rank's share of the batches of an epoch that are still to come. A cursor knows nothing of ranks: a training may go on with
    /// another number of them.
    ///
    /// # Panics
    /// As [`Self::shares`].
    #[track_caller]
    pub fn resume_shares(&self, data: &Dataset, cursor: Cursor, shard: Shard) -> Shares {
        assert!(
            shard.rank < shard.size && shard.size <= shard.parts,
            "shares: rank {} of {} ranks, and batches of {} parts; each rank needs a part of its own",
            shard.rank,
            shard.size,
            shard.parts
        );
        let whole = Self { drop_last: self.drop_last || shard.last == LastBatch::Dropped, ..*self };
        let order = whole.order(data, cursor.epoch);
        let (n, batches) = (data.len(), whole.batches(data.len()));
        let n = match shard.last {
            LastBatch::Padded if !whole.drop_last => batches * self.batch,
            _ if whole.drop_last => batches * self.batch,
            _ => n,
        };
        let done = cursor.batch.min(batches);
        Shares { data: data.clone(), order, shard, batch: self.batch, n, batches, done, epoch: cursor.epoch }
    }
}

/// A rank's shares of the batches of one epoch.
#[derive(Debug, Clone)]
pub struct Shares {
    data: Dataset,
    order: Option<Tensor>,
    shard: Shard,
    batch: usize,
    /// Examples of the epoch, over all ranks, with those that fill the last batch.
    n: usize,
    batches: usize,
    done: usize,
    epoch: u64,
}

impl Shares {
    /// Where the next batch is, for [`Loader::resume_shares`]; behind the last one, the begin of the next epoch.
    pub fn cursor(&self) -> Cursor {
        let ends = self.done == self.batches;
        Cursor { epoch: self.epoch + u64::from(ends), batch: if ends { 0 } else { self.done } }
    }

    /// Examples of the epoch by their places; those past the end are the first ones again.
    fn examples(&self, places: Range<usize>) -> Dataset {
        let n = self.data.len();
        if places.end <= n {
            return match &self.order {
                Some(order) => self.data.select(&order.narrow(0, places.start, places.len())),
                None => self.data.narrow(places.start, places.len()),
            };
        }
        let of = |i: usize| self.order.as_ref().map_or((i % n) as i64, |order| order.item_at([i % n]) as i64);
        self.data.select(&Tensor::from(places.map(of).collect::<Vec<i64>>()))
    }
}

impl Iterator for Shares {
    type Item = Share;

    fn next(&mut self) -> Option<Share> {
        if self.done == self.batches {
            return None;
        }
        let begin = self.done * self.batch;
        let len = self.batch.min(self.n - begin);
        let range = self.shard.range(len);
        self.done += 1;
        let own = self.examples(begin + range.start..begin + range.end);
        Some(Share { own, start: range.start, len })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.batches - self.done, Some(self.batches - self.done))
    }
}

impl ExactSizeIterator for Shares {}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(n: usize) -> Dataset {
        Dataset::new(Tensor::arange(n).reshape([n, 1]), Tensor::arange(n))
    }

    /// The labels of each batch, rank by rank, put together again.
    fn together(loader: Loader, n: usize, size: usize, last: LastBatch, cursor: Cursor) -> Vec<Vec<f64>> {
        let shard = |rank| Shard { parts: 8, last, ..Shard::new(rank, size) };
        let of = |rank| loader.resume_shares(&data(n), cursor, shard(rank)).collect::<Vec<_>>();
        let ranks: Vec<Vec<Share>> = (0..size).map(of).collect();
        (0..ranks[0].len())
            .map(|b| ranks.iter().flat_map(|shares| shares[b].own.labels.to_f64_vec()).collect())
            .collect()
    }

    #[test]
    fn the_shares_of_all_ranks_are_the_batch() {
        for (n, batch, shuffle) in [(40, 12, Some(3)), (41, 12, None), (5, 8, Some(1)), (64, 16, Some(2))] {
            let loader = Loader { batch, shuffle, drop_last: false };
            for cursor in [Cursor::default(), Cursor { epoch: 2, batch: 1 }] {
                let whole: Vec<Vec<f64>> =
                    loader.resume(&data(n), cursor).map(|b| b.labels.to_f64_vec()).collect();
                for size in [1, 2, 3, 4, 8] {
                    assert_eq!(
                        together(loader, n, size, LastBatch::Kept, cursor),
                        whole,
                        "{n} {batch} {size}"
                    );
                    let dropped = together(loader, n, size, LastBatch::Dropped, cursor);
                    assert!(dropped.iter().all(|all| all.len() == batch) && whole.starts_with(&dropped));
                    let padded = together(loader, n, size, LastBatch::Padded, cursor);
                    assert!(padded.iter().all(|all| all.len() == batch) && padded.len() == whole.len());
                    if let (Some(padded), Some(last)) = (padded.last(), whole.last()) {
                        assert!(padded.starts_with(last));
                    }
                }
            }
        }
    }

    #[test]
    fn a_filled_batch_begins_again() {
        let loader = Loader { batch: 8, ..Loader::default() };
        let padded = together(loader, 3, 2, LastBatch::Padded, Cursor::default());
        assert_eq!(padded, [[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0]]);
    }

    #[test]
    fn a_share_gives_its_examples_by_their_place_in_the_batch() {
        let loader = Loader { batch: 8, ..Loader::default() };
        let mut shares = loader.shares(&data(10), 0, Shard::new(1, 2));
        let share = shares.next().unwrap();
        assert_eq!((share.len(), share.part(5..7).labels.to_f64_vec()), (8, vec![5.0, 6.0]));
        assert_eq!(shares.cursor(), Cursor { epoch: 0, batch: 1 });
        assert_eq!(shares.next().unwrap().own.labels.to_f64_vec(), [9.0]);
        assert_eq!((shares.cursor(), shares.len()), (Cursor { epoch: 1, batch: 0 }, 0));
    }

    #[test]
    fn a_rank_may_have_nothing_of_a_last_batch() {
        let loader = Loader { batch: 8, ..Loader::default() };
        let shares: Vec<usize> = (0..4)
            .map(|rank| loader.shares(&data(9), 0, Shard::new(rank, 4)).last().unwrap().own.len())
            .collect();
        assert_eq!(shares, [0, 0, 0, 1]);
    }

    #[test]
    #[should_panic(expected = "part: examples 0..2 of a batch; this rank has 4..8")]
    fn another_ranks_examples_are_refused() {
        let loader = Loader { batch: 8, ..Loader::default() };
        let _ = loader.shares(&data(8), 0, Shard::new(1, 2)).next().unwrap().part(0..2);
    }

    #[test]
    #[should_panic(expected = "shares: rank 0 of 4 ranks, and batches of 2 parts")]
    fn each_rank_needs_a_part() {
        Loader::default().shares(&data(8), 0, Shard { parts: 2, ..Shard::new(0, 4) });
    }
}
