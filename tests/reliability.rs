//! `docs/reliability.md` and `docs/unsafe.md` against the tests that they name, and those rows that no single crate can show.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use gradus::prelude::*;
use gradus::tensor::Slice;

/// The tests that a document names: `file: test`.
fn named(document: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(document)).unwrap();
    let (mut all, mut inside, mut of_tests) = (Vec::new(), false, false);
    for line in text.lines().map(|line| line.replace("\\|", "/")) {
        let (first, row) = (!inside, line.starts_with('|'));
        inside = row;
        let last = line.trim_end_matches('|').rsplit('|').next().unwrap_or("").trim();
        if row && first {
            // A table of something else has another last column.
            of_tests = last == "test";
            continue;
        }
        if !row || !of_tests || last == "---" || last.starts_with("no test: ") {
            continue;
        }
        let before = all.len();
        for name in last.split('`').filter(|part| part.contains(".rs: ")) {
            let (file, test) = name.split_once(": ").unwrap();
            all.push((file.to_string(), test.to_string()));
        }
        assert!(all.len() > before, "this row names no test: {line}");
    }
    all
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documents = ["reliability", concat!("uns", "afe")].map(|name| named(&format!("docs/{name}.md")));
    assert!(
        documents.iter().all(|named| named.len() > 30),
        "only {:?} are named",
        documents.map(|d| d.len())
    );
    for (file, test) in documents.into_iter().flatten() {
        let text = std::fs::read_to_string(root.join(&file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let at = text.find(&format!("fn {test}()")).unwrap_or_else(|| panic!("{file} has no {test}"));
        assert!(
            text[..at].trim_end().lines().rev().take(3).any(|line| line.trim() == "#[test]"),
            "{file}: {test}"
        );
    }
}

/// The words of a panic.
#[track_caller]
fn refused<R>(what: &str, f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("{what}: not refused") };
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| panic!("{what}: no message"))
}

#[test]
fn sizes_that_wrap_are_refused_by_every_operation() {
    const HUGE: usize = 1 << 32;
    let one = Tensor::ones([1, 1]);
    let (tall, wide) = (one.expand([HUGE, 1]), one.expand([1, HUGE]));
    let refused_all: [(&str, &dyn Fn() -> Tensor); 16] = [
        ("matmul", &|| tall.matmul(&wide)),
        ("batched matmul", &|| tall.reshape([1, HUGE, 1]).matmul(&wide.reshape([1, 1, HUGE]))),
        ("zeros", &|| Tensor::zeros([HUGE, HUGE])),
        ("zeros beside nothing", &|| Tensor::zeros([0, HUGE, HUGE])),
        ("eye", &|| Tensor::eye(HUGE)),
        ("tri", &|| Tensor::tri(HUGE, HUGE, 0)),
        ("expand", &|| one.expand([HUGE, HUGE])),
        ("add", &|| &tall + &wide),
        ("maximum", &|| tall.maximum(&wide)),
        ("repeat", &|| one.repeat(&[1 << 61, 1])),
        ("repeat_interleave", &|| one.repeat_interleave(usize::MAX, 0)),
        ("pad", &|| one.pad_constant(&[(HUGE, HUGE), (HUGE, usize::MAX)], 0.0)),
        ("unfold", &|| tall.unfold(0, HUGE / 2, 1)),
        ("cat", &|| Tensor::cat(&[&one.expand([usize::MAX / 16, 1]), &one.expand([usize::MAX / 16, 1])], 0)),
        ("one_hot", &|| Tensor::one_hot(&Tensor::from([0, 0]), 1 << 60)),
        ("diag_embed", &|| one.diag_embed(isize::MIN)),
    ];
    for (what, f) in refused_all {
        let text = refused(what, f);
        let told =
            text.contains("multiply to more elements than memory") || text.contains("no memory for a tensor");
        assert!(told, "{what}: {text}");
    }
    let tape = Tape::new();
    refused("add on a tape", || tape.constant(&tall) + tape.constant(&wide));
    refused("matmul on a tape", || tape.constant(&tall).matmul(tape.constant(&wide)));
    // A view of as many elements as memory could have is no fault.
    assert_eq!(tall.slice(0, Slice::ALL.step(isize::MAX)).shape()[..], [1, 1]);
}

#[test]
fn a_refused_tensor_can_be_caught() {
    let before = Tensor::ones([100]);
    let text = refused("zeros", || Tensor::zeros([1 << 50]));
    assert!(text.starts_with("no memory for a tensor of 1125899906842624 elements of 4 bytes"), "{text}");
    refused("a parameter", || Linear::new(1 << 50, 1 << 50, &mut rng(0)));
    assert_eq!((&before + 1.0).sum().item(), 200.0);
}

#[test]
fn a_loader_that_feeds_a_trainer_stays_within_the_bound() {
    const MIB: usize = 1 << 20;
    let (send, receive) = std::sync::mpsc::sync_channel(2);
    let loader = std::thread::spawn(move || {
        (0..200).for_each(|i| send.send(Tensor::full([MIB], f64::from(i))).unwrap());
    });
    let mut most = 0;
    for batch in receive {
        assert_eq!(batch.shape()[..], [MIB]);
        drop(batch);
        most = most.max(gradus::memory().pooled);
    }
    loader.join().unwrap();
    // 800 MiB passed. Other tests of this process keep next to nothing.
    assert!(most <= 160 * MIB, "{} MiB are kept", most / MIB);
}

/// What a thread keeps for its end is dropped when its lists of blocks may be gone.
#[test]
fn a_block_may_outlive_the_lists_of_its_thread() {
    struct AtTheEnd(std::cell::RefCell<Vec<Tensor>>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            // Taken and let go without lists, too.
            let more = Tensor::full([3 << 18], 2.0);
            assert_eq!(self.0.borrow()[0].sum().item() + more.sum().item(), 5.0 * f64::from(3 << 18));
        }
    }
    // Whichever of both the thread destroys first.
    for first in [true, false] {
        std::thread::spawn(move || {
            thread_local!(static KEPT: AtTheEnd = const { AtTheEnd(std::cell::RefCell::new(Vec::new())) });
            if first {
                drop(Tensor::ones([10]));
            }
            KEPT.with(|kept| kept.0.borrow_mut().push(Tensor::full([3 << 18], 3.0)));
        })
        .join()
        .unwrap();
    }
}
