//! What AddressSanitizer is told of blocks (`.ci/long address` sets `gradus_address`): a kept block, and what a size class adds to
//! the bytes that were asked for, are out of bounds, as they would be in a block of the system's. Nothing otherwise.

/// The first `bytes` of a block may be used, the rest up to `capacity` may not.
#[inline]
pub(super) fn lend(data: *mut u8, bytes: usize, capacity: usize) {
    close(data, capacity);
    open(data, bytes);
}

/// All of it may be used.
#[inline]
#[cfg_attr(not(gradus_address), expect(unused_variables, reason = "there is nobody to tell"))]
pub(super) fn open(data: *mut u8, bytes: usize) {
    #[cfg(gradus_address)]
    // SAFETY: marks of the sanitizer's own; the bytes are those of one block.
    unsafe {
        sanitizer::__asan_unpoison_memory_region(data, bytes);
    }
}

/// None of it may be used.
#[inline]
#[cfg_attr(not(gradus_address), expect(unused_variables, reason = "there is nobody to tell"))]
pub(super) fn close(data: *mut u8, bytes: usize) {
    #[cfg(gradus_address)]
    // SAFETY: as above.
    unsafe {
        sanitizer::__asan_poison_memory_region(data, bytes);
    }
}

#[cfg(gradus_address)]
mod sanitizer {
    // SAFETY: so they stand in `sanitizer/asan_interface.h`.
    unsafe extern "C" {
        pub(super) fn __asan_poison_memory_region(start: *const u8, bytes: usize);
        pub(super) fn __asan_unpoison_memory_region(start: *const u8, bytes: usize);
        #[cfg(test)]
        pub(super) fn __asan_address_is_poisoned(address: *const u8) -> i32;
    }
}

#[cfg(all(test, gradus_address))]
pub(super) fn closed(address: *const u8) -> bool {
    // SAFETY: the address is not read.
    unsafe { sanitizer::__asan_address_is_poisoned(address) != 0 }
}
