//! The allocator: mimalloc, asked in the way that is cheap for what Rust asks for.
//!
//! The `mimalloc` crate asks for every block by its alignment, and mimalloc looks for an aligned one by a slow way where
//! the size is not a power of two and over 1 KiB: a third of what a request takes, 2 % of its instructions. But every
//! block of mimalloc's is aligned to 16 bytes, which is enough for nearly all.
//!
//! The crate's only unsafe code.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mi;

/// See the module.
pub(crate) struct Allocator;

/// What a block of at least so many bytes is aligned to without being asked for. **Source**: `MI_MAX_ALIGN_SIZE` in
/// mimalloc's `types.h`.
const ALIGN: usize = 16;

/// Whether a block of this size is aligned as it has to be in any case.
const fn is_aligned(bytes: usize, align: usize) -> bool {
    align <= ALIGN && align <= bytes
}

/// Gives memory that nothing uses back to the system; worth its time before a wait of unknown length.
pub(crate) fn give_back() {
    // SAFETY: it may be called at any time, by any thread.
    unsafe { mi::mi_collect(true) }
}

// SAFETY: mimalloc gives blocks of at least the size and alignment that they are asked for, or null, and takes back
// what any of its functions gave. Where no alignment is asked for, `is_aligned` holds.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (bytes, align) = (layout.size(), layout.align());
        // SAFETY: any size may be asked for; an alignment of a layout is a power of two.
        let block = unsafe {
            if is_aligned(bytes, align) { mi::mi_malloc(bytes) } else { mi::mi_malloc_aligned(bytes, align) }
        };
        block.cast()
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (bytes, align) = (layout.size(), layout.align());
        // SAFETY: as for `alloc`.
        let block = unsafe {
            if is_aligned(bytes, align) { mi::mi_zalloc(bytes) } else { mi::mi_zalloc_aligned(bytes, align) }
        };
        block.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller got the block from here.
        unsafe { mi::mi_free(block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let (block, align) = (block.cast(), layout.align());
        // SAFETY: the caller got the block from here; the rest as for `alloc`.
        let block = unsafe {
            if is_aligned(bytes, align) {
                mi::mi_realloc(block, bytes)
            } else {
                mi::mi_realloc_aligned(block, bytes, align)
            }
        };
        block.cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block is aligned, keeps what is in it when it grows, and comes zeroed where that is asked for.
    fn check(bytes: usize, align: usize) {
        let layout = Layout::from_size_align(bytes, align).unwrap();
        // SAFETY: the layout has a size that is not zero, and each block is used within it and given back once.
        unsafe {
            let zeroed = Allocator.alloc_zeroed(layout);
            let block = Allocator.alloc(layout);
            assert!(zeroed.addr().is_multiple_of(align) && block.addr().is_multiple_of(align));
            assert!(std::slice::from_raw_parts(zeroed, bytes).iter().all(|byte| *byte == 0));
            block.write_bytes(7, bytes);
            let grown = Allocator.realloc(block, layout, 3 * bytes);
            assert!(grown.addr().is_multiple_of(align));
            assert!(std::slice::from_raw_parts(grown, bytes).iter().all(|byte| *byte == 7));
            Allocator.dealloc(zeroed, layout);
            Allocator.dealloc(grown, Layout::from_size_align(3 * bytes, align).unwrap());
        }
    }

    #[test]
    fn blocks_are_aligned() {
        for align in [1, 2, 4, 8, 16, 32, 64, 4096] {
            (1..200)
                .chain([1000, 1025, 1248, 2312, 5000, 70_000, 1 << 20])
                .for_each(|bytes| check(bytes, align));
        }
    }
}
