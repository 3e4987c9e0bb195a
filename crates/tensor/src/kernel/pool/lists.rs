//! The blocks that a thread keeps: a list for each size class, the last let go first.
//!
//! Blocks from [`AGED`] on are linked both ways and know when they were let go. Where live and kept bytes would exceed the
//! bound, the oldest of them goes back to the system, whatever its class; and before the system is asked for a block that
//! others would have to go for, a kept one of the next [`NEARBY`] classes serves, less than twice as large.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::account::Account;
use super::{CLASSES, Header, SLACK, class_bytes, give_back};

/// The first class, of 64 KiB, whose blocks know their age: smaller ones are not worth a search.
const AGED: usize = 40;
/// How many classes further a block may be taken from, where memory is short.
const NEARBY: usize = 3;

pub(super) struct Lists {
    free: [Option<NonNull<Header>>; CLASSES],
    /// The other ends, from [`AGED`] on.
    oldest: [Option<NonNull<Header>>; CLASSES],
    /// Blocks let go so far.
    clock: u64,
    pub(super) account: &'static Account,
}

impl Drop for Lists {
    fn drop(&mut self) {
        self.release();
    }
}

impl Lists {
    pub(super) fn new() -> Self {
        Self { free: [None; CLASSES], oldest: [None; CLASSES], clock: 0, account: Account::open() }
    }

    pub(super) fn release(&mut self) {
        for class in 0..CLASSES {
            while let Some(block) = self.pop(class) {
                // SAFETY: a block on a free list has no owner.
                unsafe { give_back(block) };
            }
        }
    }

    #[inline]
    pub(super) fn pop(&mut self, class: usize) -> Option<NonNull<Header>> {
        let block = self.free[class]?;
        // SAFETY: blocks on the list are valid headers, owned by the list.
        self.free[class] = unsafe { block.as_ref() }.next;
        if class >= AGED {
            match self.free[class] {
                // SAFETY: as above.
                Some(mut next) => unsafe { next.as_mut() }.previous = None,
                None => self.oldest[class] = None,
            }
        }
        Account::add(&self.account.kept, -(class_bytes(class) as i64));
        Some(block)
    }

    /// A kept block that is somewhat larger, where a new one of this class would drive others out.
    #[cold]
    pub(super) fn nearby(&mut self, class: usize) -> Option<NonNull<Header>> {
        let bytes = class_bytes(class) as i64;
        let mark = self.account.peak.load(Ordering::Relaxed).max(self.account.live() + bytes);
        if class < AGED || self.held() + bytes <= mark + SLACK {
            return None;
        }
        (class + 1..CLASSES.min(class + 1 + NEARBY)).find_map(|class| self.pop(class))
    }

    /// Live and kept bytes.
    fn held(&self) -> i64 {
        self.account.live() + self.account.kept.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn push(&mut self, mut block: NonNull<Header>) {
        // SAFETY: the caller was the last owner of the block.
        let header = unsafe { block.as_mut() };
        let class = header.class as usize;
        let bytes = class_bytes(class) as i64;
        if std::ptr::eq(header.account, self.account) {
            Account::add(&self.account.live, -bytes);
        } else {
            header.account.elsewhere.fetch_sub(bytes, Ordering::Relaxed);
        }
        if !self.shrink(bytes) {
            // SAFETY: nobody owns the block and it is on no list.
            unsafe { give_back(block) };
            return;
        }
        Account::add(&self.account.kept, bytes);
        header.next = self.free[class];
        if class >= AGED {
            self.clock += 1;
            (header.since, header.previous) = (self.clock, None);
            match self.free[class] {
                // SAFETY: blocks on the list are valid headers, owned by the list.
                Some(mut next) => unsafe { next.as_mut() }.previous = Some(block),
                None => self.oldest[class] = Some(block),
            }
        }
        self.free[class] = Some(block);
    }

    /// Lets the oldest blocks go until there is room for so many bytes more; whether there is.
    #[inline]
    pub(super) fn shrink(&mut self, bytes: i64) -> bool {
        let fits = |lists: &Self| lists.held() + bytes <= lists.account.peak.load(Ordering::Relaxed) + SLACK;
        while !fits(self) {
            if !self.evict() {
                return false;
            }
        }
        true
    }

    /// Gives the block back that was let go before all others; `false` if none is left that knows its age.
    #[cold]
    fn evict(&mut self) -> bool {
        // SAFETY: blocks on the lists are valid headers, owned by the lists.
        let since = |block: &NonNull<Header>| unsafe { block.as_ref() }.since;
        let Some(block) = self.oldest[AGED..].iter().flatten().min_by_key(|block| since(block)).copied()
        else {
            return false;
        };
        // SAFETY: as above.
        let header = unsafe { block.as_ref() };
        let class = header.class as usize;
        self.oldest[class] = header.previous;
        match header.previous {
            // SAFETY: as above.
            Some(mut previous) => unsafe { previous.as_mut() }.next = None,
            None => self.free[class] = None,
        }
        Account::add(&self.account.kept, -(class_bytes(class) as i64));
        // SAFETY: a block on a free list has no owner, and this one is on none any more.
        unsafe { give_back(block) };
        true
    }

    /// A block of this class is live from now on.
    #[inline]
    pub(super) fn took(&self, class: usize) {
        Account::add(&self.account.live, class_bytes(class) as i64);
        let live = self.account.live();
        if live > self.account.peak.load(Ordering::Relaxed) {
            self.account.peak.store(live, Ordering::Relaxed);
        }
    }
}
