//! `gradus-play`: reads the options, starts the server, and opens the page.
#![forbid(unsafe_code)]

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;
use gradus_play::Server;

/// Where the page is found if nothing else is wished and the port is free.
const PORT: u16 = 7357;

/// A page to see and play with gradus: backpropagation step by step, a network that learns, descent, finite differences,
/// schedules and optimizers, microgpt. It is served on this machine alone, at an address with a secret part, until Ctrl-C.
#[derive(Debug, Parser)]
#[command(
    name = "gradus-play",
    version,
    after_help = "Example: gradus-play --view 'backprop?f=x*x&at=x=3'; what stands behind # in the page's address is such a view"
)]
struct Options {
    /// The port [default: 7357, or a free one where that is taken].
    #[arg(long)]
    port: Option<u16>,
    /// Prints the address and opens no browser.
    #[arg(long)]
    no_open: bool,
    /// The view to begin with, and its state.
    #[arg(long, value_name = "VIEW")]
    view: Option<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let server = match bind(options.port) {
        Ok(server) => server,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let view = options.view.as_deref().unwrap_or("").trim_start_matches('#');
    let address = if view.is_empty() { server.address() } else { format!("{}#{view}", server.address()) };
    println!("gradus-play: {address}\nCtrl-C ends it.");
    if !options.no_open
        && let Err(error) = open::that_detached(&address)
    {
        println!("No browser was found ({error}); open the address yourself.");
    }
    match server.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The wished port; without a wish the usual one, or any that is free.
fn bind(port: Option<u16>) -> Result<Server, String> {
    let taken = |port: u16, error: std::io::Error| {
        format!("port {port} of 127.0.0.1 cannot be used: {error}; --port 0 takes a free one")
    };
    match (port, Server::bind(port.unwrap_or(PORT))) {
        (_, Ok(server)) => Ok(server),
        (None, Err(error)) if error.kind() == ErrorKind::AddrInUse => {
            Server::bind(0).map_err(|error| taken(0, error))
        }
        (port, Err(error)) => Err(taken(port.unwrap_or(PORT), error)),
    }
}
