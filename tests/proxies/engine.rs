//! The real programs, started with what `build` wrote.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use switchback::emit::Output;

use super::http::{Backend, free_port};

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Envoy,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Nginx => "nginx",
            Kind::Envoy => "envoy",
        }
    }

    fn program(self) -> PathBuf {
        let own = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&own).collect();
        folders.push("/usr/sbin".into());
        if self == Kind::Envoy {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/engines/envoy/lib");
            let pythons = std::fs::read_dir(root).into_iter().flatten().flatten();
            folders.extend(pythons.map(|entry| entry.path().join("site-packages/envoy/_bin")));
        }
        folders
            .iter()
            .map(|folder| folder.join(self.word()))
            .find(|path| path.is_file())
            .unwrap_or_else(|| panic!("there is no {}; ./tests/run installs it", self.word()))
    }
}

/// A proxy in front of two servers.
pub struct Proxy {
    pub kind: Kind,
    pub address: SocketAddr,
    pub old: Backend,
    pub new: Backend,
    /// Whether requests are taken by a server block that `build` did not write.
    pub own_server: bool,
    /// Whether a pipeline walks.
    pub pipeline: bool,
    folder: tempfile::TempDir,
    admin: u16,
    child: Option<Child>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // NGINX's workers end with their master only when it is asked to end
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

impl Proxy {
    pub fn new(kind: Kind) -> Proxy {
        let port = free_port();
        Proxy {
            kind,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            old: Backend::start("old"),
            new: Backend::start("new"),
            own_server: false,
            pipeline: false,
            folder: tempfile::tempdir().expect("a folder"),
            admin: free_port(),
            child: None,
        }
    }

    /// The target of a plan that rolls from 1 to 2.
    pub fn target(&self) -> String {
        let listen = match self.own_server {
            true => String::new(),
            false => format!("listen \"{}\"; ", self.address),
        };
        let judge = if self.pipeline { "pipeline" } else { "hand" };
        format!(
            "target edge {{\n  kind {}\n  gates by {judge}\n  {listen}admin \"127.0.0.1:{}\"\n  folder \"{}\"\n  \
             upstream 1 \"{}\"\n  upstream 2 \"{}\"\n}}\n",
            self.kind.word(),
            self.admin,
            self.live().display(),
            self.old.address,
            self.new.address,
        )
    }

    fn live(&self) -> PathBuf {
        self.folder.path().join("live")
    }

    fn built(&self) -> PathBuf {
        self.folder.path().join("built")
    }

    /// Writes the files, starts the program, and has it take the first of them over.
    pub fn start(&mut self, output: &Output) {
        std::fs::create_dir_all(self.live()).expect("a folder");
        self.write(output);
        let mut command = match self.kind {
            Kind::Nginx => self.nginx(),
            Kind::Envoy => self.envoy(),
        };
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a file");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        self.child = Some(child);
        let deadline = Instant::now() + Duration::from_secs(20);
        let up = || match self.kind {
            Kind::Nginx => self.folder.path().join("pid").is_file(),
            Kind::Envoy => std::net::TcpStream::connect(self.address).is_ok(),
        };
        while !up() {
            assert!(Instant::now() < deadline, "{:?}: {}", self.kind, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.apply("20-rollout/10-start");
        if self.own_server {
            let text = format!(
                "server {{ listen {}; include {}/locations.conf; }}\n",
                self.address,
                self.built().display()
            );
            std::fs::write(self.live().join("own.conf"), text).expect("a file");
            self.apply("20-rollout/10-start");
        }
    }

    /// Runs the pipeline with judges of its own: the leg that fails, if one does. Its exit code and
    /// what it said.
    pub fn walk(&self, fails: Option<usize>) -> (Option<i32>, String) {
        let bin = self.folder.path().join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        let judge = "#!/bin/sh\ncase \"$*\" in *--help* | *--dry-run*) exit 0 ;; esac\n[ \"$4\" != \"$FAILS\" ]\n";
        let program = bin.join("switchback");
        std::fs::write(&program, judge).expect("a file");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("a mode");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .arg(self.built().join("pipeline.sh"))
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("SWITCHBACK_STATE", self.folder.path().join("state"))
            .env("FAILS", fails.map_or(String::new(), |leg| leg.to_string()));
        self.say_how(&mut command);
        let out = command.output().expect("sh runs");
        let said = [out.stdout, out.stderr].concat();
        (out.status.code(), String::from_utf8_lossy(&said).into())
    }

    /// How the program is started, for the scripts.
    fn say_how(&self, command: &mut Command) {
        if self.kind == Kind::Nginx {
            let folder = self.folder.path().display();
            let program = Kind::Nginx.program();
            let words = format!("{} -p {folder} -c nginx.conf", program.display());
            command.env("NGINX", words);
        }
    }

    fn write(&self, output: &Output) {
        for file in &output.files {
            let path = self.built().join(&file.path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(&path, &file.text).expect("a file");
        }
    }

    fn nginx(&self) -> Command {
        let folder = self.folder.path();
        let text = format!(
            "daemon off;\npid {0}/pid;\nerror_log stderr warn;\nworker_processes 2;\n\
             events {{ worker_connections 1024; }}\n\
             http {{\n  access_log off;\n  include {0}/live/*.conf;\n}}\n",
            folder.display()
        );
        std::fs::write(folder.join("nginx.conf"), text).expect("a file");
        let mut command = Command::new(Kind::Nginx.program());
        command.arg("-p").arg(folder).arg("-c").arg("nginx.conf");
        command
    }

    fn envoy(&self) -> Command {
        for file in ["clusters.yaml", "routes.yaml"] {
            let from = self.built().join("20-rollout/10-start").join(file);
            std::fs::copy(from, self.live().join(file)).expect("a file");
        }
        let mut command = Command::new(Kind::Envoy.program());
        command
            .arg("-c")
            .arg(self.built().join("bootstrap.yaml"))
            .args(["-l", "warning", "--concurrency", "2", "--base-id"])
            .arg((self.admin % 30_000).to_string());
        command
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Applies a leg as a person would.
    pub fn try_apply(&self, leg: &str) -> Result<(), String> {
        let mut command = Command::new("sh");
        command.arg("apply.sh").arg(leg).current_dir(self.built());
        self.say_how(&mut command);
        let out = command.output().expect("sh runs");
        if out.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&out.stderr);
        Err(format!("{}: {said}{}", out.status, self.log()))
    }

    pub fn apply(&self, leg: &str) {
        if let Err(said) = self.try_apply(leg) {
            panic!("{:?} {leg}: {said}", self.kind);
        }
    }

    /// Puts other text into a leg's file.
    pub fn spoil(&self, leg: &str, file: &str, change: impl Fn(&str) -> String) {
        let path = self.built().join(leg).join(file);
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::write(&path, change(&text)).expect("a file");
    }

    /// Sends Envoy a value that stands above its files.
    pub fn overrule(&self, key: &str, value: u64) {
        let url = format!(
            "http://127.0.0.1:{}/runtime_modify?{key}={value}",
            self.admin
        );
        let out = Command::new("curl")
            .args(["-fsS", "-X", "POST", &url])
            .output()
            .expect("curl runs");
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
}
