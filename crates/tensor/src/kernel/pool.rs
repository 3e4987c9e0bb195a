//! Memory for tensors: counted blocks, 64-byte aligned, kept for reuse.
//!
//! A fresh 40 MB result costs several times one into memory that is already mapped, so a block that is let go joins a
//! free list of its size class and of its thread. A block is zeroed once, when it comes from the system; after that it
//! holds whatever was in it before: its contents are *unspecified but initialised*, which keeps reading it sound.
//!
//! The lists are bounded: live and kept bytes of a thread together never exceed its high-water mark by more than
//! [`SLACK`]. Blocks of 2 MiB and more are mapped by themselves, on huge pages where the system has them.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering, fence};

use bytemuck::Pod;

/// How far live and kept bytes may exceed the high-water mark before a block goes back to the system.
pub const SLACK: i64 = 64 << 20;
const ALIGN: usize = 64;
/// Bytes before the data: the header, padded to the alignment.
const HEADER: usize = 64;
const MAPPED: usize = 2 << 20;
const CLASSES: usize = 200;

struct Header {
    count: AtomicU32,
    class: u32,
    next: Option<NonNull<Header>>,
    map: Option<memmap2::MmapMut>,
}

/// A shared block of bytes. Cloning counts; the last owner gives the block back to its thread's pool.
pub(crate) struct Buffer(NonNull<Header>);

// SAFETY: the bytes are reached mutably only through `get_mut`, which needs `&mut self` and a count of one; the count is
// atomic.
unsafe impl Send for Buffer {}
// SAFETY: as above; shared access is read-only.
unsafe impl Sync for Buffer {}

/// Size classes: powers of two, each in four steps, from 64 bytes on (at most a quarter is wasted).
fn class_of(bytes: usize) -> usize {
    if bytes <= 64 {
        return 0;
    }
    let top = usize::BITS as usize - 1 - (bytes - 1).leading_zeros() as usize;
    let step = ((bytes - 1) >> (top - 2)) & 3;
    (top - 6) * 4 + step + 1
}

fn class_bytes(class: usize) -> usize {
    if class == 0 {
        return 64;
    }
    let (top, step) = ((class - 1) / 4 + 6, (class - 1) % 4);
    (5 + step) << (top - 2)
}

/// One thread's account, written by that thread alone and read by [`memory`].
#[derive(Default)]
struct Account {
    live: AtomicI64,
    kept: AtomicI64,
    peak: AtomicI64,
}

impl Account {
    fn add(cell: &AtomicI64, bytes: i64) -> i64 {
        let now = cell.load(Ordering::Relaxed) + bytes;
        cell.store(now, Ordering::Relaxed);
        now
    }
}

static ACCOUNTS: Mutex<Vec<&'static Account>> = Mutex::new(Vec::new());

struct Lists {
    free: [Option<NonNull<Header>>; CLASSES],
    account: &'static Account,
}

impl Drop for Lists {
    fn drop(&mut self) {
        self.release();
    }
}

impl Lists {
    fn new() -> Self {
        // An account outlives its thread: what the thread allocated may still be live elsewhere.
        let account: &'static Account = Box::leak(Box::default());
        ACCOUNTS.lock().expect("the list of accounts is never left half-written").push(account);
        Self { free: [None; CLASSES], account }
    }

    fn release(&mut self) {
        for class in 0..CLASSES {
            while let Some(block) = self.pop(class) {
                // SAFETY: a block on a free list has no owner.
                unsafe { give_back(block) };
            }
        }
    }

    #[inline]
    fn pop(&mut self, class: usize) -> Option<NonNull<Header>> {
        let block = self.free[class]?;
        // SAFETY: blocks on the list are valid headers, owned by the list.
        self.free[class] = unsafe { block.as_ref() }.next;
        Account::add(&self.account.kept, -(class_bytes(class) as i64));
        Some(block)
    }

    #[inline]
    fn push(&mut self, mut block: NonNull<Header>) {
        // SAFETY: the caller was the last owner of the block.
        let header = unsafe { block.as_mut() };
        let class = header.class as usize;
        let bytes = class_bytes(class) as i64;
        let live = Account::add(&self.account.live, -bytes);
        let kept = self.account.kept.load(Ordering::Relaxed) + bytes;
        if live + kept > self.account.peak.load(Ordering::Relaxed) + SLACK {
            // SAFETY: nobody owns the block and it is on no list.
            unsafe { give_back(block) };
            return;
        }
        Account::add(&self.account.kept, bytes);
        header.next = self.free[class];
        self.free[class] = Some(block);
    }

    #[inline]
    fn took(&self, bytes: usize) {
        let live = Account::add(&self.account.live, bytes as i64);
        if live > self.account.peak.load(Ordering::Relaxed) {
            self.account.peak.store(live, Ordering::Relaxed);
        }
    }
}

thread_local! {
    static LISTS: RefCell<Lists> = RefCell::new(Lists::new());
}

fn system_layout(bytes: usize) -> Layout {
    Layout::from_size_align(HEADER + bytes, ALIGN).expect("a size class fits the address space")
}

#[cold]
fn from_system(class: usize) -> NonNull<Header> {
    let bytes = class_bytes(class);
    let (raw, map) = if bytes >= MAPPED {
        let mut map = memmap2::MmapMut::map_anon(HEADER + bytes)
            .unwrap_or_else(|_| handle_alloc_error(system_layout(bytes)));
        #[cfg(target_os = "linux")]
        if bytes >= 2 * MAPPED {
            // Only advice: where it is refused, ordinary pages serve.
            let _ = map.advise(memmap2::Advice::HugePage);
        }
        (map.as_mut_ptr(), Some(map))
    } else {
        // SAFETY: the layout's size is not zero.
        (unsafe { alloc_zeroed(system_layout(bytes)) }, None)
    };
    #[expect(clippy::cast_ptr_alignment, reason = "both sources align to 64 bytes at least")]
    let Some(block) = NonNull::new(raw.cast::<Header>()) else { handle_alloc_error(system_layout(bytes)) };
    debug_assert_eq!(block.as_ptr() as usize % ALIGN, 0);
    // SAFETY: `block` is aligned and has room for a header.
    unsafe { block.write(Header { count: AtomicU32::new(1), class: class as u32, next: None, map }) };
    block
}

/// # Safety
/// `block` came from [`from_system`], and nobody owns it any more.
unsafe fn give_back(mut block: NonNull<Header>) {
    // SAFETY: as the caller promises.
    unsafe {
        let map = block.as_mut().map.take();
        let bytes = class_bytes(block.as_ref().class as usize);
        match map {
            Some(map) => drop(map),
            None => dealloc(block.as_ptr().cast(), system_layout(bytes)),
        }
    }
}

impl Buffer {
    /// A block for `n` elements with unspecified (but initialised) contents.
    #[inline]
    pub(crate) fn new<T: Pod>(n: usize) -> Self {
        let bytes = n.checked_mul(size_of::<T>()).expect("tensor size overflows the address space");
        let class = class_of(bytes);
        let block = LISTS.try_with(|lists| {
            let mut lists = lists.borrow_mut();
            lists.took(class_bytes(class));
            lists.pop(class)
        });
        let Ok(Some(mut block)) = block else { return Self(from_system(class)) };
        // SAFETY: a block from the free list is valid and has no other owner.
        *unsafe { block.as_mut() }.count.get_mut() = 1;
        Self(block)
    }

    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: the block lives as long as any owner.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    fn capacity(&self) -> usize {
        class_bytes(self.header().class as usize)
    }

    #[inline]
    fn data(&self) -> *mut u8 {
        // SAFETY: the data start HEADER bytes into the allocation.
        unsafe { self.0.as_ptr().cast::<u8>().add(HEADER) }
    }

    /// The whole block as elements of `T` (at least as many as were asked for).
    #[inline]
    pub(crate) fn as_slice<T: Pod>(&self) -> &[T] {
        debug_assert!(align_of::<T>() <= ALIGN);
        // SAFETY: the block is initialised, aligned to 64 bytes, shared references only read it, and every bit pattern is
        // a value of a `Pod` type.
        unsafe { std::slice::from_raw_parts(self.data().cast::<T>(), self.capacity() / size_of::<T>()) }
    }

    /// The whole block for writing, if this is its only owner.
    #[inline]
    pub(crate) fn get_mut<T: Pod>(&mut self) -> Option<&mut [T]> {
        if !self.is_unique() {
            return None;
        }
        debug_assert!(align_of::<T>() <= ALIGN);
        // SAFETY: as in `as_slice`; the count is one and `&mut self` keeps it so.
        Some(unsafe {
            std::slice::from_raw_parts_mut(self.data().cast::<T>(), self.capacity() / size_of::<T>())
        })
    }

    /// Whether this is the only owner of the block.
    #[inline]
    pub(crate) fn is_unique(&self) -> bool {
        self.header().count.load(Ordering::Acquire) == 1
    }

    /// Whether both are the same block.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Clone for Buffer {
    #[inline]
    fn clone(&self) -> Self {
        let before = self.header().count.fetch_add(1, Ordering::Relaxed);
        assert!(before < u32::MAX / 2, "too many owners of one tensor");
        Self(self.0)
    }
}

impl Drop for Buffer {
    #[inline]
    fn drop(&mut self) {
        let count = &self.header().count;
        // A sole owner needs no read-modify-write: nobody else can be counting.
        if count.load(Ordering::Acquire) != 1 {
            if count.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
        }
        if LISTS.try_with(|lists| lists.borrow_mut().push(self.0)).is_err() {
            // SAFETY: this was the last owner; the thread's lists are gone already.
            unsafe { give_back(self.0) };
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.capacity())
    }
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
    let accounts = ACCOUNTS.lock().expect("the list of accounts is never left half-written");
    let sum = |f: fn(&Account) -> &AtomicI64| -> usize {
        accounts.iter().map(|a| f(a).load(Ordering::Relaxed)).sum::<i64>().max(0) as usize
    };
    Memory { live: sum(|a| &a.live), pooled: sum(|a| &a.kept), high_water: sum(|a| &a.peak) }
}

/// Gives this thread's kept blocks back to the system and starts its high-water mark anew at what is live.
pub fn release() {
    LISTS.with(|lists| {
        let mut lists = lists.borrow_mut();
        lists.release();
        let live = lists.account.live.load(Ordering::Relaxed);
        lists.account.peak.store(live, Ordering::Relaxed);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_promise() {
        for bytes in (0..5000).chain([1 << 20, (1 << 20) + 1, (7 << 30) + 5]) {
            let size = class_bytes(class_of(bytes));
            assert!(size >= bytes && (bytes <= 64 || size <= bytes + bytes / 4 + 1), "{bytes} {size}");
        }
        assert!(class_of(usize::MAX / 4) < CLASSES + 60);
    }

    #[test]
    fn a_block_is_reused_and_counted() {
        std::thread::spawn(|| {
            let first = Buffer::new::<f32>(1000);
            let address = first.data() as usize;
            assert_eq!(address % 64, 0);
            let shared = first.clone();
            assert!(!first.is_unique());
            drop(first);
            assert!(shared.is_unique());
            drop(shared);
            let again = Buffer::new::<f64>(500);
            assert_eq!(again.data() as usize, address);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn only_a_sole_owner_writes() {
        let mut a = Buffer::new::<i64>(4);
        a.get_mut::<i64>().unwrap()[3] = 7;
        let b = a.clone();
        assert!(a.get_mut::<i64>().is_none());
        assert_eq!(b.as_slice::<i64>()[3], 7);
    }

    #[test]
    fn large_blocks_are_mapped_and_start_as_zero() {
        std::thread::spawn(|| {
            let a = Buffer::new::<u8>(5 << 20);
            assert!(a.as_slice::<u8>().iter().all(|&b| b == 0));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn what_is_kept_is_bounded_by_the_high_water_mark() {
        std::thread::spawn(|| {
            for size in 1..60usize {
                drop(Buffer::new::<u8>(size << 20));
            }
            LISTS.with(|lists| {
                let lists = lists.borrow();
                let kept = lists.account.kept.load(Ordering::Relaxed);
                assert!(kept <= lists.account.peak.load(Ordering::Relaxed) + SLACK);
                assert_eq!(lists.account.live.load(Ordering::Relaxed), 0);
            });
            release();
            LISTS.with(|lists| assert_eq!(lists.borrow().account.kept.load(Ordering::Relaxed), 0));
        })
        .join()
        .unwrap();
    }
}
