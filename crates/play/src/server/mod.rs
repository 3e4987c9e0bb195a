//! The server: one page, its files, and `POST api/VIEW` for the numbers of each view. `guard` refuses what does not come from
//! the page, `connections` bounds who waits at the door, `request` reads what is sent, `work` runs the computations, `session` the
//! trainings, `files` are the page's.

mod connections;
mod files;
mod guard;
mod request;
mod session;
mod work;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

use crate::views;
use connections::Door;
use guard::Guard;
use session::{orders, session};
use work::{Desk, view};

/// Bytes of a request.
const LARGEST: usize = 64 * 1024;
/// Stack of a computation: expressions are read and evaluated by functions that call themselves.
const STACK: usize = 16 * 1024 * 1024;

/// A server that is bound and not yet running.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    port: u16,
    token: String,
}

impl Server {
    /// Takes a port of 127.0.0.1 (0: a free one) and draws the secret part of the address.
    ///
    /// # Errors
    /// If the port is taken, or the system has no random numbers.
    pub fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = listener.local_addr()?.port();
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let token = format!("{:032x}", u128::from_be_bytes(bytes));
        Ok(Self { listener, port, token })
    }

    /// Where the page is: `http://127.0.0.1:PORT/TOKEN/`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// If the system refuses to listen.
    pub fn run(self) -> io::Result<()> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(STACK).build()?;
        runtime.block_on(async {
            self.listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            axum::serve(Door::new(listener), router(Guard::new(self.port, self.token))).await
        })
    }
}

fn router(guard: Guard) -> Router {
    let desk = Arc::new(Desk::default());
    Router::new()
        .route("/{token}/", get(files::index))
        .route("/{token}/page/{file}", get(files::file))
        .route("/{token}/api/backprop", view(views::backprop::answer))
        .route("/{token}/api/backprop/graphs", view(views::backprop::graphs))
        .route("/{token}/api/backprop/names", view(views::backprop::names))
        .route("/{token}/api/descent", view(views::descent::answer))
        .route("/{token}/api/descent/surface", view(views::descent::surface))
        .route("/{token}/api/descent/choices", view(views::descent::choices))
        .route("/{token}/api/descent/momentum", view(views::descent::momentum))
        .route("/{token}/api/descent/averages", view(views::descent::averages))
        .route("/{token}/api/schedules", view(views::schedules::answer))
        .route("/{token}/api/schedules/choices", view(views::schedules::choices))
        .route("/{token}/api/schedules/formulas", view(views::schedules::formulas))
        .route("/{token}/api/differences", view(views::differences::answer))
        .route("/{token}/api/differences/operations", view(views::differences::operations))
        .route("/{token}/api/microgpt/choices", view(views::microgpt::choices))
        .route("/{token}/api/microgpt/run", session(views::microgpt::begin))
        .route("/{token}/api/network/choices", view(views::network::choices))
        .route("/{token}/api/network/program", view(views::network::program))
        .route("/{token}/api/network/run", session(views::network::begin))
        .route("/{token}/api/session", orders())
        .fallback(any(guard::nothing_here))
        .method_not_allowed_fallback(guard::another_method)
        .layer(DefaultBodyLimit::max(LARGEST))
        .layer(from_fn_with_state(Arc::new(guard), guard::check))
        .with_state(desk)
}
