//! Batches made by another thread, while the last one is used.

use std::iter::FusedIterator;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// Lets a thread of its own go through an iterator, at most `ahead` items (at least 1) before they are asked for. The items and their order are
/// the iterator's. If it panics, so does [`Iterator::next`] here, after the items before; items that are errors come through.
///
/// ```
/// use gradus_data::{Loader, iris, prefetch};
/// let (data, loader) = (iris(), Loader { batch: 32, shuffle: Some(0), drop_last: false });
/// let labels: Vec<f64> = prefetch(loader.epoch(&data, 0), 2).flat_map(|batch| batch.labels.to_f64_vec()).collect();
/// let plain: Vec<f64> = loader.epoch(&data, 0).flat_map(|batch| batch.labels.to_f64_vec()).collect();
/// assert_eq!(labels, plain);
/// ```
///
/// # Panics
/// If the system has no thread left.
#[track_caller]
#[doc(alias = "num_workers")]
pub fn prefetch<I>(items: I, ahead: usize) -> Prefetch<I::Item>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    // One item is in the hands of the thread, that of a channel without room.
    let (give, take) = sync_channel(ahead.saturating_sub(1));
    let work = move || {
        for item in items {
            if give.send(item).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("gradus-prefetch".to_string()).spawn(work);
    let thread = thread.unwrap_or_else(|error| panic!("prefetch: no thread: {error}"));
    Prefetch { take: Some(take), thread: Some(thread) }
}

/// The iterator that [`prefetch`] makes. Dropped, it stops the thread after the item that it is at.
#[derive(Debug)]
pub struct Prefetch<T> {
    take: Option<Receiver<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T> Iterator for Prefetch<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if let Some(item) = self.take.as_ref().and_then(|take| take.recv().ok()) {
            return Some(item);
        }
        self.take = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        None
    }
}

impl<T> FusedIterator for Prefetch<T> {}

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        // The thread finds nobody to send to, and ends. Its panic, if any, is of an item that nobody asked for.
        self.take = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn items_come_in_their_order() {
        for ahead in [0, 1, 3, 100] {
            assert_eq!(prefetch(0..50, ahead).collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
        }
        let mut none = prefetch(std::iter::empty::<u8>(), 1);
        assert_eq!((none.next(), none.next()), (None, None));
    }

    #[test]
    fn it_stays_at_most_so_far_ahead_and_stops_when_dropped() {
        let made = Arc::new(AtomicUsize::new(0));
        let counted = made.clone();
        let mut items = prefetch((0..).inspect(move |_| _ = counted.fetch_add(1, Ordering::SeqCst)), 3);
        assert_eq!((items.next(), items.next()), (Some(0), Some(1)));
        drop(items);
        let found = made.load(Ordering::SeqCst);
        assert!((2..=5).contains(&found), "{found}");
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!(made.load(Ordering::SeqCst), found);
    }

    #[test]
    fn panics_and_errors_come_through() {
        let mut items = prefetch((0..5).map(|i| if i < 2 { i } else { panic!("item {i} is damaged") }), 8);
        assert_eq!((items.next(), items.next()), (Some(0), Some(1)));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| items.next())).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("item 2 is damaged"));
        assert_eq!(items.next(), None);
        let results = prefetch(["1", "x", "3"].into_iter().map(str::parse::<u8>), 2);
        assert_eq!(results.map(|result| result.is_ok()).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn batches_are_the_same() {
        let (data, loader) = (crate::iris(), crate::Loader { batch: 16, shuffle: Some(3), drop_last: true });
        let plain: Vec<_> = loader.epoch(&data, 1).collect();
        let ahead: Vec<_> = prefetch(loader.epoch(&data, 1), 2).collect();
        assert_eq!(plain.len(), ahead.len());
        assert!(
            plain.iter().zip(&ahead).all(|(a, b)| a.inputs.equal(&b.inputs) && a.labels.equal(&b.labels))
        );
    }
}
