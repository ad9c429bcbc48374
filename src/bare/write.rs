//! The plan that manifests and migrations describe by themselves, as text, and where each line of it
//! comes from.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::diagnostic::Findings;
use crate::schema::Engine;
use crate::source::{FileId, Span};
use crate::workload::{self, Workload};

use super::Scope;
use super::steps::{self, Step};
use super::survey::{ManifestFile, MigrationFolder, Survey};

/// Where a line of the derived plan comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The file.
    pub path: PathBuf,
    /// The bytes of it.
    pub range: Range<usize>,
}

/// The text of a plan that nobody wrote.
#[derive(Debug, Default)]
pub(super) struct Derived {
    /// The text.
    pub text: String,
    /// The lines of it with their origins, in the order of the text.
    origins: Vec<(Range<usize>, Origin)>,
    /// What was assumed, and where.
    pub assumed: Vec<(String, Origin)>,
    /// Databases by name whose new migrations nothing runs before, with the place of the first new one.
    pub not_run: BTreeMap<String, usize>,
}

impl Derived {
    /// Where the text at `at` comes from: the line that holds it, else the last one before it.
    pub fn origin(&self, at: usize) -> Option<&Origin> {
        let behind = self.origins.partition_point(|(range, _)| range.start <= at);
        let near = behind.checked_sub(1).or(Some(0))?;
        self.origins.get(near).map(|(_, origin)| origin)
    }

    fn line(&mut self, text: &str, origin: &Origin) {
        let start = self.text.len();
        self.text.push_str(text);
        self.text.push('\n');
        self.origins.push((start..self.text.len(), origin.clone()));
    }
}

/// The version that runs before the rollout, whatever it is.
const CURRENT: &str = "current";
/// The version that the manifests describe.
const NEXT: &str = "next";
/// The server that SQL is judged for where nothing says which one runs.
const POSTGRES: &str = "engine postgres 15";

/// Where more workloads than these stand beside a folder of migrations, nothing says which of them use
/// the database: one version that stands for all of them is judged. Each of them would ask the same of
/// the whole schema, so that the work would grow with workloads times tables.
const MOST_CLIENTS: usize = 32;

/// A workload with the names that the plan gives it.
struct Unit<'a> {
    file: &'a ManifestFile,
    workload: &'a Workload,
    name: String,
    steps: Vec<Step>,
}

/// A folder of migrations with the names that the plan gives it.
struct Store<'a> {
    folder: &'a MigrationFolder,
    name: String,
    /// The migration before the first new one, and the newest.
    moves: Option<(String, String)>,
    /// The place of the first new migration in its folder.
    first_new: usize,
}

/// Writes the plan.
pub(super) fn plan(scope: &Scope, survey: &Survey) -> Derived {
    let mut names = BTreeSet::new();
    let units = units(survey, &mut names);
    let stores = stores(scope, survey, &mut names);
    let mut out = Derived::default();
    let uses = uses(&units, &stores);
    for (store, users) in stores.iter().zip(&uses.of_store) {
        database(&mut out, scope, store);
        if store.moves.is_none() {
            out.not_run.insert(store.name.clone(), store.first_new);
        }
        if users.is_empty() {
            nobody(&mut out, store, &mut names);
        }
    }
    for (unit, own) in units.iter().zip(&uses.of_unit) {
        let own: Vec<&Store<'_>> = own.iter().map(|&store| &stores[store]).collect();
        service(&mut out, scope, unit, &own);
        rollout(&mut out, unit);
    }
    for store in &stores {
        migration(&mut out, scope, store);
    }
    releases(&mut out, &units, &stores, &uses);
    for (file, _) in survey.files().into_iter().filter(|(_, patch)| *patch) {
        let folder = file.path.parent().unwrap_or(Path::new(""));
        let folder = relative(scope, folder);
        out.assumed.push((
            format!(
                "a patch is not judged by itself: `kustomize build {folder} | switchback check -` judges what it makes"
            ),
            whole(&file.path),
        ));
    }
    // a service that names it gives the finding that says why it cannot be read; of a folder of
    // templates one is enough
    let mut folders = BTreeSet::new();
    for path in survey
        .unread
        .iter()
        .filter(|path| folders.insert(path.parent()))
    {
        let name = unique("unread", &mut names);
        let origin = whole(path);
        out.line(&format!("service {name} {{"), &origin);
        let path = quoted(&relative(scope, path));
        out.line(&format!("  workload {path}"), &origin);
        out.line("}\n", &origin);
    }
    out
}

fn units<'a>(survey: &'a Survey, names: &mut BTreeSet<String>) -> Vec<Unit<'a>> {
    let mut seen: BTreeSet<(&Path, &str)> = BTreeSet::new();
    let mut units = Vec::new();
    let canaries = steps::canaries(survey);
    for (file, _) in survey.files().into_iter().filter(|(_, patch)| !patch) {
        for workload in file.manifests.running() {
            if !seen.insert((&file.path, workload.name())) {
                continue;
            }
            units.push(Unit {
                name: unique(workload.name(), names),
                steps: steps::of(&file.manifests, workload, &canaries),
                file,
                workload,
            });
        }
    }
    units
}

fn stores<'a>(scope: &Scope, survey: &'a Survey, names: &mut BTreeSet<String>) -> Vec<Store<'a>> {
    let generic = [
        "migrations",
        "migration",
        "migrate",
        "db",
        "sql",
        "schema",
        "versions",
    ];
    survey
        .migrations
        .iter()
        .map(|folder| {
            let below = folder
                .path
                .strip_prefix(&scope.folder)
                .unwrap_or(&folder.path);
            let parts: Vec<String> = below
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            let telling = parts
                .iter()
                .rev()
                .find(|part| !generic.contains(&part.as_str()));
            let all = &folder.migrations.migrations;
            let first_new = match &scope.added {
                Some(added) => folder
                    .files
                    .iter()
                    .position(|file| added.contains(file))
                    .unwrap_or(all.len()),
                None => all.len().saturating_sub(1),
            };
            let before = first_new.checked_sub(1).and_then(|at| all.get(at));
            let moves = before
                .zip(all.last())
                .filter(|_| first_new < all.len())
                .map(|(before, last)| (before.id.clone(), last.id.clone()));
            Store {
                folder,
                name: unique(telling.map_or("database", String::as_str), names),
                moves,
                first_new,
            }
        })
        .collect()
}

/// Which workloads use which databases: by database, and by workload.
struct Uses {
    of_store: Vec<Vec<usize>>,
    of_unit: Vec<Vec<usize>>,
}

/// A database is used by the workloads that stand nearest to its migrations, unless other migrations
/// stand nearer to them. Time grows with the paths and with the pairs that are found.
fn uses(units: &[Unit<'_>], stores: &[Store<'_>]) -> Uses {
    let mut units_below: HashMap<&Path, Vec<usize>> = HashMap::new();
    for (number, unit) in units.iter().enumerate() {
        for folder in unit.file.path.ancestors().skip(1) {
            units_below.entry(folder).or_default().push(number);
        }
    }
    let stores_below: HashSet<&Path> = stores
        .iter()
        .flat_map(|store| store.folder.path.ancestors())
        .collect();
    // the nearest folder above each workload that holds migrations too
    let nearest: Vec<Option<&Path>> = units
        .iter()
        .map(|unit| {
            let mut above = unit.file.path.ancestors().skip(1);
            above.find(|folder| stores_below.contains(folder))
        })
        .collect();
    let mut uses = Uses {
        of_store: vec![Vec::new(); stores.len()],
        of_unit: vec![Vec::new(); units.len()],
    };
    for (store, of_store) in stores.iter().zip(&mut uses.of_store) {
        let mut above = store.folder.path.ancestors();
        let shared = above.find(|folder| units_below.contains_key(folder));
        let below = shared.and_then(|folder| units_below.get(folder));
        let near = below.into_iter().flatten().copied();
        of_store.extend(near.filter(|&unit| nearest[unit] == shared));
        if of_store.len() > MOST_CLIENTS {
            of_store.clear();
        }
    }
    for (store, users) in uses.of_store.iter().enumerate() {
        for &unit in users {
            uses.of_unit[unit].push(store);
        }
    }
    uses
}

fn database(out: &mut Derived, scope: &Scope, store: &Store<'_>) {
    let origin = newest(store);
    let engine = match store.folder.migrations.engine {
        Some(Engine::MySql) => "engine mysql",
        Some(Engine::MariaDb) => "engine mariadb",
        Some(Engine::Sqlite) => "engine sqlite",
        _ => POSTGRES,
    };
    out.line(&format!("database {} {{", store.name), &origin);
    out.line(&format!("  {engine}"), &origin);
    let path = relative(scope, &store.folder.path);
    out.line(&format!("  migrations {}", quoted(&path)), &origin);
    if let Some((before, _)) = &store.moves {
        out.line(&format!("  at {}", quoted(before)), &origin);
    }
    out.line("}\n", &origin);
}

/// Migrations run against something: where no workload is there, the version that runs is all that
/// is known of it.
fn nobody(out: &mut Derived, store: &Store<'_>, names: &mut BTreeSet<String>) {
    let Some((before, _)) = &store.moves else {
        return;
    };
    let origin = newest(store);
    let name = unique(&format!("{}-clients", store.name), names);
    out.line(&format!("service {name} {{"), &origin);
    out.line(&format!("  runs {CURRENT}"), &origin);
    let schema = format!("schema {} {}", store.name, quoted(before));
    out.line(&format!("  version {CURRENT} {{ {schema} }}"), &origin);
    out.line("}\n", &origin);
}

fn service(out: &mut Derived, scope: &Scope, unit: &Unit<'_>, databases: &[&Store<'_>]) {
    let origin = at(unit, unit.workload.kind_span);
    out.line(&format!("service {} {{", unit.name), &origin);
    let named = match unit.workload.name() {
        "" => String::new(),
        name => format!(" named {}", quoted(name)),
    };
    let path = quoted(&relative(scope, &unit.file.path));
    out.line(&format!("  workload {path}{named}"), &origin);
    let built = |new: bool| -> String {
        let each = databases.iter().filter_map(|store| {
            let (before, last) = store.moves.as_ref()?;
            let id = quoted(if new { last } else { before });
            Some(format!(" schema {} {id};", store.name))
        });
        each.collect()
    };
    let ran = image_before(scope, unit)
        .map_or(String::new(), |image| format!(" image {};", quoted(&image)));
    out.line(
        &format!("  version {CURRENT} {{{ran}{} }}", built(false)),
        &origin,
    );
    let image = unit
        .workload
        .pod
        .as_ref()
        .and_then(|pod| pod.main_container())
        .and_then(|container| container.image.as_ref());
    let next = image.map_or(origin.clone(), |image| at(unit, image.span));
    out.line(&format!("  version {NEXT} {{{} }}", built(true)), &next);
    out.line("}\n", &origin);
}

/// The image that the manifest named before, where that is known and another one.
fn image_before(scope: &Scope, unit: &Unit<'_>) -> Option<String> {
    let text = scope.before.get(&unit.file.path)?;
    let mut findings = Findings::new();
    let manifests = workload::read(FileId(0), text, &mut findings);
    let image = |workload: &Workload| {
        let container = workload.pod.as_ref()?.main_container()?;
        Some(container.image.as_ref()?.value.clone())
    };
    let before = image(manifests.workload_named(unit.workload.name())?)?;
    (Some(&before) != image(unit.workload).as_ref()).then_some(before)
}

fn rollout(out: &mut Derived, unit: &Unit<'_>) {
    let origin = at(unit, unit.workload.kind_span);
    let name = &unit.name;
    out.line(&format!("plan {name} {{"), &origin);
    out.line(&format!("  roll {name} from {CURRENT} to {NEXT}"), &origin);
    // the cluster keeps the revision before, unless it is told to keep none
    if unit
        .workload
        .revision_history_limit
        .is_none_or(|kept| kept.value > 0)
    {
        let allow =
            "  allow target-not-available because \"the cluster keeps the revision before\"";
        out.line(allow, &origin);
    }
    for step in &unit.steps {
        let origin = Origin {
            path: step.path.clone().unwrap_or_else(|| unit.file.path.clone()),
            range: step.span.range(),
        };
        out.line(&format!("  step {} {{", step.name), &origin);
        for line in &step.lines {
            out.line(&format!("    {line}"), &origin);
        }
        out.line("  }", &origin);
    }
    out.line("}\n", &origin);
}

fn migration(out: &mut Derived, scope: &Scope, store: &Store<'_>) {
    let Some((before, newest_id)) = &store.moves else {
        return;
    };
    let origin = newest(store);
    let all = &store.folder.migrations;
    let server = match all.engine {
        Some(engine) => engine.name().to_string(),
        None => "PostgreSQL 15".to_string(),
    };
    let new = all.migrations.len() - store.first_new;
    let what = match new {
        1 => format!("migration `{newest_id}` is taken"),
        _ => format!("the {new} migrations up to `{newest_id}` are taken"),
    };
    let say = match scope.added.is_some() {
        true => "a plan can say otherwise",
        false => "`--since REVISION` takes what a branch adds, and a plan can say otherwise",
    };
    out.assumed.push((
        format!("{what} for new, behind `{before}`, on {server}: {say}"),
        origin.clone(),
    ));
    let (name, last) = (&store.name, quoted(newest_id));
    out.line(&format!("plan {name}-migrations {{"), &origin);
    out.line(
        &format!("  step migrate {{ migrate {name} to {last} }}"),
        &origin,
    );
    out.line("}\n", &origin);
}

/// Migrations come first, then what was built against them; what shares no database never meets.
fn releases(out: &mut Derived, units: &[Unit<'_>], stores: &[Store<'_>], uses: &Uses) {
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for (number, store) in stores.iter().enumerate() {
        let users = &uses.of_store[number];
        if store.moves.is_none() || users.is_empty() || told.contains(&number) {
            continue;
        }
        let origin = newest(store);
        // databases of the same users move in one release
        let together: BTreeSet<usize> = users
            .iter()
            .flat_map(|&unit| uses.of_unit[unit].iter().copied())
            .filter(|&other| stores[other].moves.is_some())
            .collect();
        told.extend(&together);
        let all: BTreeSet<usize> = together
            .iter()
            .flat_map(|&store| uses.of_store[store].iter().copied())
            .collect();
        let waits: Vec<String> = together
            .iter()
            .map(|&store| format!("{}-migrations.migrate", stores[store].name))
            .collect();
        out.line(&format!("release {}-all {{", store.name), &origin);
        for store in &together {
            out.line(
                &format!("  includes {}-migrations", stores[*store].name),
                &origin,
            );
        }
        for unit in all {
            let unit = &units[unit];
            let here = at(unit, unit.workload.kind_span);
            let line = format!("  includes {} after {}", unit.name, waits.join(", "));
            out.line(&line, &here);
        }
        out.line("}\n", &origin);
    }
}

fn at(unit: &Unit<'_>, span: Span) -> Origin {
    Origin {
        path: unit.file.path.clone(),
        range: span.range(),
    }
}

/// The first line of the first new migration, else of what stands for the folder.
fn newest(store: &Store<'_>) -> Origin {
    let file = store.folder.files.get(store.first_new);
    whole(file.unwrap_or(&store.folder.first))
}

fn whole(path: &Path) -> Origin {
    Origin {
        path: path.to_path_buf(),
        range: 0..0,
    }
}

/// A path as a plan in the folder names it.
fn relative(scope: &Scope, path: &Path) -> String {
    let below = path.strip_prefix(&scope.folder).unwrap_or(path);
    let text = below.to_string_lossy().replace('\\', "/");
    if text.is_empty() {
        ".".to_string()
    } else {
        text
    }
}

/// A name that the language takes as a bare word, and that nothing else has.
fn unique(wanted: &str, names: &mut BTreeSet<String>) -> String {
    let clean: String = wanted
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(200)
        .collect();
    let clean = clean.trim_matches('-');
    let clean = match clean.chars().next() {
        None => "workload".to_string(),
        Some(first) if first.is_ascii_digit() => format!("w-{clean}"),
        Some(_) => clean.to_string(),
    };
    let mut name = clean.clone();
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{clean}-{number}");
        number += 1;
    }
    name
}

/// A name of a manifest or a folder as text of a plan. No name that a cluster takes has a control
/// character; one that is there anyway must not end the text.
fn quoted(text: &str) -> String {
    let clean = text.replace('\\', "\\\\").replace('"', "\\\"");
    let clean = clean.replace(char::is_control, "\u{fffd}");
    format!("\"{clean}\"")
}
