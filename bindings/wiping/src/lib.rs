//! The system's allocator, but every block is wiped before it is given back. The core wipes its own copies of secrets; this
//! is for those that others make on the way: rustls of an answer that it has decrypted, a parser of a header.
//!
//! ```ignore
//! #[global_allocator]
//! static ALLOCATOR: ants_otp_wiping::Wiping = ants_otp_wiping::Wiping;
//! ```
#![allow(unsafe_code)] // an allocator is

use std::alloc::{GlobalAlloc, Layout, System};
use std::mem::MaybeUninit;
use std::slice;
use zeroize::Zeroize;

/// See the crate.
#[derive(Debug)]
pub struct Wiping;

// SAFETY: the blocks are those of `System`. A block that grows or shrinks moves, as the trait does by itself: it is copied into
// a new one, and the old one is given back.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives the block up; it was allocated with this layout, so it is so large.
        unsafe { slice::from_raw_parts_mut(block.cast::<MaybeUninit<u8>>(), layout.size()) }.zeroize();
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_grows_or_shrinks_keeps_what_it_holds() {
        let layout = Layout::from_size_align(64, 16).expect("a layout");
        // SAFETY: each block is written within its size, used until it is given back, and given back once.
        unsafe {
            let block = Wiping.alloc(layout);
            block.write_bytes(7, 64);
            let block = Wiping.realloc(block, layout, 4096);
            assert_eq!(slice::from_raw_parts(block, 64), [7; 64]);
            let block = Wiping.realloc(block, Layout::from_size_align_unchecked(4096, 16), 32);
            assert_eq!(slice::from_raw_parts(block, 32), [7; 32]);
            Wiping.dealloc(block, Layout::from_size_align_unchecked(32, 16));
        }
    }
}
