//! A small exporter whose error rates the test sets, and a Prometheus that scrapes it each second.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Requests a second and the share that fails, for each version of each app.
type Flows = BTreeMap<(String, String), Flow>;

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    rate: f64,
    fails: f64,
    good: f64,
    bad: f64,
}

/// The exporter; it counts on while somebody scrapes it.
pub struct Exporter {
    flows: Arc<Mutex<Flows>>,
    pub address: SocketAddr,
}

impl Exporter {
    pub fn start() -> Exporter {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let flows = Arc::new(Mutex::new(Flows::new()));
        let served = Arc::clone(&flows);
        std::thread::spawn(move || {
            let mut last = Instant::now();
            for stream in listener.incoming().flatten() {
                let passed = last.elapsed().as_secs_f64();
                last = Instant::now();
                let mut flows = served.lock().expect("no panic");
                for flow in flows.values_mut() {
                    flow.good += flow.rate * passed * (1.0 - flow.fails);
                    flow.bad += flow.rate * passed * flow.fails;
                }
                serve(stream, &flows);
            }
        });
        Exporter { flows, address }
    }

    /// From now on `version` of `app` has so many requests a second, of which that share fails.
    pub fn set(&self, app: &str, version: &str, rate: f64, fails: f64) {
        let mut flows = self.flows.lock().expect("no panic");
        let flow = flows.entry((app.into(), version.into())).or_default();
        (flow.rate, flow.fails) = (rate, fails);
    }
}

fn serve(mut stream: TcpStream, flows: &Flows) {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    while lines
        .next()
        .and_then(Result::ok)
        .is_some_and(|line| !line.is_empty())
    {}
    let mut body = String::from("# TYPE http_requests_total counter\n");
    for ((app, version), flow) in flows {
        for (code, count) in [(200, flow.good), (500, flow.bad)] {
            let _ = writeln!(
                body,
                "http_requests_total{{app=\"{app}\",version=\"{version}\",code=\"{code}\"}} {count}"
            );
        }
    }
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A Prometheus that is ended with the test.
pub struct Prometheus {
    child: Child,
    pub port: u16,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

impl Prometheus {
    /// Starts one on `port` with its data in `folder`, and waits until it answers.
    pub fn start(folder: &Path, port: u16, exporter: SocketAddr) -> Prometheus {
        let config = folder.join("prometheus.yml");
        let text = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n- job_name: app\n  static_configs: [{{ targets: ['{exporter}'] }}]\n"
        );
        std::fs::write(&config, text).expect("written");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus starts; `./tests/run` installs it");
        let started = Prometheus { child, port };
        let until = Instant::now() + Duration::from_secs(20);
        while !started.is_ready() {
            assert!(Instant::now() < until, "prometheus does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        started
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
        let ask = "GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        if stream.write_all(ask.as_bytes()).is_err() {
            return false;
        }
        let mut line = String::new();
        let read = BufReader::new(stream).read_line(&mut line);
        read.is_ok() && line.contains(" 200 ")
    }
}

/// A way to a provider that can be closed: then connections break off.
pub struct Way {
    open: Arc<Mutex<bool>>,
    pub port: u16,
}

impl Way {
    pub fn to(port: u16) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let open = Arc::new(Mutex::new(true));
        let asked = Arc::clone(&open);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !*asked.lock().expect("no panic") {
                    continue;
                }
                let Ok(there) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                for (mut from, mut to) in [
                    (
                        stream.try_clone().expect("a stream"),
                        there.try_clone().expect("a stream"),
                    ),
                    (there, stream),
                ] {
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
            }
        });
        Way { open, port: own }
    }

    pub fn set(&self, open: bool) {
        *self.open.lock().expect("no panic") = open;
    }
}
