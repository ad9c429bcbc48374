//! What cannot be judged is said before anything is waited for, and secrets are never told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

fn judge(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_switchback-judge"))
        .args(args)
        .env_remove("SWITCHBACK_PROMETHEUS")
        .env_remove("SSL_CERT_FILE")
        .envs(env.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stdout));
    (output.status.code().unwrap_or(-1), said)
}

fn plan(folder: &Path, provider: &str, gate: &str, hold: &str) {
    let text = format!(
        "provider prometheus {{ {provider} }}\n\
         service web {{\n  version 1 {{ image \"r.example/x@sha256:aa\" }}\n  version 2 {{ image \"r.example/x@sha256:bb\" }}\n}}\n\
         gate errors {{\n  {gate}\n  every 1s for 3s\n}}\n\
         plan web-2 {{\n  roll web from 1 to 2\n  step canary {{ weight 1% -> 5%; hold {hold}; watch errors }}\n  step all {{ weight 100%; hold {hold} }}\n}}\n"
    );
    std::fs::write(folder.join("main.swb"), text).expect("written");
}

const ADDRESS: &str = "address \"http://127.0.0.1:9\"; scrape 1s";
const GATE: &str = "query \"sum(rate(a{v=\\\"$version\\\"}[1s]))\"; kind rate; expect value < 1";

#[test]
fn what_cannot_be_judged_is_said_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let says = |args: &[&str], wanted: &str| {
        let (code, said) = judge(folder, args, &[]);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
    };
    plan(folder, ADDRESS, GATE, "10s");
    let dry = ["web-2", "--dry-run", "--leg"];
    let leg = |leg: &'static str| [&dry[..], &[leg]].concat();
    says(&leg("canary"), "`canary/1` to `canary/2`");
    says(&leg("canary/3"), "no leg `3`");
    says(&leg("9"), "has 1 to 3");
    says(&leg("canarry/1"), "did you mean `canary`?");
    says(&["web-3", "--leg", "1"], "did you mean `web-2`?");
    says(
        &[&leg("1")[..], &["--target", "x"]].concat(),
        "no target `x`",
    );
    says(
        &[&leg("1")[..], &["--service", "x"]].concat(),
        "rolls `web`",
    );
    says(
        &[&leg("1")[..], &["--since", "99999999999"]].concat(),
        "still to come",
    );
    let (code, said) = judge(folder, &leg("canary/2"), &[]);
    assert_eq!(code, 0, "{said}");
    plan(folder, ADDRESS, GATE, "4s");
    says(&leg("1"), "`hold 5s` in step `canary`");
    plan(folder, "scrape 1s", GATE, "10s");
    says(&leg("1"), "address");
    let compared =
        "query \"sum(rate(a{v=\\\"$version\\\"}[1s]))\"; kind rate; expect value < 2 * baseline";
    plan(folder, ADDRESS, compared, "10s");
    says(&leg("1"), "share of counts");
    plan(
        folder,
        "address \"http://me:hunter2@127.0.0.1:9\"",
        GATE,
        "10s",
    );
    let (code, said) = judge(folder, &leg("1"), &[]);
    assert!(code == 2 && said.contains("holds credentials"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

/// A provider that answers one request with `status` and tells what it was sent.
fn provider(status: &'static str, body: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (send, told) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            if send.send(head).is_err() {
                return;
            }
        }
    });
    (url, told)
}

#[test]
fn a_token_is_sent_and_never_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let secret = format!("{ADDRESS}; secret \"prom-token\"");
    plan(folder, &secret, GATE, "5s");
    let (code, said) = judge(folder, &["web-2", "--leg", "1"], &[]);
    assert!(
        code == 2 && said.contains("`PROM_TOKEN` holds none"),
        "{said}"
    );
    let answers = [
        (
            "200 OK",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"0.5\"]}}",
            0,
            "pass",
        ),
        (
            "200 OK",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"NaN\"]}}",
            2,
            "NaN",
        ),
        (
            "401 Unauthorized",
            "tok-3cr3t",
            2,
            "refuses the credentials",
        ),
        (
            "302 Found\r\nLocation: http://127.0.0.1:9/",
            "",
            2,
            "sends elsewhere",
        ),
        ("200 OK", "<html>", 2, "does not speak"),
    ];
    for (status, body, wanted, what) in answers {
        let (url, told) = provider(status, body);
        let args = ["web-2", "--leg", "1", "--address", &url];
        let (code, said) = judge(folder, &args, &[("PROM_TOKEN", "tok-3cr3t")]);
        assert_eq!(code, wanted, "{status}: {said}");
        assert!(said.contains(what), "{status}: {said}");
        assert!(!said.contains("tok-3cr3t"), "{said}");
        let head = told.recv().expect("asked");
        assert!(
            head.to_lowercase()
                .contains("authorization: bearer tok-3cr3t"),
            "{head}"
        );
    }
}
