//! How a view's function becomes a handler of requests: JSON in, a computation on a thread of its own, JSON out. A few
//! computations run at once and a few more wait; what comes on top is told so at once.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::request::read;
use super::session::Sessions;
use crate::answer::Refusal;

/// Computations at a time.
const RUNNING: usize = 2;
/// Computations that run or wait.
const ADMITTED: usize = 16;

/// Where computations queue.
pub(super) struct Desk {
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// The trainings, which are not in this queue.
    pub(super) sessions: Sessions,
}

impl Default for Desk {
    fn default() -> Self {
        let [admitted, running] = [ADMITTED, RUNNING].map(|places| Arc::new(Semaphore::new(places)));
        Self { admitted, running, sessions: Sessions::default() }
    }
}

impl Desk {
    /// Places in the queue and at work, which the computation gives back when it has ended, even if nobody waits for it any
    /// more.
    async fn place(&self) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
        let busy = || Refusal::new(503, "busy", "too many computations wait; try again in a moment");
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| busy())?;
        let running = self.running.clone().acquire_owned().await.map_err(|_| busy())?;
        Ok([admitted, running])
    }
}

/// `POST api/VIEW`, answered by a view's function.
pub(super) fn view<Q, A>(answer: fn(Q) -> Result<A, Refusal>) -> MethodRouter<Arc<Desk>>
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + 'static,
{
    post(move |State(desk): State<Arc<Desk>>, request: Request| async move {
        let text = match read(request).await {
            Ok(request) => compute(&desk, move || answer(request)).await,
            Err(refusal) => Err(refusal),
        };
        match text {
            Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
            Err(refusal) => refusal.into_response(),
        }
    })
}

async fn compute<A: Serialize>(
    desk: &Desk,
    answer: impl FnOnce() -> Result<A, Refusal> + Send + 'static,
) -> Result<String, Refusal> {
    let places = desk.place().await?;
    let job = tokio::task::spawn_blocking(move || {
        let _places = places;
        let answer = answer()?;
        serde_json::to_string(&answer).map_err(|error| Refusal::new(500, "json", error.to_string()))
    });
    match job.await {
        Ok(text) => text,
        Err(error) => Err(match error.try_into_panic() {
            Ok(payload) => Refusal::panicked(&*payload),
            Err(error) => Refusal::new(500, "cancelled", error.to_string()),
        }),
    }
}
