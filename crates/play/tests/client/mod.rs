//! A server of a test and a client that can also send what no browser would.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use gradus_play::Server;
use serde_json::Value;

/// A running server.
pub(crate) struct Page {
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
    /// `/TOKEN/`.
    path: String,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Page {
    /// On a free port, until the test process ends.
    pub(crate) fn start() -> Self {
        let server = Server::bind(0).expect("a free port");
        let address = server.address();
        let (host, path) = address["http://".len()..].split_once('/').expect("an address with a path");
        let page = Self { host: host.to_string(), path: format!("/{path}") };
        thread::spawn(move || server.run());
        page
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.path)
    }

    pub(crate) fn get(&self, rest: &str) -> Reply {
        self.raw(&format!("GET {} HTTP/1.1\r\nHost: {}\r\n", self.path(rest), self.host), "")
    }

    pub(crate) fn post(&self, rest: &str, body: &str) -> Reply {
        let head = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", self.path(rest), self.host);
        self.raw(&format!("{head}Content-Type: application/json\r\n"), body)
    }

    /// As [`Self::post`], of any bytes; of what is answered by 200, which may be a stream without an end, the beginning alone.
    pub(crate) fn begin(&self, rest: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.host).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
        let (path, host, length) = (self.path(rest), &self.host, body.len());
        let _ = write!(stream, "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n");
        let _ = write!(stream, "Connection: close\r\nContent-Length: {length}\r\n\r\n");
        let _ = stream.write_all(body);
        let mut bytes = vec![0; 12];
        let _ = stream.read_exact(&mut bytes);
        if bytes != b"HTTP/1.1 200" {
            let _ = stream.read_to_end(&mut bytes);
        }
        Reply::of(&bytes)
    }

    /// A request line with its headers, and a body. What the server has said when it ends the connection is the reply, even
    /// if it did not read the whole body.
    pub(crate) fn raw(&self, head: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.host).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
        let length = body.len();
        let _ = write!(stream, "{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        Reply::of(&bytes)
    }
}

impl Reply {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_ascii_lowercase(), body: body.to_string() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.map(str::to_string)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The kind of a refusal.
    pub(crate) fn kind(&self) -> String {
        self.json()["error"]["kind"].as_str().unwrap_or("").to_string()
    }
}
