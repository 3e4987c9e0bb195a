//! Huge pages for lists that grow long.
//!
//! A new page of 4 KiB costs some 0.5 µs, so a list that grows into new memory pays more for its pages than for its elements.
//! Where the system has pages of 2 MiB, one such page costs a fraction of the 512 small ones.

/// Lists from this size on get huge pages, at least one.
const LONG: usize = 4 << 20;

/// Asks for huge pages under the whole capacity of a list, if it is long. Only advice: nothing in the list changes, and where
/// the system has none, ordinary pages serve.
pub fn huge<T>(list: &Vec<T>) {
    let bytes = list.capacity() * size_of::<T>();
    if bytes >= LONG {
        advise(list.as_ptr().cast(), bytes);
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
fn advise(start: *const u8, bytes: usize) {
    use std::ffi::{c_int, c_void};
    /// `MADV_HUGEPAGE` in `<sys/mman.h>` of Linux.
    const HUGE_PAGES: c_int = 14;
    /// Where the system's pages are larger, it refuses.
    const PAGE: usize = 4096;
    unsafe extern "C" {
        fn madvise(start: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    }
    // Whole mappings, with the allocator's header in front: advice for a part would cut the mapping in two, and the system
    // grows only whole ones without a copy.
    let before = start.addr() % PAGE;
    let bytes = (before + bytes).next_multiple_of(PAGE);
    // SAFETY: this advice is about the size of pages; it changes no contents, be they of the list or of its neighbours.
    unsafe { madvise(start.wrapping_sub(before).cast_mut().cast(), bytes, HUGE_PAGES) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise(_: *const u8, _: usize) {}

#[cfg(test)]
mod tests {
    use super::huge;

    #[test]
    fn contents_and_capacity_stay() {
        for n in [0usize, 1, 1000, 3 << 20] {
            let mut list: Vec<u64> = Vec::with_capacity(n);
            huge(&list);
            let room = list.capacity();
            list.extend(0..n as u64);
            huge(&list);
            assert!(list.capacity() == room && list.iter().copied().eq(0..n as u64));
        }
    }
}
