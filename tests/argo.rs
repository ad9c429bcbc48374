//! What `build` writes for Argo Rollouts, held against the platform's schemas, against the rules of
//! its controller, and against a model of its step machine.

#[path = "emit/argo_rules.rs"]
mod argo_rules;
#[path = "argo/cases.rs"]
mod cases;
#[path = "argo/expression.rs"]
mod expression;
#[path = "argo/machine.rs"]
mod machine;
#[path = "argo/plans.rs"]
mod plans;
#[path = "emit/schemas.rs"]
mod schemas;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use machine::{Event, Live, Machine, Metric, Verdict, judge};
use plans::{Drawn, draw};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use switchback::emit::{Output, build};
use switchback::model::{
    Action, Amount, CohortTest, Exposure, Model, Outcome, Overrides, Plan, Then, load,
};
use switchback::source::{DiskLoader, Loader, MemoryLoader, SourceMap};

/// How many random plans are held against everything.
const PLANS: u32 = 1_000;

struct Project {
    sources: SourceMap,
    model: Model,
}

fn read(loader: &dyn Loader, base: &Path, files: &[PathBuf]) -> Project {
    let mut project = load(loader, SourceMap::new(), base, files);
    let (model, findings) = project.build(loader, &Overrides::default());
    let errors: Vec<_> = project
        .findings
        .iter()
        .chain(&findings)
        .map(|found| found.message.clone())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    Project {
        sources: project.sources,
        model,
    }
}

fn memory(plan: &str, manifest: &str) -> Project {
    let loader = MemoryLoader::new()
        .with("plan.swb", plan)
        .with("web.yaml", manifest);
    read(&loader, Path::new(""), &[PathBuf::from("plan.swb")])
}

fn example(name: &str) -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name);
    let entries = std::fs::read_dir(&root).expect("the example is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "swb"));
    files.sort();
    read(&DiskLoader, &root, &files)
}

fn try_build(project: &Project) -> Result<Output, Vec<String>> {
    let plan = &project.model.plans[0];
    let target = &project.model.targets[plan.targets[0].value];
    build(&project.model, &project.sources, plan, target)
        .map_err(|found| found.iter().map(|found| found.message.clone()).collect())
}

fn built(project: &Project) -> Output {
    try_build(project).unwrap_or_else(|found| panic!("{found:#?}"))
}

/// Every document, its comments stripped first: nothing may be told by a comment alone.
fn documents(output: &Output) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for file in output
        .files
        .iter()
        .filter(|file| file.path.ends_with(".yaml"))
    {
        let bare: String = file
            .text
            .lines()
            .filter(|line| !line.trim_start().starts_with("# "))
            .flat_map(|line| [line, "\n"])
            .collect();
        let documents: Vec<Value> = serde_saphyr::from_multiple(&bare)
            .unwrap_or_else(|error| panic!("{}: {error}\n{bare}", file.path));
        all.extend(
            documents
                .into_iter()
                .map(|document| (file.path.clone(), document)),
        );
    }
    all
}

/// The examples that Argo Rollouts carries.
const EXAMPLES: [&str; 4] = ["blue-green", "checkout", "country-first", "shadow"];

#[test]
fn every_example_is_valid_and_walks_its_plan() {
    let schemas = schemas::Schemas::find();
    if schemas.is_none() {
        println!("skipped: the schemas are not there; set SWITCHBACK_SCHEMAS to their folder");
    }
    for name in EXAMPLES {
        let project = example(name);
        let documents = documents(&built(&project));
        argo_rules::check(&documents);
        for (path, document) in &documents {
            let faults = schemas.as_ref().map(|schemas| schemas.faults(document));
            assert!(
                faults.iter().flatten().next().is_none(),
                "{name}/{path}: {faults:#?}"
            );
        }
        compare(&project, &documents).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    }
}

/// Random plans: schemas, rules, walk, meaning of the gates, and the same bytes twice.
#[test]
fn random_plans_are_valid_and_walk_as_they_say() {
    let schemas = schemas::Schemas::find();
    if schemas.is_none() {
        println!("skipped: the schemas are not there; set SWITCHBACK_SCHEMAS to their folder");
    }
    let mut seen = BTreeSet::new();
    let numbers = prop::collection::vec(any::<u32>(), 64);
    let config = Config {
        cases: PLANS,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let count = std::cell::RefCell::new(&mut seen);
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(Default::default()),
    )
    .run(&(numbers, any::<u64>()), |(numbers, answers)| {
        let drawn = draw(&numbers);
        one(&drawn, answers, schemas.as_ref(), &mut count.borrow_mut())
            .map_err(|wrong| TestCaseError::fail(format!("{wrong}\n{}", drawn.plan)))
    })
    .unwrap_or_else(|error| panic!("{error}"));
    let expected = [
        "setWeight",
        "pause",
        "setCanaryScale",
        "analysis",
        "setHeaderRoute",
        "setMirrorRoute",
        "background",
        "blueGreen",
        "destinationRule",
        "nginx",
        "alb",
        "plugins",
        "passed",
        "failed",
        "unsure",
    ];
    let missing: Vec<_> = expected
        .iter()
        .filter(|what| !seen.contains(**what))
        .collect();
    assert!(missing.is_empty(), "never drawn: {missing:?}");
}

fn one(
    drawn: &Drawn,
    answers: u64,
    schemas: Option<&schemas::Schemas>,
    seen: &mut BTreeSet<&'static str>,
) -> Result<(), String> {
    let project = memory(&drawn.plan, &drawn.manifest);
    let output = try_build(&project).map_err(|found| format!("refused: {found:#?}"))?;
    if output != try_build(&project).map_err(|found| format!("{found:?}"))? {
        return Err("not the same bytes twice".into());
    }
    let documents = documents(&output);
    let faults = argo_rules::faults(&documents);
    if !faults.is_empty() {
        return Err(format!("{faults:#?}"));
    }
    for (path, document) in &documents {
        let faults = schemas
            .map(|schemas| schemas.faults(document))
            .unwrap_or_default();
        if !faults.is_empty() {
            return Err(format!("{path}: {faults:#?}"));
        }
        note(document, seen);
    }
    compare(&project, &documents)?;
    meaning(&project, &documents, answers, seen)
}

/// Which fields have been met.
fn note(document: &Value, seen: &mut BTreeSet<&'static str>) {
    let canary = &document["spec"]["strategy"]["canary"];
    for step in canary["steps"].as_array().into_iter().flatten() {
        for key in [
            "setWeight",
            "pause",
            "setCanaryScale",
            "analysis",
            "setHeaderRoute",
            "setMirrorRoute",
        ] {
            if step.get(key).is_some() {
                seen.insert(key);
            }
        }
    }
    let routing = &canary["trafficRouting"];
    let met = [
        ("background", canary.get("analysis").is_some()),
        (
            "blueGreen",
            document["spec"]["strategy"]["blueGreen"].is_object(),
        ),
        (
            "destinationRule",
            routing["istio"].get("destinationRule").is_some(),
        ),
        ("nginx", routing.get("nginx").is_some()),
        ("alb", routing.get("alb").is_some()),
        ("plugins", routing.get("plugins").is_some()),
    ];
    seen.extend(met.into_iter().filter(|(_, is)| *is).map(|(key, _)| key));
}

/// What a plan says of a leg's traffic, as far as Argo Rollouts carries it.
fn live(model: &Model, exposure: &Exposure, replicas: u64) -> Live {
    let mut headers = BTreeSet::new();
    for (name, value, _) in &exposure.headers {
        headers.insert((name.to_ascii_lowercase(), BTreeSet::from([value.clone()])));
    }
    for (cohort, _) in &exposure.cohorts {
        match &model.cohorts[*cohort].test {
            Some(CohortTest::Header(name, value)) => {
                let values = BTreeSet::from([value.value.clone()]);
                headers.insert((name.value.to_ascii_lowercase(), values));
            }
            Some(CohortTest::Country(codes, name)) => {
                let values = codes.iter().map(|code| code.value.clone()).collect();
                headers.insert((name.value.to_ascii_lowercase(), values));
            }
            other => panic!("{other:?} cannot be carried"),
        }
    }
    let weight = exposure.weight().whole().expect("whole");
    Live {
        weight,
        pods: match exposure.replicas {
            Some(Amount::Count(count)) => count,
            Some(Amount::Share(share)) => (replicas * share.whole().expect("whole")).div_ceil(100),
            None if exposure.preview => replicas,
            None => (replicas * weight).div_ceil(100),
        },
        headers,
        mirror: exposure.mirror.whole().expect("whole"),
    }
}

/// The steps of the plan that Argo walks: from the first exposure to `no return`.
fn walked(plan: &Plan) -> std::ops::Range<usize> {
    let end = plan
        .no_return
        .as_ref()
        .map_or(plan.steps.len(), |line| line.above);
    let shows = |exposure: &Exposure| {
        let runs = exposure.preview || exposure.replicas.is_some();
        exposure.is_exposed() || runs || exposure.mirror.ppm() > 0
    };
    let first = plan.legs.iter().find(|leg| shows(&leg.exposure));
    first.map_or(end, |leg| leg.step)..end
}

/// The gates of a leg: its step's, and once somebody meets the version those of the whole walk.
fn gates(model: &Model, plan: &Plan, step: usize, exposed: bool) -> BTreeSet<String> {
    let own = plan.steps[step].watch.iter();
    let all = plan.throughout.iter().filter(|_| exposed);
    own.chain(all)
        .map(|gate| model.gates[gate.value].name.value.clone())
        .collect()
}

/// The plan as the events that its legs ask for.
fn asked(project: &Project, replicas: u64) -> Vec<Event> {
    let model = &project.model;
    let plan = &model.plans[0];
    let mut events: Vec<Event> = Vec::new();
    for leg in plan
        .legs
        .iter()
        .filter(|leg| walked(plan).contains(&leg.step))
    {
        let step = &plan.steps[leg.step];
        if leg.number == 0 && step.approval.is_some() {
            events.push(Event::Asks);
        }
        for run in &step.runs {
            events.push(Event::Job(
                run.image.as_ref().expect("an image").value.clone(),
            ));
        }
        let exposed = leg.exposure.is_exposed();
        if leg.hold.secs() > 0 {
            events.push(Event::Stays {
                live: live(model, &leg.exposure, replicas),
                seconds: leg.hold.secs(),
                gates: gates(model, plan, leg.step, exposed),
                runs: Vec::new(),
            });
        }
    }
    events
}

/// Seconds from a change to the first look at it: window, collection and delay of the provider.
fn settles(model: &Model, gate: &str) -> u64 {
    let found = model
        .gates
        .iter()
        .find(|known| known.name.value == gate)
        .expect("known");
    let window = found
        .promql
        .as_ref()
        .map_or(0.0, |query| query.reach)
        .ceil() as u64;
    let provider = &model.providers[found.provider.expect("a provider")];
    window
        + provider.scrape.map_or(0, |time| time.value.secs())
        + provider.delay.map_or(0, |time| time.value.secs())
}

/// `every` and `for` of a gate, and what it tolerates.
fn round(model: &Model, gate: &str) -> (u64, u64, u64) {
    let found = model
        .gates
        .iter()
        .find(|known| known.name.value == gate)
        .expect("known");
    let every = found.interval.expect("every").value.secs();
    (
        every,
        every * found.looks(),
        found.tolerate.map_or(0, |tolerate| tolerate.value),
    )
}

/// Holds the walk of the Rollout against the legs of the plan.
fn compare(project: &Project, documents: &[(String, Value)]) -> Result<(), String> {
    let model = &project.model;
    let plan = &model.plans[0];
    let machine = Machine::of(documents);
    let done = machine.walk();
    let blue_green = machine.is_blue_green();
    let asked = asked(project, machine.replicas());
    let mut left = done.clone();
    if blue_green {
        // jobs and gates of one side are one run, and a hold that nobody judges before a person says
        // yes is that person's
        left.sort_by_key(order);
    }
    let mut wanted = asked.clone();
    if blue_green {
        let person = wanted.contains(&Event::Asks);
        wanted.retain(|event| !matches!(event, Event::Stays { live, gates, .. } if gates.is_empty() && (person || live.weight == 100)));
        wanted.sort_by_key(order);
    }
    if left.len() != wanted.len() {
        return Err(format!(
            "{} events and not {}\n{left:#?}\n{wanted:#?}",
            left.len(),
            wanted.len()
        ));
    }
    for (is, should) in left.iter().zip(&wanted) {
        match (is, should) {
            (
                Event::Stays {
                    live,
                    seconds,
                    gates,
                    runs,
                },
                Event::Stays {
                    live: as_live,
                    seconds: hold,
                    gates: judges,
                    ..
                },
            ) => {
                // a run ends with its last look; behind the switch, and where a person is asked,
                // nothing waits for the rest
                let open = live.weight == 100 || done.contains(&Event::Asks);
                let stays = match blue_green && !gates.is_empty() && open {
                    true => *seconds <= *hold,
                    false => seconds == hold,
                };
                if live != as_live || !stays || gates != judges {
                    return Err(format!("{is:#?}\nand not {should:#?}"));
                }
                looks(model, runs, *hold)?;
            }
            (is, should) if is == should => {}
            _ => return Err(format!("{is:#?}\nand not {should:#?}")),
        }
    }
    kept(plan, &machine, &asked)?;
    beside(project, &machine)
}

/// An order of events that belong to one side of a switch.
fn order(event: &Event) -> (u8, String) {
    match event {
        Event::Job(image) => (0, image.clone()),
        Event::Stays { live, gates, .. } => (1, format!("{:03} {gates:?}", live.weight)),
        Event::Asks => (2, String::new()),
    }
}

/// Rounds are whole, follow one another, begin when the change can be seen and end with the hold.
fn looks(model: &Model, runs: &[Metric], hold: u64) -> Result<(), String> {
    let names: BTreeSet<&String> = runs.iter().map(|metric| &metric.gate).collect();
    let longest = names
        .iter()
        .map(|gate| round(model, gate).1)
        .max()
        .unwrap_or(1);
    let settled = names
        .iter()
        .map(|gate| settles(model, gate))
        .max()
        .unwrap_or(0);
    let rounds = (hold.saturating_sub(settled) / longest).max(1);
    for gate in names {
        let (every, own, tolerate) = round(model, gate);
        let metrics: Vec<&Metric> = runs.iter().filter(|metric| metric.gate == *gate).collect();
        let first = metrics.iter().map(|metric| metric.delay).min().unwrap_or(0);
        let last = metrics
            .iter()
            .map(|metric| metric.last())
            .max()
            .unwrap_or(0);
        let count: u64 = metrics.iter().filter_map(|metric| metric.count).sum();
        let wrong = |what: &str| Err(format!("gate {gate}: {what}\n{metrics:#?}"));
        if first < settles(model, gate) {
            return wrong("a look at what was before the change");
        }
        if last > hold {
            return wrong("a look behind the hold");
        }
        if count * every != rounds * longest {
            return wrong("other rounds than the hold has room for");
        }
        let merged = tolerate > 0 && metrics.len() < usize::try_from(rounds).expect("few");
        for (metric, next) in metrics.iter().zip(metrics.iter().skip(1)) {
            if next.delay < metric.last() + every {
                return wrong("a round that begins before the one before has ended");
            }
        }
        for metric in &metrics {
            let count = metric.count.unwrap_or(0);
            let whole = (count * every).is_multiple_of(own);
            if metric.interval != every && count > 1 || !whole || metric.failures != tolerate {
                return wrong("not the gate's own round");
            }
            if tolerate > 0 && !merged && count * every != longest {
                return wrong("what is tolerated counts in each round");
            }
        }
    }
    Ok(())
}

/// How long the old version stays behind the walk.
fn kept(plan: &Plan, machine: &Machine<'_>, asked: &[Event]) -> Result<(), String> {
    let retire = plan
        .steps
        .iter()
        .flat_map(|step| &step.actions)
        .find_map(|action| match &action.value {
            Action::Retire(_, Some(after)) => Some(after.value.secs()),
            _ => None,
        });
    let should = match machine.is_blue_green() {
        false => retire,
        // counted from the switch
        true => {
            let holds = asked.iter().filter_map(|event| match event {
                Event::Stays { live, seconds, .. } if live.weight == 100 => Some(*seconds),
                _ => None,
            });
            Some((holds.sum::<u64>() + retire.unwrap_or(0)).max(30))
        }
    };
    match machine.keeps() == should {
        true => Ok(()),
        false => Err(format!("keeps {:?} and not {should:?}", machine.keeps())),
    }
}

/// The run beside the steps: gates that are watched throughout and tolerate nothing, from the first
/// exposure on.
fn beside(project: &Project, machine: &Machine<'_>) -> Result<(), String> {
    let model = &project.model;
    let plan = &model.plans[0];
    let steps = &plan.steps[walked(plan)];
    let edges = |step: &switchback::model::Step| -> BTreeSet<String> {
        let asks = step
            .edges
            .iter()
            .filter(|edge| !matches!(edge.then, Then::Rollback | Then::Weight(_)));
        let asks =
            asks.filter(|edge| matches!(edge.outcome, Outcome::Inconclusive | Outcome::NoData));
        asks.map(|edge| format!("{:?} {:?}", edge.outcome, edge.then))
            .collect()
    };
    let alike = steps
        .windows(2)
        .all(|pair| edges(&pair[0]) == edges(&pair[1]));
    let strict: BTreeSet<String> = plan
        .throughout
        .iter()
        .map(|gate| &model.gates[gate.value])
        .filter(|gate| gate.tolerate.is_none())
        .map(|gate| gate.name.value.clone())
        .collect();
    let wanted = alike && !strict.is_empty() && !machine.is_blue_green();
    let Some((live, metrics)) = machine.background() else {
        return match wanted {
            true => Err("no run beside the steps".into()),
            false => Ok(()),
        };
    };
    let gates: BTreeSet<String> = metrics.iter().map(|metric| metric.gate.clone()).collect();
    let exposed = live.weight > 0 || !live.headers.is_empty();
    let for_ever = metrics
        .iter()
        .all(|metric| metric.count.is_none() && metric.interval > 0);
    match wanted && gates == strict && exposed && for_ever {
        true => Ok(()),
        false => Err(format!(
            "a run beside the steps of {gates:?} from {live:?} on"
        )),
    }
}

/// What a provider answers to a gate at a second, drawn from a number: mostly what passes.
fn answer(seed: u64, gate: &str, second: u64) -> Vec<f64> {
    let mut hash = seed ^ 0x9e37_79b9_7f4a_7c15;
    for byte in gate.bytes().chain(second.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        hash ^= hash >> 29;
    }
    let rare = [2, 40, 400][usize::try_from(seed % 3).expect("small")];
    match hash % rare {
        0 => match hash / rare % 5 {
            0 => Vec::new(),
            1 => vec![f64::NAN],
            2 => vec![0.1, 0.2],
            3 => vec![3.0],
            _ => vec![9.0],
        },
        _ => vec![-0.5],
    }
}

/// The gates of every hold decide as the plan says, for answers of every kind.
fn meaning(
    project: &Project,
    documents: &[(String, Value)],
    seed: u64,
    seen: &mut BTreeSet<&'static str>,
) -> Result<(), String> {
    let model = &project.model;
    let plan = &model.plans[0];
    let machine = Machine::of(documents);
    let judged = |events: Vec<Event>| -> Vec<Event> {
        let judged =
            |event: &Event| matches!(event, Event::Stays { gates, .. } if !gates.is_empty());
        events.into_iter().filter(judged).collect()
    };
    let legs: Vec<usize> = plan
        .legs
        .iter()
        .filter(|leg| walked(plan).contains(&leg.step) && leg.hold.secs() > 0)
        .filter(|leg| !gates(model, plan, leg.step, leg.exposure.is_exposed()).is_empty())
        .map(|leg| leg.step)
        .collect();
    let holds = judged(machine.walk());
    if holds.len() != legs.len() {
        return Err("other holds".into());
    }
    for (number, (event, step)) in holds.iter().zip(&legs).enumerate() {
        let Event::Stays { runs, .. } = event else {
            continue;
        };
        let seed = seed.wrapping_add(number as u64);
        let is = judge(runs, &|metric: &Metric, second| {
            answer(seed, &metric.gate, second)
        });
        let should = runs
            .iter()
            .map(|metric| reference(model, plan, *step, metric, seed));
        let should = should
            .min_by_key(|verdict| match verdict {
                Verdict::Passed => (u64::MAX, 2),
                Verdict::Failed(second) => (*second, 0),
                Verdict::Unsure(second) => (*second, 1),
            })
            .unwrap_or(Verdict::Passed);
        if is != should {
            return Err(format!(
                "{is:?} and not {should:?} in hold {number}: {runs:#?}"
            ));
        }
        seen.insert(match is {
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Unsure(_) => "unsure",
        });
    }
    Ok(())
}

/// A round as the language has it: `expect` passes, `fail` fails, what lies between is inconclusive,
/// and anything but one number is no data; `tolerate` counts in the round; the edges of the step say
/// what follows, and the default is to go back.
fn reference(model: &Model, plan: &Plan, step: usize, metric: &Metric, seed: u64) -> Verdict {
    let gate = model
        .gates
        .iter()
        .find(|gate| gate.name.value == metric.gate)
        .expect("known");
    let follows = |outcome: Outcome| {
        let edges = plan.steps[step].edges.iter();
        let mut found = edges.filter(|edge| edge.outcome == outcome);
        found.next().map(|edge| edge.then.clone())
    };
    let mut failures = 0;
    for second in metric.looks() {
        let result = answer(seed, &metric.gate, second);
        let outcome = match result.as_slice() {
            [value] if !value.is_nan() => {
                let passes = match gate.name.value.as_str() {
                    // the difference to twice the baseline
                    "versus" => *value <= 0.0,
                    _ => *value < 1.0,
                };
                let fails = match &gate.fail {
                    Some(_) => *value > 5.0,
                    None => !passes,
                };
                match (passes, fails) {
                    (true, _) => continue,
                    (_, true) => Outcome::Failure,
                    _ => Outcome::Inconclusive,
                }
            }
            _ => Outcome::NoData,
        };
        match follows(outcome) {
            Some(Then::Pause(_)) => return Verdict::Unsure(second),
            Some(Then::Continue) => {}
            _ => {
                failures += 1;
                if failures > gate.tolerate.map_or(0, |tolerate| tolerate.value) {
                    return Verdict::Failed(second);
                }
            }
        }
    }
    Verdict::Passed
}
