//! Memory for tensors: counted blocks, 64-byte aligned, kept for reuse.
//!
//! A fresh 40 MB result costs several times one into memory that is already mapped, so a block that is let go joins a
//! free list of its size class and of its thread. A block is zeroed once, when it comes from the system; after that it
//! holds whatever was in it before: its contents are *unspecified but initialised*, which keeps reading it sound.
//!
//! The lists are bounded: live and kept bytes of a thread together never exceed its high-water mark by more than
//! [`SLACK`]. At the bound the block goes that has been unused for longest, so that a program whose sizes change gets room for
//! the new ones (`Lists`). A block is live on the account of the thread that took it, wherever it travels; the thread that lets it go
//! keeps it, within its own bound. Blocks of 2 MiB and more are mapped by themselves, on huge pages where the system has
//! them.

mod account;
mod lists;
mod marks;

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use bytemuck::Pod;

use account::{Account, LATE};
pub use account::{Memory, bytes_in_words, memory};
use lists::Lists;

/// How far live and kept bytes may exceed the high-water mark before a block goes back to the system.
pub const SLACK: i64 = 64 << 20;
const ALIGN: usize = 64;
/// Bytes before the data: the header, padded to the alignment.
const HEADER: usize = 64;
const MAPPED: usize = 2 << 20;
const CLASSES: usize = 200;
/// No machine has more: the largest block that is asked for.
const LARGEST: usize = 1 << 48;

struct Header {
    count: AtomicU32,
    class: u32,
    /// On which the block is live.
    account: &'static Account,
    /// The one that was let go before this one, and the one after, of its class.
    next: Option<NonNull<Header>>,
    previous: Option<NonNull<Header>>,
    /// When it was let go, in blocks.
    since: u64,
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

thread_local! {
    static LISTS: RefCell<Lists> = RefCell::new(Lists::new());
}

fn system_layout(bytes: usize) -> Layout {
    Layout::from_size_align(HEADER + bytes, ALIGN).expect("a size class fits the address space")
}

/// A new block on this account; the system may refuse it.
#[cold]
fn from_system(class: usize, account: &'static Account) -> Option<NonNull<Header>> {
    let bytes = class_bytes(class);
    let (raw, map) = if bytes >= MAPPED {
        let mut map = memmap2::MmapMut::map_anon(HEADER + bytes).ok()?;
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
    let block = NonNull::new(raw.cast::<Header>())?;
    debug_assert_eq!(block.as_ptr() as usize % ALIGN, 0);
    // SAFETY: `block` is aligned and has room for a header.
    unsafe {
        block.write(Header {
            count: AtomicU32::new(1),
            class: class as u32,
            account,
            next: None,
            previous: None,
            since: 0,
            map,
        });
    };
    Some(block)
}

/// Where a program has no memory left it can still say so, and whoever catches this goes on with what it has.
#[cold]
#[inline(never)]
#[track_caller]
fn refused(elements: usize, size: usize) -> ! {
    panic!("no memory for a tensor of {elements} elements of {size} bytes: the system has no more");
}

/// # Safety
/// `block` came from [`from_system`], and nobody owns it any more.
unsafe fn give_back(mut block: NonNull<Header>) {
    // SAFETY: as the caller promises.
    unsafe {
        let map = block.as_mut().map.take();
        let bytes = class_bytes(block.as_ref().class as usize);
        marks::open(block.as_ptr().cast::<u8>().add(HEADER), bytes);
        match map {
            Some(map) => drop(map),
            None => dealloc(block.as_ptr().cast(), system_layout(bytes)),
        }
    }
}

impl Buffer {
    /// A block for `n` elements with unspecified (but initialised) contents.
    ///
    /// # Panics
    /// If the system has no such memory. The account is then as it was.
    #[inline]
    #[track_caller]
    pub(crate) fn new<T: Pod>(n: usize) -> Self {
        let bytes = n.checked_mul(size_of::<T>()).filter(|&bytes| bytes <= LARGEST);
        let Some(block) = bytes.and_then(|bytes| Self::take(class_of(bytes))) else {
            refused(n, size_of::<T>())
        };
        let buffer = Self(block);
        marks::lend(buffer.data(), n * size_of::<T>(), buffer.capacity());
        buffer
    }

    #[inline]
    fn take(class: usize) -> Option<NonNull<Header>> {
        let block = LISTS.try_with(|lists| {
            let mut lists = lists.borrow_mut();
            if let Some(mut block) = lists.pop(class).or_else(|| lists.nearby(class)) {
                // SAFETY: a block from the free list is valid and has no other owner.
                let header = unsafe { block.as_mut() };
                *header.count.get_mut() = 1;
                header.account = lists.account;
                lists.took(header.class as usize);
                return Some(block);
            }
            let block = from_system(class, lists.account)?;
            lists.took(class);
            lists.shrink(0);
            Some(block)
        });
        block.unwrap_or_else(|_| {
            let block = from_system(class, &LATE)?;
            LATE.elsewhere.fetch_add(class_bytes(class) as i64, Ordering::Relaxed);
            Some(block)
        })
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
        const { assert!(align_of::<T>() <= ALIGN) };
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
        const { assert!(align_of::<T>() <= ALIGN) };
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
            // A load, where a fence would do: ThreadSanitizer knows of no fences.
            count.load(Ordering::Acquire);
        }
        marks::close(self.data(), self.capacity());
        if LISTS.try_with(|lists| lists.borrow_mut().push(self.0)).is_err() {
            let bytes = self.capacity() as i64;
            self.header().account.elsewhere.fetch_sub(bytes, Ordering::Relaxed);
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

/// Gives this thread's kept blocks back to the system and starts its high-water mark anew at what is live.
pub fn release() {
    LISTS.with(|lists| {
        let mut lists = lists.borrow_mut();
        lists.release();
        let live = lists.account.live();
        lists.account.peak.store(live, Ordering::Relaxed);
    });
}

#[cfg(test)]
mod tests;
