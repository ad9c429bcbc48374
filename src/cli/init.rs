//! `switchback init`: a first plan for what already runs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Findings, Severity};
use crate::source::{DiskLoader, FileId, LineIndex, Loader, Span};
use crate::syntax::format;
use crate::workload::{self, Manifests, Workload};

use super::args::InitArgs;
use super::{exit, find, output};

pub(super) fn run(args: &InitArgs) -> Result<u8, String> {
    let shown = args.manifest.display().to_string();
    let text = DiskLoader
        .read(&args.manifest)
        .map_err(|error| format!("`{shown}` cannot be read: {}", error.reason()))?;
    let mut findings = Findings::new();
    let manifests = workload::read(FileId(0), &text, &mut findings);
    let workload = chosen(args, &shown, &text, &manifests, &findings)?;
    let name = plan_name(workload.name());
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}.swb")));
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(format!(
            "`{}` cannot be written: there is no folder `{}`",
            out.display(),
            folder.display()
        ));
    }
    let path = relative(&args.manifest, folder)?;
    // a file with several workloads is searched for one of the service's name
    let named =
        (manifests.running().count() > 1 && name != workload.name()).then(|| workload.name());
    let plan = first_plan(&name, &path, named, workload);
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

/// The workload that the plan is written for: of several the one that is named. One that could not
/// be read as it stands, or runs nothing, gives no plan.
fn chosen<'a>(
    args: &InitArgs,
    shown: &str,
    text: &str,
    manifests: &'a Manifests,
    findings: &Findings,
) -> Result<&'a Workload, String> {
    let index = LineIndex::new(text);
    let wrong_in = |span: Option<Span>| {
        let mut errors = findings
            .iter()
            .filter(|found| found.severity == Severity::Error)
            .filter(|found| {
                span.is_none_or(|span| {
                    span.start <= found.span().start && found.span().start <= span.end
                })
            });
        let found = errors.next()?;
        let place = index.line_col(text, found.span().start);
        let help = found.help.as_ref().map(|help| format!("; {help}"));
        Some(format!(
            "`{shown}` gives no plan: line {}, column {}: {}{}",
            place.line,
            place.column,
            found.message,
            help.unwrap_or_default()
        ))
    };
    let running: Vec<&Workload> = manifests.running().collect();
    let list = |workloads: &[&Workload]| {
        let lines = workloads.iter().take(20).map(|workload| {
            let line = index.line_col(text, workload.kind_span.start).line;
            format!(
                "  {} ({}, line {line})",
                workload.name(),
                workload.kind.word()
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let workload = match (running.as_slice(), &args.workload) {
        ([], _) => {
            return Err(wrong_in(None).unwrap_or_else(|| {
                let held = manifests.kinds_in_words();
                let held = held.map_or("no manifest".to_string(), |kinds| {
                    format!("{kinds}, which runs no version of a service")
                });
                format!(
                    "`{shown}` gives no plan: it holds {held}; name a file with {}",
                    workload::WORKLOAD_KINDS
                )
            }));
        }
        (all, Some(name)) => all.iter().find(|one| one.name() == name).ok_or_else(|| {
            format!(
                "`{shown}` holds no workload `{name}`; it holds\n{}",
                list(all)
            )
        })?,
        ([only], None) => only,
        (several, None) => {
            let first = several.first().map_or("", |first| first.name());
            return Err(format!(
                "`{shown}` holds {} workloads, and a plan is written for one of them:\n{}\nchoose it: `switchback init {shown} --workload {first}`",
                several.len(),
                list(several)
            ));
        }
    };
    match wrong_in(Some(workload.span)) {
        Some(wrong) => Err(wrong),
        None => Ok(workload),
    }
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

fn first_plan(name: &str, path: &str, named: Option<&str>, workload: &Workload) -> String {
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
         service {name} {{\n  workload {}{}\n",
        quoted(path),
        named.map_or(String::new(), |named| format!(" named {named}"))
    );
    match image {
        Some(image) => {
            let _ = writeln!(
                out,
                "\n  # what runs now: going back needs its digest. Where the manifest already names the next\n  # image, put here what runs: two versions of one image are no rollout\n  version stable {{ image {} }}",
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
