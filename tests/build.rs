//! `switchback build` as a command: what it writes, what it leaves alone, and what it says.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Ran, root, run, switchback};

/// A copy of an example in a folder of its own.
struct Project {
    _room: tempfile::TempDir,
    folder: PathBuf,
}

impl Project {
    fn of(example: &str) -> Project {
        let room = tempfile::tempdir().expect("a folder");
        let folder = room.path().join("project");
        copy(&root().join("examples").join(example), &folder);
        Project {
            _room: room,
            folder,
        }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut all = vec!["build"];
        all.extend(args);
        run(&self.folder, &all)
    }

    fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}\n{}{}", ran.out, ran.err);
        ran.out
    }

    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).expect("the file is there");
        assert!(text.contains(from), "{file} holds {from}");
        fs::write(&path, text.replacen(from, to, 1)).expect("written");
    }

    fn files(&self, folder: &str) -> BTreeMap<String, String> {
        files(&self.folder.join(folder))
    }

    /// Nothing of a build that is under way, or was killed, lies beside the output.
    fn is_tidy(&self) -> bool {
        let mut entries = fs::read_dir(&self.folder).expect("a folder").flatten();
        !entries.any(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with(".switchback")
        })
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).expect("copied");
        }
    }
}

/// Every file below a folder with its text; none where there is no folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below").to_string_lossy();
            let text = fs::read_to_string(&path).expect("text");
            all.insert(name.into_owned(), text);
        }
    }
    all
}

const CORS: [&str; 4] = ["--target", "seoul", "--out", "out"];

#[test]
fn the_same_project_gives_the_same_bytes_wherever_it_lies() {
    let (one, two) = (Project::of("cloud-run-cors"), Project::of("cloud-run-cors"));
    one.ok(&CORS);
    two.ok(&CORS);
    let first = one.files("out");
    assert_eq!(first, two.files("out"));
    one.ok(&CORS);
    assert_eq!(first, one.files("out"), "twice into one folder");
    let here = one.folder.to_string_lossy();
    for (name, text) in &first {
        assert!(
            !text.contains(&*here),
            "{name} holds a path of this machine"
        );
    }
    assert!(one.is_tidy());
}

#[test]
fn a_target_is_asked_for_by_its_kind_too() {
    let project = Project::of("cloud-run-cors");
    project.ok(&["--target", "cloud-run", "--out", "out"]);
    assert!(
        project
            .files("out")
            .contains_key("20-rollout/10-deploy.yaml")
    );
}

#[test]
fn all_means_every_plan_on_every_target() {
    let project = Project::of("two-services");
    let said = project.ok(&["--target", "all", "--out", "out"]);
    let files = project.files("out");
    for plan in ["orders-6", "web-10"] {
        assert!(
            said.contains(&format!("built `{plan}` for `prod`")),
            "{said}"
        );
        assert!(
            files.contains_key(&format!("prod/{plan}/runbook.md")),
            "{said}"
        );
    }
    let one = project.run(&["--target", "prod", "--out", "out"]);
    assert_eq!(one.code, 2);
    assert!(one.err.contains("choose one with `--plan`"), "{}", one.err);
    project.ok(&["--target", "all", "--plan", "web-10", "--out", "out"]);
    let files = project.files("out");
    let stale = files.keys().find(|name| name.contains("orders-6"));
    assert_eq!(stale, None, "what an earlier build wrote is gone");
}

#[test]
fn what_cannot_be_built_yet_is_named_and_left_out_of_all() {
    let project = Project::of("cloud-run-cors");
    project.change(
        "storefront.swb",
        "on target seoul",
        "on target seoul, later",
    );
    let later = "target later { kind haproxy; gates by hand }\n";
    project.change("storefront.swb", "plan ", &format!("{later}plan "));
    let said = project.ok(&["--target", "all", "--out", "out"]);
    let left_out =
        "note: `allow-mobile-shop` for `later` is left out: files for HAProxy cannot be built yet";
    assert!(said.contains(left_out), "{said}");
    let files = project.files("out");
    assert!(
        files.keys().all(|name| !name.starts_with("later/")),
        "{files:#?}"
    );
    let asked = project.run(&["--target", "later", "--out", "other"]);
    assert_eq!(asked.code, 1);
    assert!(asked.out.contains("not yet"), "{}", asked.out);
    assert!(project.files("other").is_empty());
}

#[test]
fn check_says_whether_the_output_is_stale_and_which_input_changed() {
    let project = Project::of("cloud-run-cors");
    let none = project.run(&["--check", "--out", "out"]);
    assert_eq!(none.code, 1);
    assert_eq!(none.out, "`out` is stale: nothing was built there\n");
    project.ok(&CORS);
    let before = project.files("out");
    let check = || project.run(&["--check", "--out", "out"]);
    assert_eq!(check().out, "`out` is up to date\n");
    assert_eq!(check().code, 0);
    project.change(
        "platform.swb",
        "gates by pipeline",
        "gates by pipeline # a word",
    );
    let ran = check();
    assert_eq!(ran.code, 0);
    assert_eq!(
        ran.out,
        "`out` is up to date\n  changed without effect: platform.swb\n"
    );
    project.change("storefront.swb", "weight 25%", "weight 20%");
    let ran = check();
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.out,
        "`out` is stale\n  input changed: platform.swb\n  input changed: storefront.swb\n  \
         file changed: 20-rollout/21-ramp-1.yaml\n  file changed: github-actions.yml\n  file changed: pipeline.sh\n  file changed: runbook.md\nbuild again\n"
    );
    project.change(
        "deploy/service.yaml",
        "containerConcurrency: 80",
        "containerConcurrency: 60",
    );
    assert!(check().out.contains("input changed: deploy/service.yaml"));
    assert_eq!(project.files("out"), before, "a check writes nothing");
    project.change("storefront.swb", "weight 20%", "weight 99%");
    let ran = check();
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("cannot be built any more"), "{}", ran.out);
    assert!(
        ran.out.contains("input changed: storefront.swb"),
        "{}",
        ran.out
    );
}

#[test]
fn check_sees_what_was_changed_by_hand() {
    let project = Project::of("cloud-run-cors");
    project.ok(&CORS);
    fs::write(project.folder.join("out/runbook.md"), "mine").expect("written");
    fs::write(project.folder.join("out/notes.txt"), "mine").expect("written");
    fs::remove_file(project.folder.join("out/back/service.yaml")).expect("removed");
    let ran = project.run(&["--check", "--out", "out"]);
    assert_eq!(ran.code, 1);
    for line in [
        "no input has changed: the folder was changed by hand",
        "file missing: back/service.yaml",
        "file changed: runbook.md",
        "file not ours: notes.txt",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

#[test]
fn what_is_not_ours_is_refused_and_named_before_it_is_replaced() {
    let project = Project::of("cloud-run-cors");
    fs::create_dir(project.folder.join("out")).expect("a folder");
    fs::write(project.folder.join("out/letter.txt"), "dear").expect("written");
    let ran = project.run(&CORS);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("`letter.txt` is not ours"), "{}", ran.err);
    assert!(ran.err.contains("nothing was written"), "{}", ran.err);
    assert_eq!(project.files("out").len(), 1);
    let mut forced = CORS.to_vec();
    forced.push("--force");
    let ran = project.run(&forced);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("`letter.txt` is not ours"), "{}", ran.err);
    assert!(!project.files("out").contains_key("letter.txt"));
    fs::write(project.folder.join("out/runbook.md"), "mine").expect("written");
    let ran = project.run(&CORS);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("`runbook.md` was changed by hand"),
        "{}",
        ran.err
    );
}

/// `--force` with a mistyped folder must not cost the project.
#[test]
fn the_project_itself_is_no_output_folder() {
    let project = Project::of("cloud-run-cors");
    let before = project.files(".");
    for out in [".", "..", "deploy"] {
        let ran = project.run(&["--target", "seoul", "--out", out, "--force"]);
        assert_eq!(ran.code, 2, "{out}");
        assert!(
            ran.err.contains("nothing was written"),
            "{out}: {}",
            ran.err
        );
    }
    assert_eq!(project.files("."), before);
    let ran = project.run(&["--target", "seoul", "--out", "platform.swb"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is a file"), "{}", ran.err);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let project = Project::of("cloud-run-cors");
    // a file system where not even root makes a folder
    let out = "/proc/switchback-out";
    let ran = project.run(&["--target", "seoul", "--out", out]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    let said = format!("`{out}` cannot be written");
    assert!(ran.err.contains(&said), "{}", ran.err);
    let below = "platform.swb/out";
    let ran = project.run(&["--target", "seoul", "--out", below]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

/// A run that is killed at any moment leaves the folder as it was before, or as it is after.
#[test]
fn a_run_that_is_killed_leaves_nothing_half_written() {
    let project = Project::of("two-services");
    let args = |plan| ["build", "--target", "prod", "--plan", plan, "--out", "out"];
    let states = ["orders-6", "web-10"].map(|plan| {
        project.ok(&args(plan)[1..]);
        project.files("out")
    });
    assert_ne!(states[0], states[1]);
    let mut killed = 0;
    for round in 0..60_u64 {
        let plan = ["orders-6", "web-10"][(round % 2) as usize];
        let mut child = switchback(&project.folder)
            .args(args(plan))
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_micros(500 * round));
        let over = child.try_wait().expect("a child").is_some();
        killed += u64::from(!over);
        let _ = child.kill();
        let _ = child.wait();
        let now = project.files("out");
        assert!(states.contains(&now), "round {round}: {:#?}", now.keys());
    }
    assert!(killed > 5, "runs were killed: {killed}");
    project.ok(&args("web-10")[1..]);
    assert_eq!(project.files("out"), states[1]);
    assert!(project.is_tidy(), "what they left behind is gone");
}

/// A link to a folder stays a link.
#[cfg(unix)]
#[test]
fn a_link_is_followed() {
    let project = Project::of("cloud-run-cors");
    fs::create_dir(project.folder.join("place")).expect("a folder");
    std::os::unix::fs::symlink("place", project.folder.join("out")).expect("a link");
    project.ok(&CORS);
    assert!(project.folder.join("out").is_symlink());
    assert!(project.folder.join("place/runbook.md").is_file());
}

#[test]
fn standalone_writes_whole_documents() {
    let project = Project::of("two-services");
    let route = |args: &[&str]| {
        let mut all = vec!["--target", "prod", "--plan", "orders-6", "--out", "out"];
        all.extend(args);
        project.ok(&all);
        let text = &project.files("out")["20-rollout/20-canary-1/40-route.yaml"];
        let document: serde_json::Value = serde_saphyr::from_str(text).expect("YAML");
        document["spec"].as_object().expect("a map").clone()
    };
    let patch = route(&[]);
    assert_eq!(patch.keys().collect::<Vec<_>>(), ["rules"]);
    let whole = route(&["--standalone"]);
    assert!(whole.contains_key("parentRefs"));
    assert_eq!(whole["rules"], patch["rules"]);
    let check = project.run(&["--check", "--out", "out"]);
    assert_eq!(check.code, 0, "the form is known: {}", check.out);
}
