//! What a key stroke costs in a workspace of a thousand plan files, as a Markdown table: the real
//! server over its pipes, with the pause after the last change taken out. `cargo bench -p
//! switchback-lsp` runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use switchback::check::{Options, check};
use switchback::source::DiskLoader;

#[path = "../../benches/corpus/mod.rs"]
mod corpus;

const FILES: usize = 1_000;
const LINES: usize = 1_000;
const STROKES: usize = 400;

struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: i64,
}

impl Server {
    fn start(folder: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchback-lsp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut server = Server {
            child,
            input: input.expect("a pipe"),
            output: BufReader::new(output.expect("a pipe")),
            next: 0,
        };
        server.ask(
            "initialize",
            json!({
                "capabilities": {
                    "general": { "positionEncodings": ["utf-8"] },
                    "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
                },
                "initializationOptions": { "pauseMillis": 0 },
                "workspaceFolders": [{ "uri": uri(folder), "name": "work" }],
            }),
        );
        server.tell("initialized", json!({}));
        server
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("written");
        self.input.flush().expect("flushed");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn take(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).expect("a header");
            match line.trim() {
                "" => break,
                line => {
                    let number = line.strip_prefix("Content-Length:").map(str::trim);
                    length = number.and_then(|n| n.parse().ok()).unwrap_or(length);
                }
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).expect("a message");
        serde_json::from_slice(&body).expect("JSON")
    }

    /// Sends a request and reads up to its answer.
    fn ask(&mut self, method: &str, params: Value) -> Duration {
        self.next += 1;
        let id = self.next;
        let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            request["params"] = params;
        }
        let start = Instant::now();
        self.send(&request);
        loop {
            let message = self.take();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return start.elapsed();
            }
        }
    }

    /// Reads up to the findings of a version of a file.
    fn published(&mut self, uri: &str, version: usize) {
        loop {
            let message = self.take();
            let told = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics"
                && told["uri"] == uri
                && told["version"] == version
            {
                return;
            }
        }
    }

    /// The most memory that it ever held, in MB.
    fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
        let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024)
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The value below which so many of a hundred lie, in milliseconds.
fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times[at].as_secs_f64() * 1_000.0
}

fn row(what: &str, times: &[Duration], promised: &str) {
    let (half, most) = (percentile(times, 50), percentile(times, 99));
    println!("| {what} | {half:.1} | {most:.1} | {promised} |");
}

fn main() {
    let held = tempfile::tempdir().expect("a folder");
    let folder = std::fs::canonicalize(held.path()).expect("it is there");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, text).expect("written");
        path
    };
    write("switchback.toml", "");
    write("platform.swb", corpus::PLATFORM);
    let mut entries: Vec<PathBuf> = (0..FILES)
        .map(|number| {
            let text = format!("import \"../platform.swb\"\n{}", corpus::team(number));
            write(
                &format!("area-{:02}/team-{number:04}.swb", number / 50),
                &text,
            )
        })
        .collect();
    let mut text = "import \"platform.swb\"\n".to_string();
    for number in 9_000.. {
        if text.lines().count() >= LINES {
            break;
        }
        text.push_str(&corpus::team(number));
    }
    let lines = text.lines().count();
    let large = write("large.swb", &text);
    entries.push(large.clone());
    let alone: Vec<Duration> = (0..50)
        .map(|_| {
            let start = Instant::now();
            let one = std::slice::from_ref(&large);
            let outcome = check(&DiskLoader, &folder, one, &Options::default());
            assert!(outcome.expect("no options").findings.len() < 1_000);
            start.elapsed()
        })
        .collect();
    let whole: Vec<Duration> = (0..3)
        .map(|_| {
            let start = Instant::now();
            let outcome = check(&DiskLoader, &folder, &entries, &Options::default());
            assert!(outcome.is_ok());
            start.elapsed()
        })
        .collect();
    let mut server = Server::start(&folder);
    let own = uri(&large);
    let start = Instant::now();
    let document = json!({ "uri": own, "languageId": "switchback", "version": 1, "text": text });
    server.tell("textDocument/didOpen", json!({ "textDocument": document }));
    server.published(&own, 1);
    let cold = start.elapsed();
    // a word that is being written in the middle of the file, letter by letter, and removed again;
    // each letter may make another name, so the worst is measured
    let at = text
        .lines()
        .position(|line| line.trim_start().starts_with("weight 1%"));
    let (line, start) = (at.expect("a step"), "    weight 1%".len());
    let word = "; watch latency-9000";
    let mut written = 0;
    let mut strokes = Vec::new();
    let mut hovers = Vec::new();
    let mut completions = Vec::new();
    for stroke in 0..STROKES {
        let is_back = stroke / word.len() % 2 == 1;
        let version = stroke + 2;
        let column = start + written - usize::from(is_back);
        let end = start + written;
        let letter = if is_back {
            ""
        } else {
            &word[written..=written]
        };
        written = if is_back { written - 1 } else { written + 1 };
        let change = json!({
            "range": {
                "start": { "line": line, "character": column },
                "end": { "line": line, "character": end },
            },
            "text": letter,
        });
        let changed = Instant::now();
        server.tell(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": own, "version": version },
                "contentChanges": [change],
            }),
        );
        server.published(&own, version);
        strokes.push(changed.elapsed());
        let place = json!({
            "textDocument": { "uri": own },
            "position": { "line": line, "character": start + written },
        });
        completions.push(server.ask("textDocument/completion", place));
        let place = json!({
            "textDocument": { "uri": own },
            "position": { "line": line, "character": 6 },
        });
        hovers.push(server.ask("textDocument/hover", place));
    }
    println!(
        "| A file of {lines} lines among {FILES} | Median, ms | 99th percentile, ms | Promised |"
    );
    println!("| --- | ---: | ---: | ---: |");
    row("check of the file alone", &alone, "");
    row("check of the whole folder", &whole, "");
    let most = percentile(&strokes, 99) / percentile(&alone, 50);
    row(
        "key stroke to published findings",
        &strokes,
        "at most 3 times the check alone",
    );
    row("completion behind a key stroke", &completions, "at most 5");
    row("hover", &hovers, "at most 5");
    println!();
    println!(
        "The 99th percentile of a key stroke is {most:.1} times the median check of the file alone."
    );
    println!(
        "From the start to the first findings: {:.1} s.",
        cold.as_secs_f64()
    );
    match server.memory() {
        Some(memory) => {
            println!("Most memory of the server: {memory} MB (promised: less than 300).")
        }
        None => println!("Memory is not told on this system."),
    }
    server.ask("shutdown", Value::Null);
    server.tell("exit", Value::Null);
    let _ = server.child.wait();
}
