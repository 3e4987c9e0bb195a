use super::*;

#[test]
fn classes_hold_what_they_promise() {
    for bytes in (0..5000).chain([1 << 20, (1 << 20) + 1, (7 << 30) + 5]) {
        let size = class_bytes(class_of(bytes));
        assert!(size >= bytes && (bytes <= 64 || size <= bytes + bytes / 4 + 1), "{bytes} {size}");
    }
    assert!(class_of(LARGEST) < CLASSES);
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

/// The last owner writes, and so does who takes the block off the list: what the others have read is behind them.
#[test]
fn readers_are_done_before_a_block_is_written_again() {
    for round in 0..200u64 {
        let mut block = Buffer::new::<u64>(100);
        block.get_mut::<u64>().unwrap()[..100].fill(round);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let mut mine = block.clone();
                scope.spawn(move || {
                    assert!(mine.as_slice::<u64>()[..100].iter().all(|&x| x == round));
                    if round % 2 == 0
                        && let Some(numbers) = mine.get_mut::<u64>()
                    {
                        numbers[..100].fill(u64::MAX);
                    }
                    drop(mine);
                    Buffer::new::<u64>(100).get_mut::<u64>().unwrap()[..100].fill(u64::MAX);
                });
            }
            drop(block);
        });
    }
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
            assert_eq!(lists.account.live(), 0);
        });
        release();
        LISTS.with(|lists| assert_eq!(lists.borrow().account.kept.load(Ordering::Relaxed), 0));
    })
    .join()
    .unwrap();
}

#[test]
fn the_oldest_blocks_make_room() {
    std::thread::spawn(|| {
        assert_eq!(class_bytes(class_of(64 << 10)), 64 << 10);
        let size = |mib: usize| mib << 20;
        // One program leaves 96 MiB behind, up to its high-water mark and the slack.
        let first: Vec<Buffer> = (0..3).map(|_| Buffer::new::<u8>(size(32))).collect();
        drop(first);
        // Others' blocks take their place, and stay: what the system gives begins with zeros.
        let known = |blocks: usize, mib: usize| {
            let mut blocks: Vec<Buffer> = (0..blocks).map(|_| Buffer::new::<u8>(size(mib))).collect();
            let first = blocks.iter_mut().map(|block| &mut block.get_mut::<u8>().expect("one owner")[0]);
            first.map(|byte| std::mem::replace(byte, 7)).filter(|&byte| byte == 7).count()
        };
        assert_eq!([known(5, 10), known(6, 4)], [0, 0]);
        assert_eq!([known(5, 10), known(6, 4), known(5, 10)], [5, 6, 5]);
        let [kept, live] = kept_and_live();
        assert!(kept + live <= (96 << 20) + SLACK && kept >= 80 << 20, "{kept} {live}");
    })
    .join()
    .unwrap();
}

#[test]
fn where_memory_is_short_a_larger_block_serves() {
    std::thread::spawn(|| {
        let blocks: Vec<Buffer> = (0..4).map(|_| Buffer::new::<u8>(24 << 20)).collect();
        let last = blocks[3].data() as usize;
        drop(blocks);
        // There is room for more: a block of its own size.
        let small = Buffer::new::<u8>(48 << 20);
        let [kept, _] = kept_and_live();
        assert_eq!(kept, 4 * (24 << 20));
        // There is none: a kept one that is less than twice as large; where none is, the oldest goes.
        let near = Buffer::new::<u8>(20 << 20);
        assert_eq!(near.data() as usize, last);
        assert_eq!(kept_and_live(), [3 * (24 << 20), 72 << 20]);
        let far = Buffer::new::<u8>(28 << 20);
        assert_eq!(kept_and_live(), [2 * (24 << 20), 100 << 20]);
        drop((small, near, far));
    })
    .join()
    .unwrap();
}

fn kept_and_live() -> [i64; 2] {
    LISTS.with(|lists| {
        let account = lists.borrow().account;
        [account.kept.load(Ordering::Relaxed), account.live()]
    })
}

#[test]
fn memory_that_travels_is_let_go() {
    // One thread makes, another drops: as a loader feeds a trainer.
    let (send, receive) = std::sync::mpsc::sync_channel::<Buffer>(2);
    let maker = std::thread::spawn(move || {
        for _ in 0..100 {
            send.send(Buffer::new::<u8>(4 << 20)).unwrap();
        }
        drop(send);
        // The receiver lets the last ones go soon.
        let start = std::time::Instant::now();
        while kept_and_live()[1] != 0 && start.elapsed().as_secs() < 10 {
            std::thread::yield_now();
        }
        kept_and_live()
    });
    std::thread::spawn(move || {
        for buffer in receive {
            drop(buffer);
            assert!(kept_and_live()[0] <= SLACK && kept_and_live()[1] == 0);
        }
    })
    .join()
    .unwrap();
    assert_eq!(maker.join().unwrap(), [0, 0]);
}

#[test]
fn a_refused_block_leaves_the_account_as_it_was() {
    std::thread::spawn(|| {
        for n in [LARGEST - 1, LARGEST + 1, usize::MAX] {
            let refused = std::panic::catch_unwind(|| Buffer::new::<f64>(n)).unwrap_err();
            let text = refused.downcast::<String>().unwrap();
            assert!(
                text.starts_with(&format!("no memory for a tensor of {n} elements of 8 bytes")),
                "{text}"
            );
            assert_eq!(kept_and_live(), [0, 0]);
        }
        assert!(std::panic::catch_unwind(|| Buffer::new::<u8>(LARGEST)).is_err());
        assert_eq!(kept_and_live(), [0, 0]);
        drop(Buffer::new::<u8>(1));
        assert_eq!(kept_and_live(), [64, 0]);
    })
    .join()
    .unwrap();
}

/// In a build for AddressSanitizer a kept block is out of bounds, and so is what a size class adds to the bytes asked for.
#[test]
#[cfg(gradus_address)]
fn the_sanitizer_sees_the_bounds_of_blocks() {
    std::thread::spawn(|| {
        for bytes in [70, 1000, 100_000, 5_000_000] {
            let block = Buffer::new::<u8>(bytes);
            let (data, capacity) = (block.data(), block.capacity());
            let is_closed = |at: usize| marks::closed(data.wrapping_add(at));
            assert!(capacity > bytes && !is_closed(0) && !is_closed(bytes - 1) && is_closed(bytes));
            drop(block);
            assert!(is_closed(0) && is_closed(bytes - 1));
            let again = Buffer::new::<u8>(capacity);
            assert!(again.data() == data && !is_closed(0) && !is_closed(capacity - 1));
        }
    })
    .join()
    .unwrap();
}
