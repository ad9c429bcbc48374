//! `switchback init`: a first plan for what already runs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Findings, Severity};
use crate::source::{DiskLoader, FileId, Loader};
use crate::syntax::format;
use crate::workload::{self, Workload};

use super::args::InitArgs;
use super::{exit, find, output};

pub(super) fn run(args: &InitArgs) -> Result<u8, String> {
    let shown = args.manifest.display().to_string();
    let text = DiskLoader
        .read(&args.manifest)
        .map_err(|error| format!("`{shown}` cannot be read: {}", error.reason()))?;
    let mut findings = Findings::new();
    let manifests = workload::read(FileId(0), &text, &mut findings);
    let workload = manifests.running().next().ok_or_else(|| {
        let why = findings
            .iter()
            .find(|found| found.severity == Severity::Error);
        let why = why.map_or(
            "it holds no Deployment, StatefulSet, Rollout, or Knative or Cloud Run Service"
                .to_string(),
            |found| found.message.clone(),
        );
        format!("`{shown}` gives no plan: {why}")
    })?;
    let name = plan_name(workload.name());
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}.swb")));
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let path = relative(&args.manifest, folder)?;
    let plan = first_plan(&name, &path, workload);
    // a plan that begins as `fmt` would have it stays free of changes that nobody made
    let plan = format(FileId(0), &plan).unwrap_or(plan);
    // never over a file that is there
    let mut file = std::fs::File::create_new(&out).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!(
                "`{}` is already there; name another file with `--out`",
                out.display()
            )
        }
        _ => format!("`{}` cannot be written: {error}", out.display()),
    })?;
    file.write_all(plan.as_bytes())
        .map_err(|error| format!("`{}` cannot be written: {error}", out.display()))?;
    output::print(&format!(
        "wrote {}\n\nnext:\n  switchback check {}\n  switchback show {name} {}\n",
        out.display(),
        out.display(),
        out.display()
    ));
    Ok(exit::CLEAN)
}

/// A name that the language takes as a bare word.
fn plan_name(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let clean = clean.trim_matches('-').to_string();
    if clean.is_empty() {
        "service".to_string()
    } else {
        clean
    }
}

/// The manifest's path as the plan file must write it.
fn relative(manifest: &Path, folder: &Path) -> Result<String, String> {
    let real = |path: &Path| {
        std::fs::canonicalize(path)
            .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
    };
    let (manifest, folder) = (real(manifest)?, real(folder)?);
    let mut up = 0;
    let mut at = folder.as_path();
    while !manifest.starts_with(at) {
        up += 1;
        at = at
            .parent()
            .ok_or_else(|| format!("`{}` lies elsewhere", find::base().display()))?;
    }
    let below = manifest
        .strip_prefix(at)
        .map_err(|error| error.to_string())?;
    Ok(format!(
        "{}{}",
        "../".repeat(up),
        below.to_string_lossy().replace('\\', "/")
    ))
}

fn first_plan(name: &str, path: &str, workload: &Workload) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let image = workload
        .pod
        .as_ref()
        .and_then(|pod| pod.main_container())
        .and_then(|container| container.image.as_ref());
    let mut out = String::new();
    let _ = write!(
        out,
        "provider prometheus {{ address \"http://prometheus.monitoring:9090\"; scrape 15s; delay 30s }}\n\n\
         ## the share of answers that are errors; put in the names of your own metrics\n\
         gate errors {{\n  \
           query \"\"\"\n    \
             (sum(rate(http_requests_total{{app=\"$service\", version=\"$version\", code=~\"5..\"}}[2m])) or vector(0))\n      \
               / sum(rate(http_requests_total{{app=\"$service\", version=\"$version\"}}[2m]))\n  \
           \"\"\"\n  \
           kind proportion\n  expect value < 1%\n  every 1m for 10m\n  tolerate 1 failure\n}}\n\n\
         service {name} {{\n  workload {}\n",
        quoted(path)
    );
    match image {
        Some(image) => {
            let _ = writeln!(
                out,
                "\n  # what runs now: going back needs its digest\n  version stable {{ image {} }}",
                quoted(&image.value)
            );
        }
        None => {
            let _ = writeln!(
                out,
                "\n  # what runs now: going back needs its image, by digest\n  version stable"
            );
        }
    }
    let _ = write!(
        out,
        "\n  # what comes next: the manifest's image, or `--set {name}.next.image=...`\n  version next\n}}\n\n"
    );
    let canary = !matches!(workload.kind, workload::WorkloadKind::StatefulSet);
    let steps = if canary {
        "  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n  }\n  step ramp {\n    weight 25% -> 50%\n    hold 30m\n    watch errors\n  }\n  step full {\n    weight 100%\n    hold 1h\n    watch errors\n  }\n"
    } else {
        "  step replace {\n    rolling\n    hold 30m\n    watch errors\n  }\n"
    };
    let _ = write!(
        out,
        "plan {name} {{\n  roll {name} from stable to next\n\n{steps}\n  rollback within 5m\n}}\n"
    );
    out
}
