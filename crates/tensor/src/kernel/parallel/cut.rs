//! Slices cut into pieces that do not overlap, for one thread or several.

use super::{for_each, threads};

/// Below this many nanoseconds of work a loop stays on its thread.
const SERIAL_NS: f64 = 20_000.0;

/// Splits `out` into pieces of `size` elements and runs `body(start, piece)` on each, in parallel when there is enough
/// work: `cost` is the rough time of one element in nanoseconds.
pub fn chunks<T: Send>(out: &mut [T], size: usize, cost: f64, body: impl Fn(usize, &mut [T]) + Sync) {
    cut([out], size, cost, &|start, [piece]| body(start, piece));
}

/// As [`chunks`], over any number of slices of one length and type, cut at the same places: `body(start, pieces)`.
///
/// # Panics
/// If the slices differ in length.
pub fn chunks_all<T: Send, const N: usize>(
    slices: [&mut [T]; N],
    size: usize,
    cost: f64,
    body: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    cut(slices, size, cost, &body);
}

fn cut<T: Send, const N: usize>(
    slices: [&mut [T]; N],
    size: usize,
    cost: f64,
    body: &(dyn Fn(usize, [&mut [T]; N]) + Sync),
) {
    let n = slices.first().map_or(0, |slice| slice.len());
    assert!(slices.iter().all(|slice| slice.len() == n), "chunks_all: the slices must have the same length");
    assert!(size > 0, "chunks: a piece needs at least one element");
    let bases = slices.map(Shared::new);
    let piece = |i: usize| {
        let start = i * size;
        let len = size.min(n - start);
        // SAFETY: piece i covers start..start + len, inside each slice; pieces do not overlap and each runs once, while the
        // slices are borrowed mutably and so do not overlap either.
        body(start, std::array::from_fn(|k| unsafe { bases[k].piece(start, len) }));
    };
    share(n.div_ceil(size), n as f64 * cost, piece);
}

/// As [`chunks`], over any number of slices of one type, each cut into pieces of its own size: `body(i, pieces)` gets the
/// pieces `i` of all of them, and `cost` is the rough time of all in nanoseconds. A slice that is too short for piece `i`
/// gives an empty one.
pub fn pieces<T: Send>(
    slices: &mut [(&mut [T], usize)],
    count: usize,
    cost: f64,
    body: impl Fn(usize, &mut [&mut [T]]) + Sync,
) {
    let bases: Vec<(Shared<T>, usize, usize)> =
        slices.iter_mut().map(|(slice, size)| (Shared::new(slice), slice.len(), *size)).collect();
    share(count, cost, |i| {
        let cut = |(base, n, size): &(Shared<T>, usize, usize)| {
            // Behind the end there is nothing, however far.
            let start = i.saturating_mul(*size).min(*n);
            // SAFETY: as in `cut`.
            unsafe { base.piece(start, (*size).min(n - start)) }
        };
        let mut cuts: smallvec::SmallVec<[&mut [T]; 8]> = bases.iter().map(cut).collect();
        body(i, &mut cuts);
    });
}

/// `piece(0) … piece(count - 1)`, on one thread where the work, of `cost` nanoseconds, is not worth a second.
fn share(count: usize, cost: f64, piece: impl Fn(usize) + Sync) {
    if count <= 1 || cost < SERIAL_NS || threads() == 1 {
        (0..count).for_each(piece);
    } else {
        for_each(count, piece);
    }
}

/// A pointer that pieces of one loop may share; each piece touches its own range.
pub(in crate::kernel) struct Shared<T>(*mut T);

// SAFETY: the pieces of a job write to ranges that do not overlap, and the owner of the memory waits for all of them.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The start of a slice.
    pub(in crate::kernel) fn new(slice: &mut [T]) -> Self {
        Self(slice.as_mut_ptr())
    }

    /// # Safety
    /// `offset` must lie inside the slice.
    pub(in crate::kernel) unsafe fn at(&self, offset: usize) -> *mut T {
        // SAFETY: as the caller promises.
        unsafe { self.0.add(offset) }
    }

    /// # Safety
    /// `start .. start + len` must lie inside the slice, which must outlive the result and be touched there by nobody else.
    unsafe fn piece<'a>(&self, start: usize, len: usize) -> &'a mut [T] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.at(start), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn pieces_never_overlap_whatever_their_size() {
        let mut out = [0u8; 100];
        for size in [0, 1, 3, 60, 1 << 63, usize::MAX / 2 + 2, usize::MAX] {
            let seen = AtomicUsize::new(0);
            pieces(&mut [(&mut out[..], size)], 7, 1e9, |_, cuts| {
                seen.fetch_add(cuts[0].len(), Ordering::Relaxed);
                cuts[0].fill(1);
            });
            assert_eq!(seen.into_inner(), size.saturating_mul(7).min(100));
        }
        let none = std::panic::catch_unwind(|| chunks(&mut [1, 2], 0, 1.0, |_, _| ()));
        assert_eq!(
            *none.unwrap_err().downcast::<&str>().unwrap(),
            "chunks: a piece needs at least one element"
        );
    }
}
