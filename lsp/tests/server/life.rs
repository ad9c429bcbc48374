//! The life of the process, and what it does with input that is none.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;

const WEB: &str = "service web {\n  traffic 10/s\n}\n";

/// Far below the seconds after which an editor kills, far above what the exit takes.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn exit_ends_the_process_while_its_input_stays_open() {
    let mut client = Client::start(&[("main.swb", WEB)]);
    client.ask("shutdown", Value::Null);
    client.tell("exit", Value::Null);
    let status = client.exit(SOON).expect("it ends");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn exit_without_shutdown_is_a_failure() {
    let mut client = Client::start(&[]);
    client.tell("exit", Value::Null);
    let status = client.exit(SOON).expect("it ends");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn an_answer_in_the_same_write_as_exit_arrives() {
    let mut client = Client::start(&[]);
    let request = json!({ "jsonrpc": "2.0", "id": 77, "method": "shutdown" }).to_string();
    let exit = json!({ "jsonrpc": "2.0", "method": "exit" }).to_string();
    let both = [request, exit].map(|text| format!("Content-Length: {}\r\n\r\n{text}", text.len()));
    client.raw(&both.concat());
    let answer = client.answer(77);
    assert!(answer.get("error").is_none(), "{answer}");
    assert_eq!(client.exit(SOON).expect("it ends").code(), Some(0));
}

#[test]
fn the_end_of_the_input_ends_the_process() {
    let mut client = Client::start(&[]);
    client.close_input();
    assert_eq!(client.exit(SOON).expect("it ends").code(), Some(1));
}

#[test]
fn options_are_told_apart() {
    let run = |argument: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_switchback-lsp"))
            .arg(argument)
            .output()
            .expect("it runs")
    };
    assert!(run("--version").status.success());
    let help = run("--help");
    assert!(String::from_utf8_lossy(&help.stdout).contains("--stdio"));
    let wrong = run("--port=1");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("no option `--port=1`"));
}

#[test]
fn the_command_line_starts_the_server() {
    let own = std::path::Path::new(env!("CARGO_BIN_EXE_switchback-lsp"));
    let command = own.with_file_name(format!("switchback{}", std::env::consts::EXE_SUFFIX));
    if !command.is_file() {
        println!(
            "skipped: `switchback` is not built beside the server; `cargo test --workspace` builds it"
        );
        return;
    }
    let output = std::process::Command::new(command)
        .args(["lsp", "--stdio"])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    // the input ends at once: that of the server, since nothing else gives this code
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*said), (Some(1), ""));
}

/// A process between this test and the server, which is killed: the server must notice.
#[cfg(target_os = "linux")]
#[test]
fn the_server_ends_with_the_process_that_started_it() {
    use std::io::Read;
    // the shell starts the server beside a pipe that stays open, says its id, and waits; the answer
    // to the first request tells that the server runs
    let script = "{ printf %s \"$1\"; sleep 30; } | \"$0\" --stdio & echo $!; wait";
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "capabilities": {} },
    });
    let request = request.to_string();
    let request = format!("Content-Length: {}\r\n\r\n{request}", request.len());
    let mut shell = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_switchback-lsp"), &request])
        .stdout(std::process::Stdio::piped())
        .spawn();
    let Ok(shell) = &mut shell else {
        println!("skipped: there is no `sh`");
        return;
    };
    let mut said = String::new();
    let mut byte = [0];
    let output = shell.stdout.as_mut().expect("a pipe");
    while !said.contains("capabilities") && output.read(&mut byte).is_ok_and(|read| read == 1) {
        said.push(char::from(byte[0]));
    }
    let id = said
        .lines()
        .find_map(|line| line.trim().parse::<u32>().ok());
    let id = id.unwrap_or_else(|| panic!("no id in {said}"));
    let folder = std::path::PathBuf::from(format!("/proc/{id}"));
    assert!(folder.exists(), "it runs");
    shell.kill().expect("killed");
    shell.wait().expect("it ends");
    let until = Instant::now() + SOON;
    let ended = |folder: &std::path::Path| match std::fs::read_to_string(folder.join("stat")) {
        Ok(stat) => stat.contains(") Z"),
        Err(_) => true,
    };
    while !ended(&folder) {
        assert!(Instant::now() < until, "the server is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn requests_that_are_wrong_are_answered_and_the_server_goes_on() {
    let mut client = Client::start(&[("main.swb", WEB)]);
    client.open("main.swb", WEB);
    let id = client.begin("textDocument/nothing", json!({}));
    assert_eq!(
        client.answer(id)["error"]["code"],
        -32601,
        "method not found"
    );
    let id = client.begin("textDocument/hover", json!({ "textDocument": 5 }));
    assert_eq!(
        client.answer(id)["error"]["code"],
        -32602,
        "wrong parameters"
    );
    // beyond the text, beyond a line, in a file that is not there, of a text without a file
    for (uri, line, character) in [
        (client.uri("main.swb"), 4_000_000, 0),
        (client.uri("main.swb"), 0, 4_000_000),
        (client.uri("none.swb"), 0, 0),
        ("untitled:Untitled-1".to_string(), 0, 0),
    ] {
        for method in [
            "hover",
            "completion",
            "definition",
            "references",
            "prepareRename",
        ] {
            let id = client.begin(
                &format!("textDocument/{method}"),
                json!({
                    "textDocument": { "uri": uri },
                    "position": { "line": line, "character": character },
                    "context": { "includeDeclaration": true },
                }),
            );
            client.answer(id);
        }
    }
    // a change of a document that is not open, and one whose range goes backwards
    client.replace("other.swb", 2, "x");
    let change = json!([{ "range": {
        "start": { "line": 1, "character": 9 }, "end": { "line": 1, "character": 2 },
    }, "text": "capacity" }]);
    client.change("main.swb", 2, change);
    assert_eq!(
        client.held("main.swb"),
        "service web {\n  capacity 10/s\n}\n"
    );
}

#[test]
fn a_client_that_announces_nothing_is_served() {
    let mut client = Client::bare(&[("main.swb", "servce web {\n}\n")]);
    client.ask("initialize", json!({ "capabilities": {} }));
    client.tell("initialized", json!({}));
    client.open("main.swb", "servce web {\n}\n");
    let found = client.published("main.swb", Some(1));
    assert_eq!(found[0]["code"], "unknown-statement", "{found:?}");
    assert!(found[0].get("relatedInformation").is_none());
}

#[test]
fn a_file_that_is_deleted_or_large_costs_nothing_else() {
    let mut client = Client::start(&[("main.swb", WEB), ("b.swb", WEB)]);
    client.open("main.swb", WEB);
    client.published("main.swb", Some(1));
    std::fs::remove_file(client.folder.join("main.swb")).expect("removed");
    client.replace("main.swb", 2, "servce web {\n}\n");
    let found = client.published("main.swb", Some(2));
    assert!(!found.is_empty());
    let large = "# a line of a comment that is long\n".repeat(300_000);
    client.replace("main.swb", 3, &large);
    assert_eq!(client.published("main.swb", Some(3)).len(), 0);
    assert_eq!(client.held("main.swb").len(), large.len());
}
