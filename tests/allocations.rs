//! What a training step asks of the heap: after the first steps a constant little, and memory that stays flat.
//!
//! The network is that of the workload W4 (784-512-256-10, batch 128, Adam; `benches/workloads/networks.rs`). Values,
//! gradients and the optimizer's slots lie in pooled blocks and in the tape's buffers, which are kept from step to step.
//! What is left for the heap are short lists: of the gradients, of the operations that are no rows of the table, of the
//! parameters' names, together less than 10 KB and none above 4 KiB: operands that the blocked product could not read as they
//! lie are laid out in pooled blocks first, where the `gemm` crate would take a buffer from the heap for each. The counters
//! are of the whole process, so there is one test here.

use std::alloc::System;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use gradus::prelude::*;
use tracking_allocator::{AllocationGroupId, AllocationRegistry, AllocationTracker, Allocator};

#[global_allocator]
static GLOBAL: Allocator<System> = Allocator::system();

/// Larger allocations than this are counted by themselves.
const LARGE: usize = 4096;
/// The most allocations of one step that are not large.
const SMALL_BOUND: usize = 48;
static SMALL_COUNT: AtomicUsize = AtomicUsize::new(0);
static LARGE_COUNT: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

struct Counter;

impl AllocationTracker for Counter {
    fn allocated(&self, _: usize, bytes: usize, _: usize, _: AllocationGroupId) {
        let count = if bytes > LARGE { &LARGE_COUNT } else { &SMALL_COUNT };
        count.fetch_add(1, Ordering::Relaxed);
        LIVE.fetch_add(bytes as i64, Ordering::Relaxed);
    }

    fn deallocated(&self, _: usize, bytes: usize, _: usize, _: AllocationGroupId, _: AllocationGroupId) {
        LIVE.fetch_sub(bytes as i64, Ordering::Relaxed);
    }
}

/// Allocations since the last call: small ones, large ones.
fn counts() -> (usize, usize) {
    (SMALL_COUNT.swap(0, Ordering::Relaxed), LARGE_COUNT.swap(0, Ordering::Relaxed))
}

/// Bytes on the heap, and in tensors and their pool.
fn held() -> (i64, gradus::Memory) {
    (LIVE.load(Ordering::Relaxed), gradus::memory())
}

/// A network of three layers with its data and its optimizer.
struct Training {
    model: Sequential,
    optimizer: Optimizer,
    x: Tensor,
    y: Tensor,
}

impl Training {
    fn new([inputs, first, second, classes]: [usize; 4], batch: usize) -> Self {
        let mut rng = rng(1);
        let model = sequential![
            Linear::new(inputs, first, &mut rng),
            Relu,
            Linear::new(first, second, &mut rng),
            Relu,
            Linear::new(second, classes, &mut rng),
        ];
        let x = Tensor::randn([batch, inputs], &mut rng);
        let y = Tensor::randint(0, classes as i64, [batch], &mut rng);
        Self { model, optimizer: Optimizer::new(Adam::default(), 1e-3), x, y }
    }

    fn w4() -> Self {
        Self::new([784, 512, 256, 10], 128)
    }

    fn step(&mut self) -> f64 {
        let (x, y) = (&self.x, &self.y);
        self.optimizer
            .training_step(&mut self.model, |model, tape| model.forward(tape.constant(x)).cross_entropy(y))
    }

    /// Steps in which lists and pools grow to the size that they keep.
    fn warmed(mut self, steps: usize) -> Self {
        (0..steps).for_each(|_| _ = self.step());
        counts();
        self
    }
}

/// On one thread every step asks for the same, and no block of the pool comes from the system or goes back to it.
fn each_step_asks_for_the_same() {
    gradus::set_threads(1);
    let mut training = Training::w4().warmed(3);
    let before = held();
    for step in 0..50 {
        training.step();
        let (small, large) = counts();
        assert!(small <= SMALL_BOUND, "step {step}: {small} small allocations");
        assert_eq!(large, 0, "step {step}: allocations above {LARGE} bytes");
        assert_eq!(held(), before, "step {step}: bytes on the heap, and in tensors");
    }
    let memory = before.1;
    let bound = memory.high_water + gradus::tensor::kernel::pool::SLACK as usize;
    assert!(memory.live + memory.pooled < bound, "{memory:?}: blocks may go back and forth");
}

/// Helpers start when they are first needed and keep their own buffers, so here a sum over many steps is bounded.
fn two_threads_ask_for_no_more() {
    const STEPS: usize = 50;
    gradus::set_threads(2);
    let mut training = Training::w4().warmed(20);
    let before = gradus::memory();
    (0..STEPS).for_each(|_| _ = training.step());
    let (small, large) = counts();
    assert!(small <= STEPS * SMALL_BOUND && large == 0, "{small} small, {large} large");
    let after = gradus::memory();
    assert_eq!((after.live, after.high_water), (before.live, before.high_water));
}

/// Ten thousand steps of a small network hold as much memory as a hundred.
fn ten_thousand_steps_are_as_flat_as_a_hundred() {
    gradus::set_threads(1);
    let mut training = Training::new([2, 32, 32, 10], 64).warmed(100);
    let before = held();
    let first = training.step();
    for step in 100..10_000 {
        training.step();
        if step % 100 == 0 {
            assert_eq!(held(), before, "step {step}: bytes on the heap, and in tensors");
        }
    }
    assert_eq!(held(), before, "bytes on the heap, and in tensors");
    assert!(training.step() < first, "it was a training");
}

#[test]
fn a_step_allocates_a_constant_little_and_memory_stays_flat() {
    AllocationRegistry::set_global_tracker(Counter).expect("there is no other tracker");
    AllocationRegistry::enable_tracking();
    each_step_asks_for_the_same();
    two_threads_ask_for_no_more();
    ten_thousand_steps_are_as_flat_as_a_hundred();
}
