//! What each thread holds and keeps.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One thread's account, read by [`memory`]. Only `elsewhere` is written by other threads.
pub(super) struct Account {
    /// Bytes taken, less those let go by this thread.
    pub(super) live: AtomicI64,
    /// Bytes taken by this thread and let go by others, negative: what makes `live` right.
    pub(super) elsewhere: AtomicI64,
    pub(super) kept: AtomicI64,
    pub(super) peak: AtomicI64,
}

/// The account of threads whose own is gone: what is taken and let go while a thread ends.
pub(super) static LATE: Account = Account::new();

impl Account {
    const fn new() -> Self {
        Self {
            live: AtomicI64::new(0),
            elsewhere: AtomicI64::new(0),
            kept: AtomicI64::new(0),
            peak: AtomicI64::new(0),
        }
    }

    /// A new one, which outlives its thread: what the thread took may still be live elsewhere.
    pub(super) fn open() -> &'static Self {
        let account: &'static Self = Box::leak(Box::new(Self::new()));
        accounts().push(account);
        account
    }

    #[inline]
    pub(super) fn live(&self) -> i64 {
        self.live.load(Ordering::Relaxed) + self.elsewhere.load(Ordering::Relaxed)
    }

    /// By the account's own thread: no read-modify-write is needed.
    #[inline]
    pub(super) fn add(cell: &AtomicI64, bytes: i64) -> i64 {
        let now = cell.load(Ordering::Relaxed) + bytes;
        cell.store(now, Ordering::Relaxed);
        now
    }
}

static ACCOUNTS: Mutex<Vec<&'static Account>> = Mutex::new(Vec::new());

fn accounts() -> MutexGuard<'static, Vec<&'static Account>> {
    // A push that failed has left the list as it was.
    ACCOUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes held for tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in tensors that somebody holds.
    pub live: usize,
    /// Bytes kept in the pools for reuse.
    pub pooled: usize,
    /// The highest `live` so far (summed over threads, each at its own highest moment).
    pub high_water: usize,
}

/// Live, pooled and high-water bytes of all threads.
pub fn memory() -> Memory {
    let accounts = accounts();
    let sum = |f: fn(&Account) -> i64| -> usize {
        accounts.iter().copied().chain([&LATE]).map(f).sum::<i64>().max(0) as usize
    };
    Memory {
        live: sum(Account::live),
        pooled: sum(|a| a.kept.load(Ordering::Relaxed)),
        high_water: sum(|a| a.peak.load(Ordering::Relaxed)),
    }
}

/// A number of bytes as people read it.
///
/// ```
/// use gradus_tensor::kernel::pool::bytes_in_words;
/// assert_eq!([17, 2048, 3 << 20, 5 << 30].map(bytes_in_words), ["17 B", "2.0 KiB", "3.0 MiB", "5.0 GiB"]);
/// ```
pub fn bytes_in_words(n: usize) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KiB", n as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", n as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", n as f64 / 1_073_741_824.0),
    }
}
