//! The parts of a batch on tapes that live at the same time, for statistics of the whole batch.
//!
//! Each own part runs on a thread of its own, one at a time: until it asks for a sum over all parts; then comes the next. When all
//! have asked, the sum is formed over all ranks, and the first goes on. So it costs the threads' stacks, not their time.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use gradus_autograd::{Peers, Var};
use gradus_tensor::Tensor;

use crate::communicator::Communicator;
use crate::error::Error;
use crate::plan::Plan;
use crate::rounds::{Asked, round};
use crate::threads::{check_threads, message_of};

/// The parts of this rank that have examples.
pub(crate) struct Lockstep<C> {
    comm: Arc<C>,
    plan: Plan,
    parts: Vec<usize>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whose turn it is, among the own parts.
    turn: usize,
    asked: Vec<Option<Tensor>>,
    given: Vec<Option<Tensor>>,
    ended: Vec<bool>,
    error: Option<Error>,
    panic: Option<Box<dyn Any + Send>>,
}

/// What a part's thread ends with where another one has failed: no message of its own.
struct Lost;

impl<C: Communicator> Lockstep<C> {
    /// Evaluates parts in step, by `f(place among them, peers)`; what each gives, in order.
    pub(crate) fn run<R: Send>(
        comm: Arc<C>,
        plan: Plan,
        parts: Vec<usize>,
        f: impl Fn(usize, Rc<dyn Peers>) -> R + Sync,
    ) -> Result<Vec<R>, Error> {
        let n = parts.len();
        check_threads(n, "parts of a rank in step")?;
        let none = || (0..n).map(|_| None).collect();
        let state = State { asked: none(), given: none(), ended: vec![false; n], ..State::default() };
        let all = Arc::new(Self { comm, plan, parts, state: Mutex::new(state), changed: Condvar::new() });
        let results: Vec<Option<R>> = std::thread::scope(|scope| {
            let (all, f) = (&all, &f);
            let mut threads = Vec::with_capacity(n);
            for k in 0..n {
                match Builder::new().spawn_scoped(scope, move || Self::part(all, k, f)) {
                    Ok(started) => threads.push(started),
                    Err(error) => {
                        all.fail(Error::Threads { of: format!("{n} parts in step"), why: error.to_string() });
                        break;
                    }
                }
            }
            threads.into_iter().map(|thread| thread.join().ok().flatten()).collect()
        });
        let mut state = all.lock();
        if let Some(panic) = state.panic.take() {
            resume_unwind(panic);
        }
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        drop(state);
        all.rest()?;
        results
            .into_iter()
            .collect::<Option<_>>()
            .ok_or_else(|| Error::Transport("a part was lost".to_string()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: Error) {
        self.lock().error.get_or_insert(error);
        self.changed.notify_all();
    }

    /// The thread of one part.
    fn part<R>(all: &Arc<Self>, k: usize, f: &impl Fn(usize, Rc<dyn Peers>) -> R) -> Option<R> {
        if all.wait(k, |state| state.turn == k).error.is_some() {
            return None;
        }
        let handle = Handle { all: Arc::clone(all), k };
        let result = catch_unwind(AssertUnwindSafe(|| f(k, Rc::new(handle))));
        let mut state = all.lock();
        state.ended[k] = true;
        let found = match result {
            Ok(result) => Some(result),
            Err(panic) => {
                if !panic.is::<Lost>() {
                    state.error.get_or_insert_with(|| Error::Transport(message_of(&*panic)));
                    state.panic.get_or_insert(panic);
                }
                None
            }
        };
        all.pass(&mut state);
        found
    }

    fn wait(&self, k: usize, ready: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while state.error.is_none() && !(state.turn == k && ready(&state)) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// The turn goes to the next part that has not asked yet; where there is none, the sum is formed.
    fn pass(&self, state: &mut State) {
        let (asked, ended) = (&state.asked, &state.ended);
        let next = (0..ended.len()).find(|&j| !ended[j] && asked[j].is_none());
        if let Some(next) = next {
            state.turn = next;
        } else if asked.iter().any(Option::is_some) && state.error.is_none() {
            match self.sum(state) {
                Ok(sum) => {
                    state.given =
                        state.asked.iter_mut().map(|asked| asked.take().map(|_| sum.clone())).collect();
                    state.turn = state.given.iter().position(Option::is_some).unwrap_or(0);
                }
                Err(error) => state.error = Some(error),
            }
        }
        self.changed.notify_all();
    }

    /// The sum over all parts of all ranks.
    fn sum(&self, state: &State) -> Result<Tensor, Error> {
        let own: Vec<&Tensor> = state.asked.iter().flatten().collect();
        let same = own.iter().all(|x| x.shape() == own[0].shape() && x.dtype() == own[0].dtype());
        if own.len() < self.parts.len() || !same {
            return Err(out_of_step(self.plan.shard.rank));
        }
        let asked = Asked::Sum { parts: &self.parts, values: &own };
        let sum = round(&*self.comm, &self.plan, &asked)?;
        sum.ok_or_else(|| out_of_step(self.plan.shard.rank))
    }

    /// Tells the other ranks that these parts ask for no more sums; without parts takes part in the sums of the others.
    fn rest(&self) -> Result<(), Error> {
        if !self.parts.is_empty() {
            return round(&*self.comm, &self.plan, &Asked::Nothing).map(drop);
        }
        while round(&*self.comm, &self.plan, &Asked::Idle)?.is_some() {}
        Ok(())
    }

    /// The sum of a value over all parts, asked by own part k.
    fn ask(&self, k: usize, x: &Tensor) -> Tensor {
        let mut state = self.lock();
        state.asked[k] = Some(x.contiguous());
        self.pass(&mut state);
        drop(state);
        match self.wait(k, |state| state.given[k].is_some()).given[k].take() {
            Some(sum) => sum,
            None => resume_unwind(Box::new(Lost)),
        }
    }
}

fn out_of_step(rank: usize) -> Error {
    let words = |text: &str| text.to_string();
    Error::OutOfStep {
        expected: words("a sum over the batch"),
        rank,
        found: words("a part of the batch that asks for another sum or none"),
    }
}

/// One part's way to the others.
struct Handle<C> {
    all: Arc<Lockstep<C>>,
    k: usize,
}

impl<C> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Self { all: Arc::clone(&self.all), k: self.k }
    }
}

impl<C> fmt::Debug for Handle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part {} in lockstep", self.k)
    }
}

impl<C: Communicator> Peers for Handle<C> {
    fn sum<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (forward, back) = (self.clone(), self.clone());
        // A sum over all parts reaches the loss of each: so the gradient that arrives is summed alike.
        x.tape().custom(
            "all_reduce_sum",
            &[x],
            move |x| forward.all.ask(forward.k, &x[0]),
            move |step| {
                let dx = back.sum(step.dy());
                step.give(0, dx);
            },
        )
    }
}
