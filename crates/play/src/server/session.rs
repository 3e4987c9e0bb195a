//! Trainings that run while the page looks on. `POST api/VIEW/run` begins one and is answered by a stream of events; `POST
//! api/session` speaks to it. A training has a thread of its own and does not wait for the page: a frame is made when the
//! page has taken the last one, and not more often than it can be drawn. The session ends when its stream's client is gone.

use std::collections::HashMap;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::{MethodRouter, post};
use futures_core::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::request::read;
use super::work::Desk;
use crate::answer::Refusal;
use crate::views::Training;

/// Sessions at a time.
const SESSIONS: usize = 4;
/// Commands that wait for a session.
const COMMANDS: usize = 16;
/// Between two frames, at least: a screen's.
const FRAME: Duration = Duration::from_millis(16);
/// Making frames takes at most this part of the time.
const SHARE: u32 = 4;
/// A session that stands still says that it lives so often, and so finds out that its client is gone.
const ALIVE: Duration = Duration::from_millis(500);
/// Steps of one command.
const STEPS: u64 = 100_000;

/// The sessions there are.
pub(super) struct Sessions {
    places: Arc<Semaphore>,
    next: AtomicU64,
    open: Arc<Mutex<HashMap<u64, SyncSender<Command>>>>,
}

impl Default for Sessions {
    fn default() -> Self {
        let open = Arc::default();
        Self { places: Arc::new(Semaphore::new(SESSIONS)), next: AtomicU64::new(1), open }
    }
}

/// What a session is told.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Command {
    /// Goes on, so many steps a second; without a number as fast as it can.
    Run { speed: Option<f64> },
    /// Stands still.
    Pause,
    /// Does so many steps and stands still.
    Step { steps: u64 },
    /// Compares the gradient with finite differences.
    Check,
    /// Ends the session. The stream says it when it is dropped.
    Stop,
}

/// A command and whom it is for.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    session: u64,
    #[serde(flatten)]
    command: Command,
}

/// A place among the sessions, which is left when it is dropped.
struct Place {
    id: u64,
    open: Arc<Mutex<HashMap<u64, SyncSender<Command>>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Sessions {
    fn enter(&self) -> Result<(Place, SyncSender<Command>, Receiver<Command>), Refusal> {
        let full = || {
            let message =
                format!("{SESSIONS} trainings run already; end one, by leaving its view or its page");
            Refusal::new(503, "busy", message)
        };
        let permit = self.places.clone().try_acquire_owned().map_err(|_| full())?;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (to, commands) = sync_channel(COMMANDS);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, to.clone());
        Ok((Place { id, open: Arc::clone(&self.open), _permit: permit }, to, commands))
    }

    fn tell(&self, order: &Order) -> Result<(), Refusal> {
        match order.command {
            Command::Step { steps } if !(1..=STEPS).contains(&steps) => {
                return Err(Refusal::value(format!(
                    "steps: {steps}; at least 1 and at most {STEPS} at once"
                )));
            }
            Command::Run { speed: Some(speed) } if !(0.1..=1e6).contains(&speed) => {
                return Err(Refusal::value(format!(
                    "speed: {speed} steps a second; it lies from 0.1 to 1e6"
                )));
            }
            _ => {}
        }
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let gone =
            || Refusal::new(404, "session", format!("there is no training with number {}", order.session));
        let to = open.get(&order.session).ok_or_else(gone)?;
        to.try_send(order.command).map_err(|error| match error {
            TrySendError::Full(_) => {
                Refusal::new(503, "busy", "the training has too many commands before it")
            }
            TrySendError::Disconnected(_) => gone(),
        })
    }
}

/// `POST api/session`.
pub(super) fn orders() -> MethodRouter<Arc<Desk>> {
    post(|State(desk): State<Arc<Desk>>, order: Request| async move {
        match read(order).await.and_then(|order| desk.sessions.tell(&order)) {
            Ok(()) => Json(json!({})).into_response(),
            Err(refusal) => refusal.into_response(),
        }
    })
}

/// `POST api/VIEW/run`: begins a training and streams its events.
pub(super) fn session<Q, T>(begin: fn(Q) -> Result<T, Refusal>) -> MethodRouter<Arc<Desk>>
where
    Q: DeserializeOwned + Send + 'static,
    T: Training,
{
    post(move |State(desk): State<Arc<Desk>>, request: Request| async move {
        match start(&desk.sessions, read(request).await, begin).await {
            Ok(events) => Sse::new(events).into_response(),
            Err(refusal) => refusal.into_response(),
        }
    })
}

async fn start<Q: Send + 'static, T: Training>(
    sessions: &Sessions,
    request: Result<Q, Refusal>,
    begin: fn(Q) -> Result<T, Refusal>,
) -> Result<Events, Refusal> {
    let request = request?;
    let (place, orders, commands) = sessions.enter()?;
    let (begun, whether) = oneshot::channel();
    let (to, frames) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let made = catch_unwind(AssertUnwindSafe(|| begin(request)));
        let mut made = match made.unwrap_or_else(|panic| Err(Refusal::panicked(&*panic))) {
            Ok(made) => made,
            Err(refusal) => return drop(begun.send(Err(refusal))),
        };
        let line = Line { to, due: Instant::now() };
        if begun.send(Ok(())).is_err() {
            return;
        }
        let ran = catch_unwind(AssertUnwindSafe(|| run(&mut made, &place, &commands, line.clone())));
        if let Err(panic) = ran {
            line.send("error", &Refusal::panicked(&*panic));
        }
    });
    let lost = |_| Refusal::new(500, "cancelled", "the training did not begin");
    whether.await.map_err(lost)??;
    Ok(Events { frames, orders })
}

/// The way to the page.
#[derive(Clone)]
struct Line {
    to: mpsc::Sender<Value>,
    /// When the next frame may be made.
    due: Instant,
}

impl Line {
    /// Waits until the page has taken what is on its way. False when nobody is there any more.
    fn send(&self, kind: &str, what: &impl Serialize) -> bool {
        self.to.blocking_send(event(kind, what)).is_ok()
    }

    /// Whether a frame would be taken now.
    fn ready(&self) -> bool {
        self.to.capacity() > 0 && Instant::now() >= self.due
    }

    fn frame<T: Training>(&mut self, training: &mut T, spent: Duration) -> bool {
        let begin = Instant::now();
        let value = event("frame", &training.frame());
        let spent = spent + begin.elapsed();
        self.due = Instant::now() + FRAME.max(spent * SHARE);
        self.to.blocking_send(value).is_ok()
    }
}

fn event(kind: &str, what: &impl Serialize) -> Value {
    json!({ "kind": kind, "it": serde_json::to_value(what).unwrap_or_default() })
}

/// What a session is about to do.
struct Work {
    /// Steps that are left.
    left: u64,
    /// From one step to the next.
    pause: Duration,
    next: Instant,
}

fn run<T: Training>(training: &mut T, place: &Place, commands: &Receiver<Command>, mut line: Line) {
    let begin = json!({ "session": place.id, "it": training.begin() });
    if !line.send("begin", &begin) || !line.frame(training, Duration::ZERO) {
        return;
    }
    let mut work = Work { left: 0, pause: Duration::ZERO, next: Instant::now() };
    loop {
        let idle = work.left == 0 || training.over();
        let wait = if idle { ALIVE } else { work.next.saturating_duration_since(Instant::now()).min(ALIVE) };
        match commands.recv_timeout(wait) {
            Ok(command) => {
                if !obey(command, training, &mut work, &mut line) {
                    return;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) if line.to.is_closed() => return,
            Err(RecvTimeoutError::Timeout) if idle => {
                // Where the channel is full something else is on its way.
                drop(line.to.try_send(event("alive", &())));
                continue;
            }
            Err(RecvTimeoutError::Timeout) if Instant::now() < work.next => continue,
            Err(RecvTimeoutError::Timeout) => {}
        }
        // The last step is shown in any case.
        let look = work.left == 1 || line.ready();
        let begin = Instant::now();
        training.step(look);
        work.left -= 1;
        // What was missed is not made up for.
        work.next = (work.next + work.pause).max(begin);
        if (look || training.over()) && !line.frame(training, begin.elapsed()) {
            return;
        }
    }
}

/// False when nobody is there any more.
fn obey<T: Training>(command: Command, training: &mut T, work: &mut Work, line: &mut Line) -> bool {
    work.next = Instant::now();
    match command {
        Command::Stop => return false,
        Command::Run { speed } => {
            work.left = u64::MAX;
            work.pause = speed.map_or(Duration::ZERO, |speed| Duration::from_secs_f64(1.0 / speed));
        }
        Command::Step { steps } => (work.left, work.pause) = (steps, Duration::ZERO),
        Command::Pause => {
            let running = std::mem::take(&mut work.left) > 0;
            return !running || line.frame(training, Duration::ZERO);
        }
        Command::Check => {
            let checked = catch_unwind(AssertUnwindSafe(|| training.check()));
            return match checked.unwrap_or_else(|panic| Err(Refusal::panicked(&*panic))) {
                Ok(report) => line.send("check", &report),
                Err(refusal) => line.send("refused", &refusal),
            };
        }
    }
    true
}

/// The events as a stream; dropped with the connection.
struct Events {
    frames: mpsc::Receiver<Value>,
    orders: SyncSender<Command>,
}

impl Drop for Events {
    fn drop(&mut self) {
        // Where too many commands wait, the session finds its frames refused.
        let _ = self.orders.try_send(Command::Stop);
    }
}

impl Stream for Events {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = |value: Value| Ok(Event::default().data(value.to_string()));
        self.frames.poll_recv(context).map(|value| value.map(event))
    }
}
