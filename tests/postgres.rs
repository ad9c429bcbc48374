//! What a query of the old version meets behind a migration, held against a real PostgreSQL.
//!
//! Each case in `tests/postgres/*.sql` has a schema, a migration, a query that was written for the
//! schema, what the server says to the query behind the migration (`ok` or the SQLSTATE), and what
//! is told of it: `!` where each run meets it, `~` where it depends on values and rows.
//!
//! Plain `cargo test` holds what is told against the recorded answer: whatever the server refuses
//! must be told, but for what is marked `open` with its reason; a mark that is not needed any more
//! fails. The engine test asks a server again, so that the record is no invention.
//! `SWITCHBACK_BLESS=1` writes what is told, and with `--ignored` what the server says.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use switchback::schema::catalog::Catalog;
use switchback::schema::postgres::{apply, lower};
use switchback::schema::query::{Break, Contract, breaks};
use switchback::schema::{Engine, split};
use switchback::source::{FileId, Span};

/// The server whose answers are recorded: that of Debian 12.
const SERVER: u32 = 15;

struct Case {
    title: String,
    before: String,
    after: String,
    query: String,
    server: String,
    told: Vec<String>,
    /// Why something is told for certain although the server takes the query here.
    because: String,
    /// Why what the server refuses is not told yet, or a refusal is told that it does not make.
    open: String,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/postgres")
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the folder of the cases");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn blessing() -> bool {
    std::env::var_os("SWITCHBACK_BLESS").is_some()
}

fn cases(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).expect("a file of cases");
    let mut found = Vec::new();
    for part in text.split("-- # ").skip(1) {
        let mut case = Case {
            title: String::new(),
            before: String::new(),
            after: String::new(),
            query: String::new(),
            server: String::new(),
            told: Vec::new(),
            because: String::new(),
            open: String::new(),
        };
        let mut place = "title".to_string();
        for line in part.trim_end().lines() {
            if let Some(heading) = line.strip_prefix("-- ## ") {
                let (word, rest) = heading.split_once(": ").unwrap_or((heading, ""));
                place = word.to_string();
                match word {
                    "server" => case.server = rest.to_string(),
                    "told" if !rest.is_empty() => case.told.push(rest.to_string()),
                    "open" => case.open = rest.to_string(),
                    "because" => case.because = rest.to_string(),
                    _ => {}
                }
                continue;
            }
            let text = match place.as_str() {
                "title" => &mut case.title,
                "before" => &mut case.before,
                "after" => &mut case.after,
                "query" => &mut case.query,
                other => panic!("{}: nothing stands below `{other}`", path.display()),
            };
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        found.push(case);
    }
    found
}

fn written(cases: &[Case]) -> String {
    let mut out = String::new();
    for case in cases {
        let Case {
            title,
            before,
            after,
            query,
            server,
            ..
        } = case;
        let _ = write!(
            out,
            "-- # {title}\n-- ## before\n{before}\n-- ## after\n{after}\n-- ## query\n{query}\n-- ## server: {server}\n"
        );
        for told in &case.told {
            let _ = writeln!(out, "-- ## told: {told}");
        }
        if !case.because.is_empty() {
            let _ = writeln!(out, "-- ## because: {}", case.because);
        }
        if !case.open.is_empty() {
            let _ = writeln!(out, "-- ## open: {}", case.open);
        }
        out.push('\n');
    }
    out
}

fn replay(sql: &str, mut catalog: Catalog) -> Catalog {
    for statement in split(sql, Some(Engine::PostgreSql), false).statements {
        let text = &sql[statement.range.clone()];
        let at = Span::new(FileId(0), statement.range.start, statement.range.end);
        for change in lower(text, at, &catalog, "public") {
            if let Err(error) = apply(&change.value, &mut catalog, change.span, SERVER) {
                panic!("{text}: {error}");
            }
        }
    }
    catalog
}

fn told(case: &Case) -> Vec<String> {
    let empty = Catalog {
        server: SERVER,
        ..Catalog::default()
    };
    let before = replay(&case.before, empty);
    let after = replay(&case.after, before.clone());
    let contract = Contract::from_sql(&case.query, FileId(0), 0, &before).unprepared();
    let mut told: Vec<String> = breaks(&contract, &before, &after)
        .into_iter()
        .map(|found: Break| {
            let sign = if found.certain { '!' } else { '~' };
            let code = match found.sqlstate {
                "" => "without an error",
                code => code,
            };
            format!("{sign} {code} {}: {}", found.element, found.reason)
        })
        .collect();
    for catalog in [&before, &after] {
        if !catalog.unknown.is_empty() {
            told.push("? a statement of the migrations is not understood".into());
        }
    }
    for unknown in &contract.unknown {
        told.push(format!("? the query is not understood: {}", unknown.reason));
    }
    told.dedup();
    told
}

#[test]
fn what_the_server_refuses_is_told() {
    let mut wrong = String::new();
    for path in files() {
        let mut all = cases(&path);
        for case in &mut all {
            let now = told(case);
            let refused = case.server != "ok";
            let certain = now
                .iter()
                .any(|told| told.starts_with('!') && !told.contains("without an error"));
            let missed = refused && now.is_empty();
            let alarm = !refused && certain && case.because.is_empty();
            match (missed, alarm, case.open.is_empty()) {
                (true, _, true) => {
                    let _ = writeln!(wrong, "{}: {} is not told", case.title, case.server);
                }
                (_, true, true) => {
                    let _ = writeln!(wrong, "{}: told for certain, and ok: {now:?}", case.title);
                }
                // the list of what is open only ever shrinks
                (false, false, false) => {
                    let _ = writeln!(wrong, "{}: is right and need not be `open`", case.title);
                }
                _ => {}
            }
            if now != case.told && !blessing() {
                let _ = writeln!(wrong, "{}: told {now:#?}", case.title);
            }
            case.told = now;
        }
        if blessing() {
            fs::write(&path, written(&all)).expect("the file is written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A PostgreSQL of its own, which is stopped when it is dropped.
struct Server {
    folder: PathBuf,
    programs: PathBuf,
}

impl Server {
    /// A command as a user that the server accepts: it refuses root.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let root = Command::new("id").arg("-u").output();
        if root.is_ok_and(|out| out.stdout == b"0\n") {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
            command.arg(path);
            command
        } else {
            Command::new(path)
        }
    }

    fn start() -> Server {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .expect("PostgreSQL is installed: `apt-get install postgresql`")
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.sort();
        let folder = std::env::temp_dir().join(format!("switchback-pg-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the server");
        let server = Server {
            programs: versions.pop().expect("a version of PostgreSQL"),
            folder,
        };
        let _ = Command::new("chown")
            .arg("postgres")
            .arg(&server.folder)
            .status();
        let data = server.folder.join("data");
        let made = server
            .command("initdb")
            .args(["--no-sync", "--auth=trust", "--username=postgres", "-D"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{made:?}");
        let options = format!(
            "-c listen_addresses= -c fsync=off -c unix_socket_directories={}",
            server.folder.display()
        );
        let started = server
            .command("pg_ctl")
            .args(["start", "--wait", "-s", "-o", &options, "-D"])
            .arg(&data)
            .arg("-l")
            .arg(server.folder.join("log"))
            .status()
            .expect("pg_ctl runs");
        assert!(started.success(), "the server starts");
        server
    }

    /// What the server says to the query of a case behind its migration.
    fn answer(&self, case: &Case) -> Result<String, String> {
        let mut query = case.query.clone();
        for (parameter, value) in [("$1", "1"), ("$2", "2"), ("$3", "'x'"), ("$4", "'y'")] {
            query = query.replace(parameter, value);
        }
        let fresh = "SET client_min_messages = error;\nDROP DATABASE IF EXISTS one;\n\
                     CREATE DATABASE one;\n\\c one\nSET client_min_messages = error;";
        let (before, after) = (&case.before, &case.after);
        // plans and the texts of functions are kept for a session
        let script = format!(
            "{fresh}\n\\warn before\n{before}\n\\warn query before\nBEGIN;\n{query}\n;ROLLBACK;\n\
             \\warn after\n{after}\n\\c\n\\warn query after\nBEGIN;\n{query}\n;COMMIT;\n"
        );
        let mut running = self
            .command("psql")
            .args([
                "-X",
                "-q",
                "-t",
                "-U",
                "postgres",
                "-v",
                "VERBOSITY=sqlstate",
            ])
            .arg("-h")
            .arg(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql runs");
        let mut input = running.stdin.take().expect("an input");
        input.write_all(script.as_bytes()).expect("psql reads");
        drop(input);
        let out = running.wait_with_output().expect("psql ends");
        let mut place = "start".to_string();
        let mut answer = "ok".to_string();
        for line in String::from_utf8_lossy(&out.stderr).lines() {
            match line.split_once("ERROR:") {
                None => place = line.to_string(),
                Some((_, code)) if place == "query after" => {
                    if answer == "ok" {
                        answer = code.trim().to_string();
                    }
                }
                // a case is about what its migration does to a query that ran before
                Some((_, code)) => return Err(format!("fails at `{place}`:{code}")),
            }
        }
        Ok(answer)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self
            .command("pg_ctl")
            .args(["stop", "-s", "-m", "immediate", "-D"])
            .arg(self.folder.join("data"))
            .status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
#[ignore = "starts PostgreSQL; ./tests/run installs it"]
fn the_server_says_what_is_recorded() {
    let server = Server::start();
    let mut wrong = String::new();
    for path in files() {
        let mut all = cases(&path);
        for case in &mut all {
            let now = server.answer(case).unwrap_or_else(|fault| fault);
            if now != case.server && (!blessing() || now.starts_with("fails")) {
                let _ = writeln!(wrong, "{}: {now}", case.title);
            }
            case.server = now;
        }
        if blessing() {
            fs::write(&path, written(&all)).expect("the file is written");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
