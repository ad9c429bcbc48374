//! As much of HTTP/1.1 as two servers and their callers need.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// A server that answers everything with its name.
pub struct Backend {
    pub address: SocketAddr,
    seen: Arc<AtomicU64>,
}

impl Backend {
    pub fn start(name: &'static str) -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || answer(stream, name, &count));
            }
        });
        Backend { address, seen }
    }

    /// How many requests it was sent.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }
}

fn answer(stream: TcpStream, name: &str, count: &AtomicU64) {
    let _ = stream.set_nodelay(true);
    let Ok(mut out) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    let text = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}",
        name.len()
    );
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if line == b"\r\n" {
            count.fetch_add(1, Ordering::SeqCst);
            if out.write_all(text.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// A caller that keeps its connection while the server does.
pub struct Caller {
    address: SocketAddr,
    open: Option<BufReader<TcpStream>>,
    /// How often a request was sent again because a reused connection was closed under it.
    pub again: u64,
}

impl Caller {
    pub fn new(address: SocketAddr) -> Caller {
        Caller {
            address,
            open: None,
            again: 0,
        }
    }

    /// One request on a connection of its own.
    pub fn once(address: SocketAddr, headers: &[(&str, &str)]) -> Result<String> {
        let mut caller = Caller::new(address);
        caller.open = Some(caller.connect()?);
        caller.exchange(headers, true)
    }

    /// One request; once more on a new connection when a reused one fails.
    pub fn get(&mut self, headers: &[(&str, &str)]) -> Result<String> {
        if self.open.is_some() {
            if let Ok(text) = self.exchange(headers, false) {
                return Ok(text);
            }
            self.again += 1;
        }
        self.open = Some(self.connect()?);
        self.exchange(headers, false)
    }

    fn connect(&self) -> Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(BufReader::new(stream))
    }

    fn exchange(&mut self, headers: &[(&str, &str)], last: bool) -> Result<String> {
        let mut stream = self.open.take().ok_or(ErrorKind::NotConnected)?;
        let mut text = String::from("GET / HTTP/1.1\r\nHost: shop.example\r\n");
        if last {
            text.push_str("Connection: close\r\n");
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        stream.get_mut().write_all(text.as_bytes())?;
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200 ") {
            return Err(Error::other(format!("answered {line:?}")));
        }
        let mut fields = BTreeMap::new();
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                fields.insert(name.to_ascii_lowercase(), value.trim().to_ascii_lowercase());
            }
        }
        let length = fields
            .get("content-length")
            .and_then(|length| length.parse().ok())
            .ok_or_else(|| Error::other("no length"))?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        if !last
            && fields
                .get("connection")
                .is_none_or(|value| value != "close")
        {
            self.open = Some(stream);
        }
        String::from_utf8(body).map_err(Error::other)
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
