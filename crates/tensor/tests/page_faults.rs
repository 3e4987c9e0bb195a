//! Programs whose sizes change: the pool serves them from memory that is mapped already, from the first steps to the last.
//!
//! Counted by the system, in pages of this process, so it depends on no clock. Blocks are of 2 to 4 MiB, mapped by themselves
//! and without huge pages, and there are more of them than the pool may keep beyond a program's own. AddressSanitizer has page
//! faults of its own.
#![cfg(all(target_os = "linux", not(gradus_address)))]

use std::sync::{Mutex, PoisonError};

use gradus_tensor::Tensor;
use gradus_tensor::kernel::parallel::set_threads;

/// Page faults of this process so far that needed no file: the tenth field of its status.
fn page_faults() -> usize {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells a process its status");
    let mut fields = stat.rsplit(')').next().expect("the name stands in brackets").split_whitespace();
    fields.nth(7).and_then(|n| n.parse().ok()).expect("a number of page faults")
}

/// The memory of a training step: the values of so many layers of this width, then their gradients from the last to the first,
/// while the values are let go.
fn step(rows: usize, width: usize, layers: usize) {
    let x = Tensor::ones([rows, 1]);
    let mut values: Vec<Tensor> = (0..layers).map(|_| x.matmul(&Tensor::ones([1, width]))).collect();
    let mut gradient = Tensor::ones([rows, width]);
    while let Some(value) = values.pop() {
        gradient = &gradient * &value;
    }
    assert_eq!(gradient.get([rows - 1, width - 1]), Some(1.0));
}

/// The page faults of a step, in the mean, over the last third of some steps, in a pool of their own.
fn in_the_end(before: fn(), steps: usize, step: fn(usize)) -> usize {
    // Faults of other tests would be counted too.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    set_threads(1);
    let run = move || {
        before();
        let late = steps - steps / 3;
        (0..late).for_each(step);
        let start = page_faults();
        (late..steps).for_each(step);
        (page_faults() - start) / (steps - late)
    };
    std::thread::spawn(run).join().expect("no step panics")
}

/// A block has at least 512 pages: fewer faults mean that next to none comes from the system.
const FEW: usize = 64;

#[test]
fn a_shorter_last_batch() {
    let faults = in_the_end(|| (), 24, |i| step(if i % 4 == 3 { 1100 } else { 1500 }, 512, 30));
    assert!(faults < FEW, "{faults} page faults a step");
}

#[test]
fn sequences_of_many_lengths() {
    let faults = in_the_end(|| (), 60, |i| step(1100 + i * 137 % 800, 512, 30));
    assert!(faults < FEW, "{faults} page faults a step");
}

#[test]
fn three_models_in_turn() {
    let faults = in_the_end(
        || (),
        45,
        |i| {
            let (rows, width, layers) = [(1500, 512, 30), (1450, 640, 28), (1400, 400, 34)][i % 3];
            step(rows, width, layers);
        },
    );
    assert!(faults < FEW, "{faults} page faults a step");
}

/// What a large model leaves behind makes room for a small one of other sizes.
#[test]
fn a_small_model_after_a_large_one() {
    let faults = in_the_end(|| (0..3).for_each(|_| step(1600, 640, 40)), 18, |_| step(1111, 500, 30));
    assert!(faults < FEW, "{faults} page faults a step");
}
