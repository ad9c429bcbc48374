//! Texts that were made to exhaust the reader get a clear finding, and get it soon.
//!
//! Everything goes through the real program, with a limit on its memory and a watchdog over its
//! time. The watchdog is generous: it is there so that a hang fails, not to measure.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far more than any of these takes on a loaded machine in a debug build.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the program may map, in KiB.
const MEMORY: u64 = 3 * 1024 * 1024;

/// What a run of the program said.
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    /// (rule, file, line, message) of each finding of the JSON report.
    fn findings(&self) -> Vec<(String, String, u64, String)> {
        let report: Value = serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", head(&self.out), head(&self.err)));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let findings = report["findings"].as_array().expect("findings");
        findings
            .iter()
            .map(|found| {
                let line = found["line"].as_u64();
                let line = line.unwrap_or_else(|| panic!("no place: {found}"));
                let column = found["column"].as_u64();
                assert!(
                    column.is_some_and(|column| column > 0),
                    "no column: {found}"
                );
                (
                    text(&found["rule"]),
                    text(&found["file"]),
                    line,
                    text(&found["message"]),
                )
            })
            .collect()
    }

    fn rules(&self) -> Vec<String> {
        let mut rules: Vec<String> = self.findings().into_iter().map(|found| found.0).collect();
        rules.dedup();
        rules
    }

    /// Asserts that there is a finding of `rule` whose message holds `part`.
    fn says(&self, rule: &str, part: &str) {
        let findings = self.findings();
        let found = findings
            .iter()
            .any(|(name, _, _, message)| name == rule && message.contains(part));
        let some: Vec<_> = findings.iter().take(5).collect();
        assert!(
            found,
            "no `{rule}` with {part:?}; {} findings: {some:#?}",
            findings.len()
        );
    }
}

fn head(text: &str) -> String {
    text.chars().take(2000).collect()
}

/// A folder with files in it, gone at the end.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let project = Project {
            folder: tempfile::tempdir().expect("a folder"),
        };
        project.write("switchback.toml", b"");
        for (name, bytes) in files {
            project.write(name, bytes);
        }
        project
    }

    fn plan(text: &str) -> Self {
        Project::new(&[("main.swb", text.as_bytes())])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    fn check(&self) -> Outcome {
        run(self.folder.path(), &["check", "--format", "json"])
    }
}

/// Runs the program in `folder`, in bounded memory; a hang is killed and fails.
fn run(folder: &Path, args: &[&str]) -> Outcome {
    let started = Instant::now();
    let mut child = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_switchback"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut streams = (child.stdout.take(), child.stderr.take());
    let read = |stream: Option<&mut dyn Read>| {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8(bytes).expect("output is UTF-8")
    };
    let (out, err, code) = std::thread::scope(|scope| {
        let out = scope.spawn(|| read(streams.0.as_mut().map(|s| s as &mut dyn Read)));
        let err = scope.spawn(|| read(streams.1.as_mut().map(|s| s as &mut dyn Read)));
        let code = loop {
            if let Some(status) = child.try_wait().expect("a status") {
                break status.code();
            }
            if started.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                break Some(-1);
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        (out.join().expect("read"), err.join().expect("read"), code)
    });
    println!("{args:?}: {code:?} in {:?}", started.elapsed());
    assert_ne!(code, Some(-1), "it hangs: {args:?}");
    let code = code.unwrap_or_else(|| panic!("it was killed: {}", head(&err)));
    assert_ne!(code, 3, "an internal error: {}", head(&err));
    assert!(code < 3, "exit code {code}: {}", head(&err));
    Outcome { code, out, err }
}

const GATE: &str = "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\
gate errors {\n  query \"\"\"sum(rate(e[2m])) or vector(0)\"\"\"\n  kind proportion\n  expect value < 1%\n  every 1m for 10m\n}\n";

const SERVICE: &str = "service web {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n\
  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n\
  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\n";

fn with_steps(steps: &str) -> String {
    format!("{GATE}{SERVICE}plan web-2 {{\n  roll web from 1 to 2\n{steps}}}\n")
}

// ---- the text of a plan

#[test]
fn a_million_open_braces() {
    let found = Project::plan(&"{".repeat(1_000_000)).check();
    assert_eq!(found.code, 1);
    assert!(found.findings().len() < 300, "{}", found.findings().len());
    let found = Project::plan(&"a { ".repeat(100_000)).check();
    found.says("nesting-too-deep", "64");
    assert!(found.findings().len() < 300, "{}", found.findings().len());
    let found = Project::plan(&"}\n".repeat(200_000)).check();
    assert_eq!(found.rules(), ["stray-brace"]);
}

#[test]
fn brackets_within_brackets() {
    for text in [
        "a [".to_string() + &"[".repeat(200_000),
        "a(".repeat(100_000),
        "a ".to_string() + &"(".repeat(200_000),
    ] {
        let found = Project::plan(&text).check();
        assert_eq!(found.code, 1);
        assert!(found.findings().len() < 300, "{}", found.findings().len());
    }
    let nested = format!(
        "service web {{\n  version 1 {{ reads session {}1{} }}\n}}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let found = Project::plan(&nested).check();
    assert_eq!(found.code, 1);
    assert!(
        found.findings().iter().all(|found| found.2 <= 3),
        "{:?}",
        found.rules()
    );
}

#[test]
fn a_line_of_ten_megabytes() {
    let found = Project::plan(&format!("service {} {{\n", "x".repeat(10_000_000))).check();
    assert_eq!(found.code, 1);
    found.says("unclosed-block", "");
    // a message that repeats the line would be as long
    assert!(
        found.out.len() < 1_000_000,
        "{} bytes of report",
        found.out.len()
    );
    let found = Project::plan(&format!("watch {}\n", "errors, ".repeat(1_250_000))).check();
    assert_eq!(found.code, 1);
    assert!(
        found.out.len() < 1_000_000,
        "{} bytes of report",
        found.out.len()
    );
}

#[test]
fn names_and_paths_of_a_megabyte() {
    let long = "x".repeat(1_000_000);
    for text in [
        with_steps(&format!(
            "  step all {{ weight 5%; hold 1h; watch {long} }}\n"
        )),
        with_steps(&format!("  step {long} {{ weight 5% }}\n")),
        format!(
            "plan {long} {{ roll {long} from {long} to {long}; use {long}({long} = {long}) }}\n"
        ),
        format!("service {long} {{ replicas {long} }}\nservice {long} {{ drain {long} }}\n"),
        format!("service web {{ workload \"{long}\" }}\n"),
        format!("service web {{ version 1 {{ queries \"{long}\" }} }}\n"),
        format!("service web {{ version 1 {{ queries \"*{long}\" }} }}\n"),
        format!(
            "service web {{ version 1 {{ queries \"{}{}\" }} }}\n",
            "{".repeat(500_000),
            "}".repeat(500_000)
        ),
        format!(
            "service web {{ version 1 {{ queries \"{}\" }} }}\n",
            "*/".repeat(400)
        ),
        format!("database a {{ engine {long} 15; migrations \"{long}\" }}\n"),
        format!("import \"{long}\"\n"),
        format!("import \"{}\"\n", "a/".repeat(500_000)),
        format!("import \"{}\"\n", "../".repeat(300_000)),
        format!("{long}\n"),
        format!("weight {long}%\n"),
        format!("gate errors {{ like {long}; expect value < {long}; from {long} }}\n"),
    ] {
        let found = Project::plan(&text).check();
        let shown = &text[..60.min(text.len())];
        assert!(
            found.out.len() < 2 * text.len() + 100_000,
            "{} bytes for {shown}",
            found.out.len()
        );
    }
}

#[test]
fn a_file_of_a_hundred_megabytes() {
    let project = Project::plan("");
    let file = fs::File::create(project.path("main.swb")).expect("made");
    // it takes no room on the disk
    file.set_len(100_000_000).expect("a length");
    let found = project.check();
    assert_eq!(found.code, 2);
    found.says("unreadable-file", "100000000 bytes; the limit is 16777216");
}

#[test]
fn a_plan_of_a_hundred_thousand_statements() {
    let found = Project::plan(&with_steps(&"  frobnicate 5%\n".repeat(100_000))).check();
    assert_eq!(found.code, 1);
    found.says("too-large", "20000 statements");
    assert_eq!(found.findings().len(), 1);

    let found = Project::plan(&with_steps(&"  frobnicate 5%\n".repeat(19_000))).check();
    assert_eq!(found.code, 1);
    found.says("unknown-statement", "frobnicate");
    found.says("too-large", "9000 more findings");
    assert_eq!(found.findings().len(), 10_001);

    let found = Project::plan(&"frobnicate 5%\n".repeat(100_000)).check();
    assert_eq!(found.code, 1);
    assert!(
        found.findings().len() <= 10_001,
        "{}",
        found.findings().len()
    );

    let steps: String = (0..4_500)
        .map(|n| format!("  step s{n} {{ weight 5%; hold 1h; watch errors }}\n"))
        .collect();
    let found = Project::plan(&with_steps(&steps)).check();
    assert_eq!(found.code, 1);
    found.says("too-large", "steps");

    let services: String = (0..9_000)
        .map(|n| format!("service s{n} {{ replicas 1 }}\n"))
        .collect();
    let found = Project::plan(&services).check();
    found.says("too-large", "declarations");
}

#[test]
fn a_chain_of_a_million_weights() {
    let found = Project::plan(&with_steps(
        "  step all { weight 0.0001% to 100% by 0.0001%; hold 1h; watch errors }\n",
    ))
    .check();
    assert_eq!(found.code, 1);
    found.says("out-of-range", "chain");
    let chain = vec!["5%"; 100_000].join(" -> ");
    let found = Project::plan(&with_steps(&format!(
        "  step all {{ weight {chain}; hold 1h; watch errors }}\n"
    )))
    .check();
    assert_eq!(found.code, 1);
    found.says("out-of-range", "chain");
}

#[test]
fn a_strategy_of_thousands_of_steps_used_a_hundred_times() {
    // ten thousand are more statements than a file may hold, so they are refused already
    let steps: String = (0..4_500)
        .map(|n| format!("  step s{n} {{ weight 5%; hold 1h; watch gates }}\n"))
        .collect();
    let uses = "  use long(gates = [errors])\n".repeat(100);
    let text = format!("strategy long(gates) {{\n{steps}}}\n{}", with_steps(&uses));
    let found = Project::plan(&text).check();
    assert_eq!(found.code, 1);
    found.says("too-large", "steps");

    // each plan by itself is small enough, all of them are not
    let steps: String = (0..500)
        .map(|n| format!("  step s{n} {{ weight 5%; hold 1h; watch gates }}\n"))
        .collect();
    let plans: String = (0..2_000)
        .map(|n| format!("plan p{n} {{ roll web from 1 to 2; use long(gates = [errors]) }}\n"))
        .collect();
    let found = Project::plan(&format!(
        "strategy long(gates) {{\n{steps}}}\n{GATE}{SERVICE}{plans}"
    ))
    .check();
    assert_eq!(found.code, 1);
    found.says("too-large", "steps");
}

#[test]
fn thousands_of_gates_like_one_another() {
    let gates: String = (0..4_000)
        .map(|n| format!("gate g{n} {{ like g{} }}\n", n + 1))
        .collect();
    let text = format!(
        "{gates}gate g4000 {{ like errors }}\n{}",
        with_steps("  step all { weight 5%; hold 1h; watch g0 }\n")
    );
    let found = Project::plan(&text).check();
    assert_eq!(found.code, 1);
    found.says("too-large", "like");
}

// ---- files that import one another

#[test]
fn ten_thousand_imports() {
    let mut files: Vec<(String, String)> = (0..10_000)
        .map(|n| {
            (
                format!("parts/f{n}.swb"),
                format!("service s{n} {{ replicas 1 }}\n"),
            )
        })
        .collect();
    let imports: String = (0..10_000)
        .map(|n| format!("import \"parts/f{n}.swb\"\n"))
        .collect();
    files.push(("main.swb".into(), imports));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let project = Project::new(&files);
    let found = run(
        project.folder.path(),
        &["check", "--format", "json", "main.swb"],
    );
    assert_eq!(found.code, 1);
    found.says("too-large", "files");

    let same = Project::plan(&"import \"other.swb\"\n".repeat(100_000));
    same.write("other.swb", b"service web { replicas 1 }\n");
    let found = same.check();
    assert!(
        found.findings().len() <= 10_001,
        "{}",
        found.findings().len()
    );
}

#[test]
fn a_thousand_files_in_a_circle() {
    let files: Vec<(String, String)> = (0..1_000)
        .map(|n| {
            (
                format!("f{n}.swb"),
                format!("import \"f{}.swb\"\n", (n + 1) % 1_000),
            )
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let found = Project::new(&files).check();
    assert_eq!(found.code, 1);
    assert_eq!(found.rules(), ["import-cycle"]);
    let findings = found.findings();
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].3.len() < 2_000,
        "a path of {} bytes",
        findings[0].3.len()
    );
}

// ---- queries

#[test]
fn two_hundred_thousand_parentheses_in_a_query() {
    for query in [
        "(".repeat(200_000),
        "(".repeat(30_000),
        "-".repeat(60_000),
        "a+".repeat(20_000),
        "a[".repeat(20_000),
    ] {
        let gate = format!(
            "gate errors {{\n  query \"\"\"{query}\"\"\"\n  kind proportion\n  expect value < 1%\n  every 1m for 10m\n}}\n"
        );
        let found = Project::plan(&gate).check();
        assert_eq!(found.code, 1);
        let rules = found.rules();
        assert!(
            rules
                .iter()
                .any(|rule| rule == "query-too-deep" || rule == "query-syntax"),
            "{rules:?} for {}...",
            &query[..20]
        );
        assert!(found.findings().iter().all(|found| found.2 <= 6));
    }
}

// ---- manifests

fn with_manifest(manifest: &[u8]) -> Project {
    Project::new(&[
        ("main.swb", b"service web {\n  workload \"web.yaml\"\n}\n"),
        ("web.yaml", manifest),
    ])
}

#[test]
fn manifests_that_explode() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            format!("*a{},", level - 1).repeat(9)
        ));
    }
    let deep: String = (0..10_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth % 1_500)))
        .collect();
    for manifest in [
        bomb,
        "[".repeat(10_000),
        "- ".repeat(10_000),
        "{a: ".repeat(10_000),
        deep,
    ] {
        let found = with_manifest(manifest.as_bytes()).check();
        assert!(found.code > 0);
        let findings = found.findings();
        assert!(
            findings.iter().any(|found| found.1.ends_with("web.yaml")),
            "{findings:?}"
        );
        assert!(findings.len() < 50, "{}", findings.len());
    }
}

// ---- migrations

#[test]
fn a_folder_of_a_hundred_thousand_migrations() {
    let project = Project::plan(
        "database orders {\n  engine postgres 15\n  migrations \"db/migrations\"\n}\n",
    );
    let folder = project.path("db/migrations");
    fs::create_dir_all(&folder).expect("made");
    for n in 0..100_000 {
        fs::write(folder.join(format!("{n:06}_a.up.sql")), b"").expect("written");
    }
    let found = project.check();
    assert_eq!(found.code, 1);
    found.says("too-many-migrations", "50000");
    assert!(found.findings().len() < 10, "{:?}", found.rules());
}

#[test]
fn one_migration_of_many_statements() {
    let project =
        Project::plan("database orders {\n  engine postgres 15\n  migrations \"db\"\n}\n");
    project.write("db/0001_a.up.sql", "SELECT 1;\n".repeat(200_000).as_bytes());
    project.write("db/0001_a.down.sql", "(".repeat(200_000).as_bytes());
    let found = project.check();
    assert!(found.code <= 1);
}

#[test]
fn nesting_in_sql_that_would_overflow_a_stack() {
    for sql in [
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT {}", "(".repeat(100_000)),
        format!(
            "SELECT {}1{}",
            "(SELECT ".repeat(10_000),
            ")".repeat(10_000)
        ),
        format!("SELECT * FROM {}t", "(SELECT * FROM ".repeat(10_000)),
        format!(
            "SELECT {}1{}",
            "CASE WHEN a THEN ".repeat(10_000),
            " END".repeat(10_000)
        ),
        format!("SELECT {}a", "NOT ".repeat(100_000)),
        format!("SELECT a{}", "[1]".repeat(100_000)),
        format!(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {}1 $$",
            "(".repeat(100_000)
        ),
        format!(
            "CREATE TABLE t (a int DEFAULT {}1{})",
            "(".repeat(100_000),
            ")".repeat(100_000)
        ),
    ] {
        let project = Project::plan(
            "database orders { engine postgres 15; migrations \"db\"; at 1 }\nplan move { step s { migrate orders to 2 } }\n",
        );
        project.write("db/2_a.up.sql", format!("SELECT 1;\n{sql};\n").as_bytes());
        project.write("db/2_a.down.sql", b"-- irreversible: a test\n");
        project.write("db/1_a.up.sql", b"CREATE TABLE t (a int);\n");
        project.write("db/1_a.down.sql", b"DROP TABLE t;\n");
        let found = project.check();
        let head = &sql[..60];
        assert_eq!(found.code, 1, "{head}");
        let findings = found.findings();
        assert!(findings.len() < 10, "{head}: {findings:?}");
        let told = findings.iter().any(|(rule, file, line, _)| {
            rule == "sql-not-understood" && file.ends_with("2_a.up.sql") && *line == 2
        });
        assert!(told, "{head}: {findings:?}");
    }
}

// ---- bytes

#[test]
fn text_that_is_not_utf_8_is_refused_at_its_byte() {
    let found = Project::new(&[("main.swb", b"service web {\n\xff}\n")]).check();
    assert_eq!(found.code, 2);
    found.says("unreadable-file", "byte 14");
    let found = with_manifest(b"kind: \xc3\x28\n").check();
    assert_eq!(found.code, 2);
    found.says("unreadable-file", "byte 6");
}

#[test]
fn other_line_ends_marks_and_tabs_are_taken() {
    let plain = with_steps("  step all {\n    rolling\n    hold 30m\n    watch errors\n  }\n");
    let clean = Project::plan(&plain).check();
    let codes = |found: &Outcome| -> Vec<(String, u64)> {
        found
            .findings()
            .into_iter()
            .map(|found| (found.0, found.2))
            .collect()
    };
    for text in [
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        plain.replace("  ", "\t"),
    ] {
        let found = Project::plan(&text).check();
        assert_eq!(found.code, clean.code);
        assert_eq!(codes(&found), codes(&clean));
    }
    // the same mistake stands on the same line and column
    let wrong = plain.replace("rolling", "rollign");
    let at = Project::plan(&wrong).check().findings();
    assert_eq!(
        Project::plan(&wrong.replace('\n', "\r\n"))
            .check()
            .findings(),
        at
    );
    assert_eq!(
        Project::plan(&format!("\u{feff}{wrong}"))
            .check()
            .findings(),
        at
    );
}

#[test]
fn bytes_that_no_text_holds() {
    let found = Project::new(&[("main.swb", b"service web\0 {\n  replicas 1\n}\n\0\0")]).check();
    assert_eq!(found.code, 1);
    for text in [
        "import \"a\\u{1b}[31m.swb\"\n",
        "import \"a\x1b[31m.swb\"\n",
        "service \x1b[2J { replicas 1 }\n",
        "import \"a\0b.swb\"\n",
    ] {
        let project = Project::plan(text);
        let found = project.check();
        assert!(found.code > 0, "{text:?}");
        for format in ["full", "concise"] {
            let found = run(project.folder.path(), &["check", "--format", format]);
            let control = found
                .out
                .chars()
                .chain(found.err.chars())
                .find(|c| c.is_control() && *c != '\n');
            assert_eq!(control, None, "{format} of {text:?}");
        }
    }
}

// ---- what is no plain file below the root

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_refused() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("secret.yaml"), "password: hunter2\n").expect("written");
    fs::write(outside.path().join("1_a.up.sql"), "SELECT 'hunter2';\n").expect("written");

    let project = with_manifest(b"");
    fs::remove_file(project.path("web.yaml")).expect("removed");
    symlink(outside.path().join("secret.yaml"), project.path("web.yaml")).expect("linked");
    let found = project.check();
    assert!(found.code > 0);
    found.says("path-outside-project", "symbolic link");
    assert!(!found.out.contains("hunter2"));

    let project = Project::plan(
        "service web {\n  version 1 { queries \"sql/*/*.sql\" }\n}\ndatabase orders {\n  engine postgres 15\n  migrations \"db\"\n}\n",
    );
    fs::create_dir_all(project.path("sql")).expect("made");
    symlink(outside.path(), project.path("sql/out")).expect("linked");
    symlink(outside.path(), project.path("db")).expect("linked");
    let found = project.check();
    assert_eq!(found.code, 1);
    found.says("path-outside-project", "symbolic link");
    found.says("no-matching-file", "sql/*/*.sql");
    assert!(!found.out.contains("hunter2"));

    symlink("/dev/zero", project.path("zero.yaml")).expect("linked");
    project.write("main.swb", b"service web {\n  workload \"zero.yaml\"\n}\n");
    let found = project.check();
    assert!(found.code > 0);

    let made = Command::new("mkfifo")
        .arg(project.path("pipe.yaml"))
        .status();
    if made.is_ok_and(|status| status.success()) {
        project.write("main.swb", b"service web {\n  workload \"pipe.yaml\"\n}\n");
        let found = project.check();
        assert_eq!(found.code, 2);
        found.says("unreadable-file", "neither a file nor a folder");
    } else {
        println!("skipped: there is no mkfifo here");
    }
    // as a plan file
    for path in ["/dev/zero", "/dev/null"] {
        let found = run(project.folder.path(), &["check", "--format", "json", path]);
        assert_eq!(found.code, 2);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let project = with_manifest(b"kind: Deployment\n");
    let path = project.path("web.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("changed");
    if fs::read(&path).is_ok() {
        println!("skipped: this user (root?) may read every file");
        return;
    }
    let found = project.check();
    assert_eq!(found.code, 2);
    found.says("unreadable-file", "permission denied");
}

#[test]
fn a_folder_in_place_of_a_file() {
    let project = with_manifest(b"");
    fs::remove_file(project.path("web.yaml")).expect("removed");
    fs::create_dir(project.path("web.yaml")).expect("made");
    let found = project.check();
    assert_eq!(found.code, 2);
    found.says("unreadable-file", "folder");
}
