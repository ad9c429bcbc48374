//! Capacity against a slow and obvious walk over all states of small plans and releases, and that a
//! verdict never gets better with more traffic or fewer replicas, nor with another order of the text.

#[path = "capacity/reference.rs"]
mod reference;
#[path = "capacity/world.rs"]
mod world;

use std::path::{Path, PathBuf};

use switchback::check::{Options, Outcome, check};
use switchback::diagnostic::{Proof, Verdict};
use switchback::measure::capacity::{Capacity, Shared};
use switchback::measure::{Answer, Measure, Subject, measure};
use switchback::model::{Model, Overrides, load};
use switchback::numbers::Random;
use switchback::rollout::{Replayed, Rollout, Schemas, units};
use switchback::source::{MemoryLoader, SourceMap};

use reference::{Plan, most_together, walk};
use world::World;

const WORLDS: u64 = 400;

const MIGRATION: &str = "CREATE TABLE orders (id bigint PRIMARY KEY);\n";

fn loader(text: &str) -> MemoryLoader {
    MemoryLoader::new()
        .with(Path::new("main.swb"), text)
        .with(Path::new("db/0001_orders.up.sql"), MIGRATION)
}

/// The largest load of a plan as a share of what is ready, and its most replicas; then the sums that
/// are over their limit.
struct Asked {
    plans: Vec<(f64, u64, bool)>,
    quota: Option<u64>,
    connections: Option<u64>,
}

fn model(text: &str) -> (Model, Schemas) {
    let loader = loader(text);
    let entry = PathBuf::from("main.swb");
    let mut project = load(&loader, SourceMap::new(), Path::new(""), &[entry]);
    let (model, found) = project.build(&loader, &Overrides::default());
    let broken = found.iter().find(|found| found.rule.code.starts_with('X'));
    assert!(broken.is_none(), "{broken:?}\n{text}");
    let shown = |path: &Path| path.to_string_lossy().into();
    let schemas = Schemas::read(
        &model,
        &loader,
        &mut project.sources,
        &mut Replayed::default(),
        &shown,
    );
    (model, schemas)
}

fn asked(text: &str) -> Asked {
    let (model, schemas) = model(text);
    let unit = units(&model).into_iter().next().expect("a release");
    let rollout = Rollout::new(&model, unit, &schemas).expect("no cycle");
    let capacity = Capacity::of(&rollout);
    // the plans by their names
    let mut places: Vec<usize> = (0..rollout.plans.len()).collect();
    places.sort_by_key(|place| model.plans[rollout.plans[*place].plan].name.value.clone());
    let plans = places.into_iter().map(|place| {
        assert_eq!(capacity.missing(place), Vec::<String>::new(), "{text}");
        let worst = capacity.utilisations(place).into_iter().flatten();
        let worst = worst.map(|own| own.value.unwrap_or(f64::INFINITY));
        let most = capacity.scheduled(place).into_iter().max();
        let over = !capacity.overloads(place).is_empty();
        (worst.fold(0.0, f64::max), most.unwrap_or(0), over)
    });
    let plans = plans.collect();
    let total = |quota: bool| {
        let mut all = capacity.excesses().iter();
        all.find(|own| matches!(own.shared, Shared::Quota(_)) == quota)
            .map(|own| own.total)
    };
    Asked {
        plans,
        quota: total(true),
        connections: total(false),
    }
}

#[test]
fn every_state_of_small_releases_is_walked() {
    let (mut over, mut quotas, mut pools) = (0, 0, 0);
    for seed in 0..WORLDS {
        let world = World::new(&mut Random::new(seed));
        let text = world.text(false);
        let asked = asked(&text);
        let plans: Vec<Plan> = world.plans.iter().map(|plan| walk(&world, plan)).collect();
        for ((plan, own), (worst, most, is_over)) in
            plans.iter().zip(&world.plans).zip(&asked.plans)
        {
            let service = &world.services[own.service];
            let expected = plan.worst(service);
            let near = (expected - worst).abs() <= 1e-9 * expected.abs().max(1.0)
                || (expected.is_infinite() && worst.is_infinite());
            assert!(near, "seed {seed}: {expected} and {worst}\n{text}");
            assert_eq!(*most, plan.most(), "seed {seed}: replicas\n{text}");
            let expected = expected > 1.0 + 1e-9;
            assert_eq!(*is_over, expected, "seed {seed}: overload\n{text}");
            over += usize::from(expected);
        }
        let quota = most_together(&world, &plans, |_| 1);
        let expected = (quota > world.quota).then_some(quota);
        assert_eq!(asked.quota, expected, "seed {seed}: quota\n{text}");
        quotas += usize::from(expected.is_some());
        let pool = most_together(&world, &plans, |service| service.connections);
        let expected = (pool > world.connections).then_some(pool);
        assert_eq!(
            asked.connections, expected,
            "seed {seed}: connections\n{text}"
        );
        pools += usize::from(expected.is_some());
    }
    // both answers are met often
    let all = usize::try_from(WORLDS).expect("few");
    for (what, times) in [("over", over), ("quota", quotas), ("connections", pools)] {
        assert!(times > all / 20, "{what}: only {times}");
    }
    assert!(quotas < all && pools < all);
}

#[test]
fn more_traffic_or_fewer_replicas_never_help() {
    for seed in 0..WORLDS {
        let world = World::new(&mut Random::new(seed));
        let before = asked(&world.text(false)).plans;
        let mut busier = world.clone();
        for service in &mut busier.services {
            service.traffic += 1 + seed % 40;
        }
        let mut fewer = world.clone();
        for service in &mut fewer.services {
            service.replicas = service.replicas.saturating_sub(1 + seed % 2).max(1);
        }
        for (changed, what) in [(busier, "traffic"), (fewer, "replicas")] {
            let after = asked(&changed.text(false)).plans;
            for (one, other) in before.iter().zip(&after) {
                assert!(
                    other.0 >= one.0 - 1e-12 && (other.2 || !one.2),
                    "seed {seed}, {what}: {one:?} became {other:?}\n{}",
                    changed.text(false)
                );
            }
        }
    }
}

fn judged(text: &str) -> Outcome {
    let entry = PathBuf::from("main.swb");
    check(&loader(text), Path::new(""), &[entry], &Options::default()).expect("no options")
}

/// The verdict of each plan, and what is said of capacity.
fn verdicts(outcome: &Outcome) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for plan in &outcome.plans {
        for (proof, verdict) in &plan.verdicts {
            if *proof == Proof::Sufficient {
                all.push(format!("{} {}", plan.plan, verdict.word()));
            }
        }
    }
    let codes = ["CP01", "CP02", "CP03", "CP08"];
    let found = outcome.findings.iter();
    let found = found.filter(|found| codes.contains(&found.rule.code));
    all.extend(found.map(|found| format!("{} {:?}", found.message, found.help)));
    all.sort();
    all
}

#[test]
fn the_order_of_declarations_does_not_matter() {
    for seed in 0..WORLDS / 8 {
        let world = World::new(&mut Random::new(seed));
        let one = verdicts(&judged(&world.text(false)));
        let other = verdicts(&judged(&world.text(true)));
        assert_eq!(one, other, "seed {seed}\n{}", world.text(false));
    }
}

/// What a fix writes is enough: behind it, the finding is gone.
#[test]
fn fixes_give_enough() {
    let mut tried = 0;
    for seed in 0..WORLDS / 4 {
        let world = World::new(&mut Random::new(seed));
        let text = world.text(false);
        let outcome = judged(&text);
        let codes = ["CP01", "CP02", "CP03", "CP08"];
        for found in &outcome.findings {
            let Some(fix) = found
                .fix
                .as_ref()
                .filter(|_| codes.contains(&found.rule.code))
            else {
                continue;
            };
            let mut fixed = text.clone();
            let mut edits = fix.edits.clone();
            edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
            for edit in edits {
                fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            let again = judged(&fixed);
            let same = again.findings.iter().any(|own| {
                own.rule.code == found.rule.code
                    && own.message == found.message
                    && own.span().start == found.span().start
            });
            assert!(!same, "seed {seed}: {}\n{fixed}", found.message);
            // of the statement that was set, nothing more is to say
            if found.rule.code != "CP01" {
                tried += 1;
                continue;
            }
            let named = |message: &str| message.split('`').nth(1).unwrap_or("").to_string();
            let left = again.findings.iter().find(|own| {
                own.rule.code == "CP01"
                    && named(&own.message) == named(&found.message)
                    && own.span().start == found.span().start
            });
            assert!(left.is_none(), "seed {seed}: {left:?}\n{fixed}");
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried} fixes");
}

/// What is missing is named, and nothing is proved without it.
#[test]
fn missing_facts_leave_it_open() {
    let plan = "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling }\n}\n";
    let service = |facts: &str| {
        format!(
            "service web {{\n{facts}  version 1 {{ image \"r/w@sha256:{}\" }}\n  version 2 {{ image \"r/w@sha256:{}\" }}\n}}\n{plan}",
            "1".repeat(64),
            "2".repeat(64)
        )
    };
    for (facts, missing) in [
        ("", "`traffic` of service `web`"),
        (
            "  traffic 0/s\n  capacity 10/s per replica\n  replicas 2\n",
            "`traffic` above 0/s of service `web`",
        ),
        (
            "  traffic 10/s\n  replicas 2\n",
            "`capacity` of service `web`",
        ),
        (
            "  traffic 10/s\n  capacity 10/s per replica\n",
            "`replicas` of service `web`",
        ),
    ] {
        let outcome = judged(&service(facts));
        let verdict = outcome.plans[0].verdicts.iter();
        let verdict = verdict
            .clone()
            .find(|(proof, _)| *proof == Proof::Sufficient);
        let Some((_, Verdict::Unknown(reasons))) = verdict else {
            panic!("{facts}: {verdict:?}");
        };
        let facts: Vec<&str> = reasons.missing().collect();
        assert!(facts.contains(&missing), "{facts:?} lacks {missing}");
    }
    let enough = "  traffic 10/s\n  capacity 10/s per replica\n  replicas 2\n  max-unavailable 1\n";
    let proved = judged(&service(enough));
    assert!(
        proved.plans[0]
            .verdicts
            .contains(&(Proof::Sufficient, Verdict::Proved))
    );
    // nobody is ready
    for none in [
        "  traffic 10/s\n  capacity 10/s per replica\n  replicas 0\n",
        "  traffic 1000000000000/s\n  capacity 0.000001/s per replica\n  replicas 1\n",
    ] {
        let refuted = judged(&service(none));
        assert!(
            refuted.plans[0]
                .verdicts
                .contains(&(Proof::Sufficient, Verdict::Refuted))
        );
    }
}

/// What is measured of a plan of service `web`: utilisation and peak, or the facts that are missing.
fn measured(
    service: &str,
    more: &str,
    plan: &str,
    manifest: &str,
) -> [Result<f64, Vec<String>>; 2] {
    let text = format!(
        "service web {{\n{service}  version 1 {{ image \"r/w@sha256:{}\" }}\n  version 2 {{ image \"r/w@sha256:{}\" }}\n}}\n{more}plan web-2 {{\n  roll web from 1 to 2\n{plan}}}\n",
        "1".repeat(64),
        "2".repeat(64)
    );
    let loader = loader(&text).with(Path::new("web.yaml"), manifest);
    let entry = PathBuf::from("main.swb");
    let mut project = load(&loader, SourceMap::new(), Path::new(""), &[entry]);
    let (model, _) = project.build(&loader, &Overrides::default());
    let subject = Subject::new(&model, &model.plans[0]);
    [Measure::Utilisation, Measure::PeakReplicas].map(|of| match measure(subject, of) {
        Answer::Known(measured) => Ok(measured.value.number()),
        Answer::Missing(missing) => Err(missing.facts),
        Answer::Nothing => Err(Vec::new()),
    })
}

#[test]
fn numbers_are_those_that_were_computed_by_hand() {
    let web = "  traffic 600/s peak 900/s\n  capacity 100/s per replica\n";
    let sized = |rest: &str| format!("{web}{rest}");
    let argo = "target t { kind argo-rollouts; router gateway-api \"r\" }\n";
    let rolling = "  step all { rolling }\n";
    let canary = "  step walk { weight 1% -> 25% -> 100%; hold 1h }\n";
    let ok = |service: &str, more: &str, plan: &str, utilisation: f64, peak: f64| {
        let [one, other] = measured(service, more, plan, "");
        let one = one.expect("utilisation");
        assert!((one - utilisation).abs() < 1e-9, "{service}{plan}: {one}");
        assert_eq!(other, Ok(peak), "{service}{plan}");
    };
    // 25 % of 10 are 2 below: 900 / 800; without times, old and new are counted whole
    ok(&sized("  replicas 10\n"), "", rolling, 1.125, 20.0);
    // F2 of the formulas: 40 s to start, 60 s to end, 20 at once
    ok(
        &sized("  replicas 10\n  max-surge 3\n  max-unavailable 2\n  startup 40s\n  drain 60s\n"),
        "",
        rolling,
        1.125,
        20.0,
    );
    // three end while the next three start: 10 and twice the surge
    ok(
        &sized("  replicas 10\n  max-surge 3\n  max-unavailable 0\n  startup 40s\n  drain 1s\n"),
        "",
        rolling,
        0.9,
        16.0,
    );
    // both at nothing: one may be missing
    ok(
        &sized("  replicas 10\n  max-surge 0\n  max-unavailable 0\n"),
        "",
        rolling,
        1.0,
        20.0,
    );
    // 1 % of 12 is one replica, 25 % are three: never more than at rest
    ok(&sized("  replicas 12\n"), "", canary, 0.75, 24.0);
    // two replicas for a quarter of 900: 225 / 200
    ok(
        &sized("  replicas 12\n"),
        "",
        "  step walk { replicas 2; weight 25%; hold 1h }\n",
        1.125,
        14.0,
    );
    // a cohort of 10 % at weight 0: two of twelve replicas for 90
    ok(
        &sized("  replicas 12\n"),
        "cohort staff { header \"x\" = \"1\"; share 10% }\n",
        "  step one { route cohort staff; hold 1h }\n",
        0.75,
        14.0,
    );
    // a second stack, and no more
    ok(
        &sized("  replicas 12\n"),
        "",
        "  step one { preview }\n  step two { switch; hold 1h }\n",
        0.75,
        24.0,
    );
    let missing = |more: &str, plan: &str, fact: &str| {
        let [one, other] = measured(&sized("  replicas 12\n"), more, plan, "");
        let facts = one.expect_err("missing");
        assert!(
            facts.iter().any(|own| own.contains(fact)),
            "{facts:?} and {other:?}"
        );
    };
    missing(
        "cohort staff { header \"x\" = \"1\" }\n",
        "  step one { route cohort staff; hold 1h }\n",
        "`share` of cohort `staff`",
    );
    missing(
        "",
        "  step one { route header \"x\" = \"1\"; hold 1h }\n",
        "a cohort in place of `route header \"x\" = \"1\"`",
    );
    missing(
        "target t { kind cloud-deploy }\n",
        "  on target t\n  step one { weight 5%; hold 1h }\n",
        "how target `t` sizes",
    );
    // Argo Rollouts sizes by the weight: nobody is there for the copies
    missing(
        argo,
        "  on target t\n  step one { mirror 10%; hold 1h }\n",
        "ready in every state",
    );
}

#[test]
fn autoscalers_and_instances_follow_the_load() {
    let web = "  workload \"web.yaml\"\n  traffic 600/s peak 900/s\n  capacity 100/s per replica\n";
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: r/w}]}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 3\n  maxReplicas: 12\n";
    // at its most: 12 less 3
    let rolling = "  step all { rolling }\n";
    assert_eq!(measured(web, "", rolling, deployment), [Ok(1.0), Ok(24.0)]);
    let run = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\n  labels: {cloud.googleapis.com/location: asia-northeast3}\nspec:\n  template:\n    metadata:\n      annotations: {autoscaling.knative.dev/minScale: \"2\", autoscaling.knative.dev/maxScale: \"20\"}\n    spec: {containers: [{image: r/w}]}\n";
    // 9 instances for all of it; at 5 %, 9 and 2 that are kept warm
    let canary = "  step walk { weight 5% -> 50% -> 100%; hold 1h }\n";
    let [utilisation, peak] = measured(web, "", canary, run);
    assert_eq!(utilisation, Ok(1.0));
    assert_eq!(peak, Ok(11.0));
}
