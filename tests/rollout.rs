//! The judge of rollouts against one that walks every state, on random plans and releases.
//!
//! Each world is a text with its SQL that goes the whole way: read, lowered, replayed, judged. That
//! is what takes the time, so the plans of one world are then put together in further ways as units
//! of the model, as a release would.

#[path = "rollout/cases.rs"]
mod cases;
#[path = "rollout/generate/mod.rs"]
mod generate;
#[path = "rollout/reference/mod.rs"]
mod reference;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use generate::{Random, Together, World, name_of};
use reference::{Answer, BACK, Facts, RUNS, UNDER, Wrong};
use switchback::model::{Model, Overrides, StepRef, load};
use switchback::rollout::{
    Presence, Replayed, Rollout, Running, Schemas, Stuck, Subject, Unit, judge, units,
};
use switchback::source::{MemoryLoader, SourceMap, Span};

/// How many ways of putting the plans of a world together are tried beside those that its text says.
const WAYS: usize = 60;

/// A world that was read.
struct Read {
    model: Model,
    schemas: Schemas,
    facts: Facts,
}

fn read(world: &World) -> Read {
    let files = world.files();
    let mut loader = MemoryLoader::new();
    for (path, text) in &files {
        loader = loader.with(Path::new(path), text.as_str());
    }
    let entry = PathBuf::from(&files[0].0);
    let mut project = load(&loader, SourceMap::new(), Path::new(""), &[entry]);
    let (model, _) = project.build(&loader, &Overrides::default());
    let schemas = Schemas::read(
        &model,
        &loader,
        &mut project.sources,
        &mut Replayed::default(),
        &|path: &Path| path.to_string_lossy().into(),
    );
    let facts = Facts::new(world, &model, &project.sources, &schemas);
    Read {
        model,
        schemas,
        facts,
    }
}

fn named(running: Running) -> String {
    name_of(running.service, running.version)
}

/// What the judge says, in the words of the reference.
fn engine(read: &Read, unit: Unit, ways: &mut usize) -> Answer {
    let plans = unit.plans.len();
    let rollout = match Rollout::new(&read.model, unit, &read.schemas) {
        Ok(rollout) => rollout,
        Err(Stuck::Cycle(_)) => {
            return Answer {
                line: vec![None; plans],
                stuck: true,
                ..Answer::default()
            };
        }
        Err(Stuck::TooLarge(why)) => panic!("{why}"),
    };
    let judgement = judge(&rollout, &read.schemas);
    // a version that names one database only is asked for the other; nothing else is left open
    for missing in &judgement.missing {
        let fact = &missing.fact;
        // nor is a plan judged behind a move back
        let known = ["what it was built against", "forward only", "`serves shop "];
        assert!(known.iter().any(|part| fact.contains(part)), "{fact}");
    }
    let mut wrong = Wrong::new();
    for found in &judgement.refutations {
        *ways += usize::from(found.way.is_some());
        let presence = |presence: &Presence| match presence {
            Presence::Runs => RUNS,
            Presence::ComesBack => BACK,
        };
        let config = matches!(
            found.subject,
            Subject::Config { .. } | Subject::Limit { .. }
        );
        let under = config && found.way.is_some();
        let mut say = |words: String, how: &Presence| {
            let how = if under { UNDER } else { presence(how) };
            let words = format!("{words}, {how}");
            let again = wrong.insert(words.clone(), found.run.len());
            assert!(again.is_none(), "told twice: {words}");
        };
        match &found.subject {
            Subject::Schema {
                version,
                presence,
                database,
                breaks,
                ..
            } => {
                // one element may fail in several queries
                let mut told: Vec<String> = breaks
                    .iter()
                    .map(|found| format!("{} {:?}", found.element, found.kind))
                    .collect();
                told.sort();
                told.dedup();
                for what in told {
                    say(
                        format!("schema d{database}: {} {what}", named(*version)),
                        presence,
                    );
                }
            }
            Subject::Format {
                number,
                writer,
                reader,
                presence,
                ..
            } => say(
                format!(
                    "format {number}: {} reads what {} writes",
                    named(reader.0),
                    named(writer.0)
                ),
                presence,
            ),
            Subject::Api {
                number,
                caller,
                callee,
                presence,
                ..
            } => say(
                format!(
                    "api {number}: {} calls {}",
                    named(caller.0),
                    named(callee.0)
                ),
                presence,
            ),
            Subject::Config {
                config,
                at,
                key,
                version,
                presence,
            } => say(
                format!("config c{config} {at}: {} needs {key}", named(version.0)),
                presence,
            ),
            Subject::Limit {
                config,
                at,
                version,
                presence,
                ..
            } => say(
                format!("limit c{config} {at}: {}", named(version.0)),
                presence,
            ),
            Subject::Flag {
                version, presence, ..
            } => say(format!("flag: {}", named(*version)), presence),
            Subject::Meaning { versions, .. } => {
                let [one, other] = [named(versions[0].0), named(versions[1].0)];
                say(format!("meaning: {one} and {other}"), &Presence::Runs);
            }
            Subject::Platform {
                version,
                beside,
                presence,
            } => say(
                format!("platform: {} beside {}", named(version.0), named(*beside)),
                presence,
            ),
        }
    }
    Answer {
        wrong,
        line: judgement
            .line
            .iter()
            .map(|line| line.as_ref().map(|line| line.step))
            .collect(),
        stuck: false,
        unordered: !rollout.unordered.is_empty(),
    }
}

/// The unit that a release of these plans would be.
fn unit_of(together: &Together, model: &Model) -> Unit {
    let nowhere = model.plans[0].name.span;
    let reference = |&(plan, step): &(usize, usize), span: Span| StepRef {
        plan: Some(format!("p{plan}")),
        step: format!("x{step}"),
        span,
    };
    Unit {
        release: None,
        plans: together.plans.clone(),
        after: together
            .after
            .iter()
            .map(|after| after.iter().map(|one| reference(one, nowhere)).collect())
            .collect(),
    }
}

/// What differs, in words; nothing when both say the same.
fn difference(own: &Answer, reference: &Answer) -> Option<String> {
    if own.stuck || reference.stuck {
        return (own.stuck != reference.stuck)
            .then(|| format!("stuck: {}, reference {}", own.stuck, reference.stuck));
    }
    if own.unordered || reference.unordered {
        let same = own.unordered == reference.unordered;
        return (!same).then(|| format!("unordered: {}", own.unordered));
    }
    let mut words = String::new();
    for (what, rows) in &own.wrong {
        match reference.wrong.get(what) {
            None => {
                let _ = writeln!(words, "only the judge: {what} ({rows} rows)");
            }
            Some(known) if known != rows => {
                let _ = writeln!(words, "{what}: {rows} rows, reference {known}");
            }
            Some(_) => {}
        }
    }
    for (what, rows) in &reference.wrong {
        if !own.wrong.contains_key(what) {
            let _ = writeln!(words, "only the reference: {what} ({rows} rows)");
        }
    }
    if own.line != reference.line {
        let _ = writeln!(words, "line {:?}, reference {:?}", own.line, reference.line);
    }
    (!words.is_empty()).then_some(words)
}

fn show(world: &World, together: &Together) -> String {
    let mut text = String::new();
    for (path, content) in world.files_with(&together.plans, std::slice::from_ref(together)) {
        if !path.ends_with(".down.sql") {
            let _ = write!(text, "--- {path}\n{content}");
        }
    }
    text
}

/// Compares until so many units were seen; fails with the smallest world that differs.
fn compare(wanted: usize, seed: u64) {
    let mut random = Random(seed);
    let mut seen = [0_usize; 6];
    // verdicts on ways back
    let mut ways = 0;
    let mut differ: Vec<(usize, String, String)> = Vec::new();
    let mut kinds: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    while seen[0] < wanted {
        let world = World::random(&mut random);
        let read = read(&world);
        assert_eq!(
            read.model.plans.len(),
            world.plans.len(),
            "{}",
            show(&world, &world.releases[0])
        );
        let mut all: Vec<(Together, Unit)> = Vec::new();
        // those of the text
        for unit in units(&read.model) {
            let together = match unit.release {
                Some(release) => world.releases[release].clone(),
                None => Together {
                    plans: unit.plans.clone(),
                    after: vec![Vec::new()],
                },
            };
            assert_eq!(together.plans, unit.plans);
            all.push((together, unit));
        }
        for _ in 0..WAYS {
            let together = world.together(&mut random);
            let unit = unit_of(&together, &read.model);
            all.push((together, unit));
        }
        for (together, unit) in all.into_iter().take(wanted - seen[0]) {
            let own = engine(&read, unit, &mut ways);
            let reference = reference::judge(&world, &read.facts, &together);
            seen[0] += 1;
            seen[1] += usize::from(reference.stuck);
            seen[2] += usize::from(reference.unordered);
            seen[3] += usize::from(!reference.wrong.is_empty());
            seen[4] += reference.wrong.len();
            for words in reference.wrong.keys() {
                let kind = words.split([' ', ':']).next().unwrap_or_default();
                let all = [RUNS, BACK, UNDER];
                let presence = all.into_iter().find(|own| words.ends_with(own));
                let presence = presence.unwrap_or_default();
                *kinds.entry(format!("{kind}, {presence}")).or_default() += 1;
            }
            seen[5] += reference.line.iter().flatten().count();
            if let Some(words) = difference(&own, &reference) {
                let text = show(&world, &together);
                differ.push((text.len(), words, text));
            }
        }
    }
    let [units, stuck, unordered, wrong, verdicts, lines] = seen;
    println!(
        "{units} units: {stuck} stuck, {unordered} unordered, {wrong} refuted with {verdicts} verdicts, {lines} lines of no return; {ways} on ways back"
    );
    println!("{kinds:?}");
    // a generator that makes only what is right, or only what is wrong, shows nothing
    assert!(stuck * 50 > units / 10 && verdicts > units / 2 && wrong < units);
    assert!(
        units < 10_000 || ways * 100 > units,
        "no way back is tried: {ways}"
    );
    differ.sort();
    let all = differ.len();
    if let Some((_, words, text)) = differ.into_iter().next() {
        panic!("{all} of {units} units differ\n{words}\n{text}");
    }
}

#[test]
fn judge_and_reference_agree_on_a_thousand_units() {
    compare(1_000, 1);
}

/// `SWITCHBACK_UNITS` says how many, `SWITCHBACK_SEED` which. Half of them on each of two threads.
#[test]
#[ignore = "takes minutes; the thousand above are a part of it"]
fn judge_and_reference_agree_on_a_hundred_thousand_units() {
    let number = |name: &str, otherwise| {
        let own = std::env::var(name).ok();
        own.and_then(|own| own.parse().ok()).unwrap_or(otherwise)
    };
    let wanted = number("SWITCHBACK_UNITS", 100_000) as usize;
    let seed = number("SWITCHBACK_SEED", 2);
    std::thread::scope(|scope| {
        scope.spawn(|| compare(wanted / 2, seed));
        scope.spawn(|| compare(wanted - wanted / 2, seed ^ 1 << 32));
    });
}
