//! Pipelines as programs: read by ShellCheck and by the schema of GitHub's workflows, stopped, killed
//! and gone on with.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use switchback::emit::build;
use switchback::model::{Overrides, load};
use switchback::source::{MemoryLoader, SourceMap};

/// A plan of three legs on a proxy, built, in a folder with programs that only write down what they
/// are asked for.
struct Pipeline {
    folder: tempfile::TempDir,
}

impl Pipeline {
    fn new(edges: &str) -> Pipeline {
        Pipeline::of(&format!(
            "weight 5% -> 25%; hold 10m; watch errors; {edges}"
        ))
    }

    /// With these statements in its first step.
    fn of(step: &str) -> Pipeline {
        let text = format!(
            "provider prometheus {{ address \"http://prometheus:9090\"; scrape 15s; secret \"prom-token\" }}\n\
             service web {{\n  version 1 {{ image \"r.example/x@sha256:aa\" }}\n  version 2 {{ image \"r.example/x@sha256:bb\" }}\n}}\n\
             gate errors {{\n  query \"sum(rate(e{{v=\\\"$version\\\"}}[1m]))\"\n  kind rate\n  expect value < 5\n  every 1m for 3m\n}}\n\
             target edge {{ kind envoy; gates by pipeline; listen \"0.0.0.0:8080\"; upstream 1 \"a:1\"; upstream 2 \"b:1\" }}\n\
             plan web-2 {{\n  roll web from 1 to 2\n  on target edge\n  step canary {{ {step} }}\n  step all {{ weight 100%; hold 1s }}\n}}\n"
        );
        let loader = MemoryLoader::new().with("plan.swb", text.as_str());
        let files = [PathBuf::from("plan.swb")];
        let mut project = load(&loader, SourceMap::new(), Path::new(""), &files);
        let (model, findings) = project.build(&loader, &Overrides::default());
        let said: Vec<_> = project.findings.iter().chain(&findings).collect();
        assert!(said.is_empty(), "{said:#?}");
        let output = build(&model, &project.sources, &model.plans[0], &model.targets[0])
            .unwrap_or_else(|found| panic!("{found:#?}"));
        let folder = tempfile::tempdir().expect("a folder");
        let pipeline = Pipeline { folder };
        for file in &output.files {
            pipeline.write(&file.path, &file.text, false);
        }
        pipeline.write("apply.sh", "echo \"apply $*\" >>\"$LOG\"\n", false);
        pipeline.write("bin/curl", "#!/bin/sh\n", true);
        pipeline.write(
            "bin/switchback",
            "#!/bin/sh\ncase \"$*\" in *--help* | *--dry-run*) exit 0 ;; esac\necho \"$*\" >>\"$LOG\"\n[ \"$4\" != \"${FAIL_AT-}\" ] || exit 2\n[ \"$4\" != \"${STAY_AT-}\" ] || exec sleep 30\n",
            true,
        );
        pipeline
    }

    fn write(&self, path: &str, text: &str, executable: bool) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("written");
        let mode = if executable { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn start(&self, args: &[&str], env: &[(&str, &str)]) -> Child {
        let bin = self.folder.path().join("bin");
        let path = format!(
            "{}:{}",
            bin.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        // a shell cannot trap a signal that was ignored when it began, as behind `nohup`
        Command::new("env")
            .args(["--default-signal=HUP,INT,TERM", "sh"])
            .arg(self.folder.path().join("pipeline.sh"))
            .args(args)
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("LOG", self.folder.path().join("log"))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh starts")
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
        let output = self.start(args, env).wait_with_output().expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// What was asked for since the last time.
    fn log(&self) -> String {
        let path = self.folder.path().join("log");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(&path);
        text
    }

    /// Waits until that stands in the log.
    fn wait_for(&self, text: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        let path = self.folder.path().join("log");
        while !std::fs::read_to_string(&path)
            .unwrap_or_default()
            .contains(text)
        {
            assert!(Instant::now() < until, "{text} does not come");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
}

#[test]
fn it_walks_forward_and_goes_back_when_a_gate_does_not_pass() {
    let pipeline = Pipeline::new("");
    let (code, said) = pipeline.run(&[], &[]);
    assert_eq!(code, Some(0), "{said}");
    let log = pipeline.log();
    let applied: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("20-rollout"))
        .collect();
    assert_eq!(applied.len(), 4, "{log}");
    assert!(applied.is_sorted(), "{log}");
    assert_eq!(log.matches("judge web-2 --leg").count(), 2, "{log}");
    let (code, said) = pipeline.run(&[], &[("FAIL_AT", "2")]);
    assert_eq!(code, Some(1), "{said}");
    assert!(pipeline.log().trim_end().ends_with("/back"), "{said}");
    let (_, said) = pipeline.run(&["--status"], &[]);
    assert!(said.contains("not under way"), "{said}");
}

#[test]
fn one_that_is_told_to_stop_goes_back_at_once() {
    let pipeline = Pipeline::new("");
    for name in ["-TERM", "-HUP"] {
        let child = pipeline.start(&[], &[("STAY_AT", "1")]);
        pipeline.wait_for("--leg 1");
        let begun = Instant::now();
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
        assert!(pipeline.log().trim_end().ends_with("/back"), "{name}");
    }
}

#[test]
fn one_that_was_killed_goes_on_or_is_taken_back() {
    let pipeline = Pipeline::new("");
    let killed = || {
        let mut child = pipeline.start(&[], &[("STAY_AT", "2")]);
        pipeline.wait_for("--leg 2");
        signal(&child, "-KILL");
        let _ = child.wait();
        pipeline.log()
    };
    let log = killed();
    let since = |log: &str| {
        let line = log
            .lines()
            .find(|line| line.contains("--leg 2"))
            .expect("judged");
        let behind = line.split("--since ").nth(1).expect("a time");
        behind.split(' ').next().unwrap_or("").to_string()
    };
    let (_, said) = pipeline.run(&["--status"], &[]);
    assert!(said.contains("at leg 2"), "{said}");
    // a single leg or a start elsewhere does not disturb it; the walk goes on where it was
    let (code, said) = pipeline.run(&[], &[]);
    assert_eq!(code, Some(0), "{said}");
    let rest = pipeline.log();
    assert!(
        !rest.contains("--leg 1") && !rest.contains("10-start"),
        "{rest}"
    );
    assert!(!rest.contains("canary-2"), "the leg stands: {rest}");
    assert_eq!(since(&rest), since(&log), "judged from when it had changed");
    killed();
    let (code, said) = pipeline.run(&["--back"], &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(pipeline.log().trim_end().ends_with("/back"), "{said}");
    let (_, said) = pipeline.run(&["--status"], &[]);
    assert!(said.contains("not under way"), "{said}");
}

#[test]
fn two_at_once_and_a_newer_build_are_refused() {
    let pipeline = Pipeline::new("");
    let mut child = pipeline.start(&[], &[("STAY_AT", "1")]);
    pipeline.wait_for("--leg 1");
    pipeline.log();
    let (code, said) = pipeline.run(&[], &[]);
    assert!(
        code == Some(2) && said.contains("another pipeline"),
        "{said}"
    );
    signal(&child, "-KILL");
    let _ = child.wait();
    pipeline.log();
    let path = pipeline.folder.path().join("pipeline.sh");
    let text = std::fs::read_to_string(&path).expect("read");
    std::fs::write(&path, text + "# newer\n").expect("written");
    let (code, said) = pipeline.run(&[], &[]);
    assert!(code == Some(2) && said.contains("another build"), "{said}");
    assert_eq!(pipeline.log(), "", "nothing was touched");
    let (code, said) = pipeline.run(&["--leg", "9"], &[]);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
#[ignore = "needs shellcheck and check-jsonschema"]
fn shellcheck_and_githubs_schema_accept_what_is_written() {
    let pipeline = Pipeline::of(
        "approve by \"shop owners\"; weight 5%; run \"smoke\" command \"echo it's; rm -rf $HOME\"; hold 10m; watch errors",
    );
    let path = pipeline.folder.path().join("pipeline.sh");
    let workflow = pipeline.folder.path().join("github-actions.yml");
    let checker =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/engines/pipelines/bin/check-jsonschema");
    let mut shellcheck = Command::new("shellcheck");
    let mut schema = Command::new(checker);
    for command in [
        shellcheck
            .args(["--shell", "sh", "--severity", "warning"])
            .arg(&path),
        schema
            .args(["--builtin-schema", "vendor.github-workflows"])
            .arg(&workflow),
    ] {
        let output = command
            .output()
            .expect("it runs; `./tests/run` installs it");
        let said = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&said),
            std::fs::read_to_string(&path).unwrap_or_default()
        );
    }
    let text = std::fs::read_to_string(&workflow).expect("read");
    assert!(text.contains("environment: 'shop owners'"), "{text}");
    assert!(
        text.contains("PROM_TOKEN: ${{ secrets.PROM_TOKEN }}"),
        "{text}"
    );
}
