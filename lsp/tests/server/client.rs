//! A small client: raw messages over the pipes of a process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longer than any answer takes, even while other tests keep all cores busy.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A server with a folder to work in.
pub struct Client {
    pub child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications and requests of the server that nobody has asked for yet.
    pub notifications: Vec<Value>,
    answers: BTreeMap<i64, Value>,
    next: i64,
    pub folder: PathBuf,
    /// Removes the folder at the end.
    _folder: tempfile::TempDir,
}

/// A folder with files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    folder
}

/// Everything that a present editor can do.
pub fn able() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "textDocument": {
            "publishDiagnostics": { "relatedInformation": true, "versionSupport": true },
            "completion": { "completionItem": { "snippetSupport": true } },
        },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    })
}

impl Client {
    /// A server that has been started and told nothing.
    pub fn bare(files: &[(&str, &str)]) -> Client {
        let held = folder(files);
        let path = std::fs::canonicalize(held.path()).expect("it is there");
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchback-lsp"))
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let output = child.stdout.take().expect("a pipe");
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        Client {
            input: child.stdin.take(),
            child,
            messages,
            notifications: Vec::new(),
            answers: BTreeMap::new(),
            next: 0,
            folder: path,
            _folder: held,
        }
    }

    /// A server that knows the folder, for an able client.
    pub fn start(files: &[(&str, &str)]) -> Client {
        Client::start_as(files, able()).0
    }

    /// A server for a client that can do `capabilities`, and what it announces.
    pub fn start_as(files: &[(&str, &str)], capabilities: Value) -> (Client, Value) {
        let mut client = Client::bare(files);
        let uri = client.uri("");
        let announced = client.ask(
            "initialize",
            json!({
                "processId": std::process::id(),
                "capabilities": capabilities,
                "workspaceFolders": [{ "uri": uri, "name": "project" }],
            }),
        );
        client.tell("initialized", json!({}));
        (client, announced["capabilities"].clone())
    }

    /// The address of a file.
    pub fn uri(&self, name: &str) -> String {
        let path = if name.is_empty() {
            self.folder.clone()
        } else {
            self.folder.join(name)
        };
        format!("file://{}", path.display())
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, text: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(text.as_bytes()).expect("written");
        input.flush().expect("flushed");
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(&format!("Content-Length: {}\r\n\r\n{text}", text.len()));
    }

    /// Sends a notification.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and gives its id.
    pub fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        let request = match params {
            Value::Null => json!({ "jsonrpc": "2.0", "id": id, "method": method }),
            params => json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }),
        };
        self.send(&request);
        id
    }

    /// Takes one message of the server; `false` when none comes in time, or the server is gone.
    fn take(&mut self, patience: Duration) -> bool {
        let Ok(message) = self.messages.recv_timeout(patience) else {
            return false;
        };
        match (message.get("method"), message["id"].as_i64()) {
            (None, Some(id)) => {
                self.answers.insert(id, message);
            }
            _ => self.notifications.push(message),
        }
        true
    }

    /// The whole answer to a request.
    pub fn answer(&mut self, id: i64) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return answer;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(self.take(left), "request {id} was not answered");
        }
    }

    /// Sends a request and gives its result.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Sends a request that is refused, and gives what is said.
    pub fn refused(&mut self, method: &str, params: Value) -> String {
        let id = self.begin(method, params);
        let answer = self.answer(id);
        let message = answer["error"]["message"].as_str();
        message.unwrap_or_else(|| panic!("{answer}")).to_string()
    }

    /// Opens a document.
    pub fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didOpen",
            json!({ "textDocument": {
                "uri": uri, "languageId": "switchback", "version": 1, "text": text,
            } }),
        );
    }

    /// Replaces the whole text of a document.
    pub fn replace(&mut self, name: &str, version: i32, text: &str) {
        self.change(name, version, json!([{ "text": text }]));
    }

    /// Changes a document.
    pub fn change(&mut self, name: &str, version: i32, changes: Value) {
        let uri = self.uri(name);
        self.tell(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": changes,
            }),
        );
    }

    /// The text that the server holds.
    pub fn held(&mut self, name: &str) -> String {
        let uri = self.uri(name);
        let text = self.ask("switchback/text", json!({ "uri": uri }));
        text.as_str().unwrap_or_default().to_string()
    }

    /// What is published next of a file, at a version.
    pub fn published(&mut self, name: &str, version: Option<i32>) -> Vec<Value> {
        let uri = self.uri(name);
        let until = Instant::now() + PATIENCE;
        loop {
            let found = self.notifications.iter().position(|message| {
                message["method"] == "textDocument/publishDiagnostics"
                    && message["params"]["uri"] == uri.as_str()
                    && message["params"]["version"].as_i64() == version.map(i64::from)
            });
            if let Some(at) = found {
                let message = self.notifications.remove(at);
                let found = message["params"]["diagnostics"].as_array();
                return found.cloned().unwrap_or_default();
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(self.take(left), "{name} at {version:?} was not published");
        }
    }

    /// Takes what comes in a while.
    pub fn listen(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while self.take(until.saturating_duration_since(Instant::now())) {}
    }

    /// The parameters of a request about the place marked `|` in an open text.
    pub fn at(&self, name: &str, marked: &str) -> Value {
        json!({ "textDocument": { "uri": self.uri(name) }, "position": position(marked) })
    }

    /// Opens the text without its mark, and gives the parameters of a request about it.
    pub fn open_at(&mut self, name: &str, marked: &str) -> Value {
        self.open(name, &marked.replacen('|', "", 1));
        self.at(name, marked)
    }

    /// Ends the input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// The exit of the process, if it ends in time.
    pub fn exit(&mut self, patience: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return Some(status);
            }
            if Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            header => {
                if let Some(number) = header.strip_prefix("Content-Length:") {
                    length = number.trim().parse().ok()?;
                }
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Line and UTF-16 column of the first `|`.
pub fn position(marked: &str) -> Value {
    let at = marked.find('|').expect("a mark");
    let before = &marked[..at];
    let line = before.matches('\n').count();
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or("")
        .encode_utf16()
        .count();
    json!({ "line": line, "character": column })
}

/// A text with edits of the protocol applied, UTF-16 columns.
pub fn edited(text: &str, edits: &Value) -> String {
    let mut edits: Vec<&Value> = edits.as_array().into_iter().flatten().collect();
    edits.sort_by_key(|edit| {
        let start = &edit["range"]["start"];
        (start["line"].as_u64(), start["character"].as_u64())
    });
    let mut text = text.to_string();
    for edit in edits.into_iter().rev() {
        let range = &edit["range"];
        let (start, end) = (byte(&text, &range["start"]), byte(&text, &range["end"]));
        text.replace_range(start..end, edit["newText"].as_str().expect("a text"));
    }
    text
}

/// The byte of a position, UTF-16 columns.
pub fn byte(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().expect("a line") as usize;
    let column = position["character"].as_u64().expect("a column") as usize;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut units = 0;
    for (at, c) in text[start..].char_indices() {
        if units >= column || c == '\n' {
            return start + at;
        }
        units += c.len_utf16();
    }
    text.len()
}

/// The text of a range.
pub fn slice<'t>(text: &'t str, range: &Value) -> &'t str {
    &text[byte(text, &range["start"])..byte(text, &range["end"])]
}

/// The files of an example of the project.
pub fn example(name: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(&root)
                    .expect("below")
                    .display()
                    .to_string();
                files.push((name, std::fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    files.sort();
    files
}

/// Files as [`Client::start`] takes them.
pub fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect()
}
