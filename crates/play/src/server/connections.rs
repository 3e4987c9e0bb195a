//! Who stands at the door: how many connections there may be, and how long one may hear nothing from us. Whoever opens thousands,
//! or sends a byte now and then, loses the place to the next; a training's stream and a page's answers keep theirs.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until};

/// Connections at once. A browser opens six for a page.
const MOST: usize = 128;
/// Longest time in which nothing is written: twice that of the longest answer.
const SILENCE: Duration = Duration::from_secs(60);

/// Where connections come in.
pub(super) struct Door {
    listener: TcpListener,
    seats: Arc<Mutex<Vec<Arc<Seat>>>>,
    most: usize,
    silence: Duration,
}

/// The place of a connection.
#[derive(Debug)]
struct Seat(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Whether anything was written yet, and when for the last time (or when it began).
    answered: bool,
    last: Instant,
    /// Whether another one has the place.
    lost: bool,
    waker: Option<Waker>,
}

impl Seat {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, seats: Arc::default(), most: MOST, silence: SILENCE }
    }

    /// A place. Where all are taken, one that was never answered gives way, else the one that was silent for longest.
    fn seat(&self) -> Arc<Seat> {
        let state = State { answered: false, last: Instant::now(), lost: false, waker: None };
        let seat = Arc::new(Seat(Mutex::new(state)));
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() >= self.most {
            let rank = |i: &usize| {
                let state = seats[*i].state();
                (state.answered, state.last)
            };
            if let Some(first) = (0..seats.len()).min_by_key(rank) {
                let gone = seats.swap_remove(first);
                let mut state = gone.state();
                state.lost = true;
                if let Some(waker) = state.waker.take() {
                    waker.wake();
                }
            }
        }
        seats.push(Arc::clone(&seat));
        seat
    }
}

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let seat = self.seat();
        let silence = Box::pin(sleep_until(Instant::now() + self.silence));
        let all = Arc::clone(&self.seats);
        (Connection { stream, seat, all, silence, most: self.silence }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A stream that ends when it was silent for too long, or has lost its place.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    seat: Arc<Seat>,
    all: Arc<Mutex<Vec<Arc<Seat>>>>,
    silence: Pin<Box<Sleep>>,
    most: Duration,
}

impl Connection {
    /// An error once it has to end.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let due = {
            let mut state = self.seat.state();
            if state.lost {
                return Err(io::Error::new(
                    io::ErrorKind::ConnectionAborted,
                    "another connection has its place",
                ));
            }
            state.waker = Some(context.waker().clone());
            state.last + self.most
        };
        if self.silence.deadline() != due {
            self.silence.as_mut().reset(due);
        }
        if self.silence.as_mut().poll(context).is_ready() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "nothing was written for too long"));
        }
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut seats = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|seat| !Arc::ptr_eq(seat, &self.seat));
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        let mut state = self.seat.state();
        (state.answered, state.last) = (true, Instant::now());
        drop(state);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::thread;

    use axum::Router;
    use axum::routing::get;

    use super::*;

    /// A server with another patience, and how to reach it.
    fn served(most: usize, silence: Duration) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                listener.set_nonblocking(true).unwrap();
                let listener = TcpListener::from_std(listener).unwrap();
                let door = Door { most, silence, ..Door::new(listener) };
                axum::serve(door, Router::new().route("/", get(|| async { "here" }))).await
            })
        });
        address
    }

    fn connect(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// One answer, on a connection that stays open.
    fn ask(stream: &mut TcpStream) -> bool {
        let mut bytes = [0; 1000];
        let sent = write!(stream, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let read = stream.read(&mut bytes).unwrap_or(0);
        sent.is_ok() && bytes[..read].ends_with(b"here")
    }

    /// Whether the other side has closed.
    fn closed(stream: &mut TcpStream) -> bool {
        !matches!(stream.read(&mut [0; 100]), Ok(read) if read > 0)
    }

    #[test]
    fn a_silent_connection_is_closed() {
        let address = served(9, Duration::from_millis(300));
        let begin = std::time::Instant::now();
        // One sends nothing, one a byte now and then, one has its answer and keeps still.
        let (mut idle, mut slow, mut kept) = (connect(address), connect(address), connect(address));
        assert!(ask(&mut kept));
        let trickle = thread::spawn(move || {
            for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX: ".iter().chain(&[b'a'; 600]) {
                if slow.write_all(&[*byte]).is_err() {
                    return true;
                }
                thread::sleep(Duration::from_millis(20));
            }
            closed(&mut slow)
        });
        assert!(closed(&mut idle) && closed(&mut kept));
        assert!(trickle.join().unwrap());
        assert!(begin.elapsed() >= Duration::from_millis(300) && begin.elapsed() < Duration::from_secs(10));
        assert!(ask(&mut connect(address)));
    }

    #[test]
    fn who_is_answered_again_and_again_stays() {
        let address = served(9, Duration::from_millis(1500));
        let mut stream = connect(address);
        for _ in 0..6 {
            assert!(ask(&mut stream));
            thread::sleep(Duration::from_millis(400));
        }
        assert!(ask(&mut stream));
    }

    #[test]
    fn the_newest_always_comes_in() {
        let address = served(9, Duration::from_secs(60));
        let mut page = connect(address);
        assert!(ask(&mut page));
        let mut crowd: Vec<TcpStream> = (0..60).map(|_| connect(address)).collect();
        assert!(ask(&mut connect(address)));
        // Who was answered has kept the place; of the others the first have lost theirs.
        assert!(ask(&mut page));
        assert!(crowd[..50].iter_mut().all(closed));
        assert!(ask(&mut crowd[59]));
    }
}
