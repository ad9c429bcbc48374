//! Proxies started with the files of each leg, in front of two servers.
//!
//! These tests need NGINX and Envoy, which `./tests/run` installs; plain `cargo test` leaves them
//! out.

#[path = "proxies/engine.rs"]
mod engine;
#[path = "proxies/http.rs"]
mod http;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use switchback::emit::{Output, build};
use switchback::model::{Leg, Overrides, load};
use switchback::source::{MemoryLoader, SourceMap};
use switchback::units::Percent;

use engine::{Kind, Proxy};
use http::Caller;

const REQUESTS: usize = 20_000;
const THREADS: usize = 4;

/// A plan of one service, built for `proxy`; its legs, each with its folder, and the files.
fn plan(proxy: &Proxy, before: &str, steps: &str) -> (Vec<(String, Leg)>, Output) {
    let text = format!(
        "service basket {{\n  version 1 {{ image \"r.example/basket@sha256:aa\" }}\n  version 2 {{ image \"r.example/basket@sha256:bb\" }}\n}}\n\
         {before}\nplan basket-2 {{\n  roll basket from 1 to 2\n  on target edge\n{steps}\n}}\n{}",
        proxy.target()
    );
    let loader = MemoryLoader::new().with("plan.swb", text.as_str());
    let files = [PathBuf::from("plan.swb")];
    let mut project = load(&loader, SourceMap::new(), Path::new(""), &files);
    let (model, findings) = project.build(&loader, &Overrides::default());
    let said: Vec<_> = project.findings.iter().chain(&findings).collect();
    assert!(said.is_empty(), "{said:#?}\n{text}");
    let plan = &model.plans[0];
    let output = build(&model, &project.sources, plan, &model.targets[0])
        .unwrap_or_else(|found| panic!("{found:#?}"));
    let mut folders: Vec<String> = output
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("20-rollout/2"))
        .filter_map(|path| path.split('/').next())
        .map(|folder| format!("20-rollout/2{folder}"))
        .collect();
    folders.dedup();
    assert_eq!(folders.len(), plan.legs.len(), "a folder for each leg");
    (folders.into_iter().zip(plan.legs.clone()).collect(), output)
}

/// Sends `count` requests, the headers of each from its number; whether the new version answered.
fn ask(
    address: SocketAddr,
    count: usize,
    headers: impl Fn(usize) -> Vec<(String, String)> + Sync,
) -> Vec<bool> {
    let headers = &headers;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let mut caller = Caller::new(address);
                    let own = (thread * count / THREADS)..((thread + 1) * count / THREADS);
                    own.map(|number| {
                        let headers = headers(number);
                        let headers: Vec<(&str, &str)> = headers
                            .iter()
                            .map(|(name, value)| (name.as_str(), value.as_str()))
                            .collect();
                        let said = caller.get(&headers).expect("an answer");
                        assert!(said == "old" || said == "new", "{said}");
                        said == "new"
                    })
                    .collect::<Vec<bool>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no thread fails"))
            .collect()
    })
}

fn nothing(_: usize) -> Vec<(String, String)> {
    Vec::new()
}

fn with(name: &str, value: impl ToString) -> Vec<(String, String)> {
    vec![(name.to_string(), value.to_string())]
}

/// How many standard errors `hits` of `count` are away from the share.
fn off(what: &str, hits: usize, count: usize, share: f64) -> f64 {
    let (hits, count) = (hits as f64, count as f64);
    let error = (share * (1.0 - share) * count).sqrt();
    let off = (hits - share * count).abs();
    println!(
        "{what}: {:.3}% for {:.3}%",
        hits / count * 100.0,
        share * 100.0
    );
    if off == 0.0 { 0.0 } else { off / error }
}

/// The share that is counted is within four standard errors. Chance alone is further away once in
/// 16,000 times, and there are many counts, so one that is gets a second try.
fn assert_share(what: &str, share: f64, count: impl Fn() -> (usize, usize)) {
    let far = (0..2).all(|_| {
        let (hits, of) = count();
        off(what, hits, of, share) > 4.0
    });
    assert!(!far, "{what}: twice more than four standard errors away");
}

fn hits(answers: &[bool]) -> usize {
    answers.iter().filter(|new| **new).count()
}

/// Requests of nobody in particular are answered and copied in the shares of the leg.
fn assert_shares(proxy: &Proxy, what: &str, leg: &Leg) {
    let share = leg.exposure.weight();
    let sure = share == Percent::FULL && leg.exposure.mirror == Percent::ZERO;
    let requests = if sure { REQUESTS / 10 } else { REQUESTS };
    let counted = || {
        let (old, new) = (proxy.old.seen(), proxy.new.seen());
        let count = hits(&ask(proxy.address, requests, nothing));
        // the last copies may still be on their way
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(proxy.old.seen() - old, (requests - count) as u64, "{what}");
        (count, (proxy.new.seen() - new) as usize - count)
    };
    let mirror = leg.exposure.mirror.fraction();
    let last = std::cell::Cell::new(None);
    assert_share(what, share.fraction(), || {
        let (count, copies) = counted();
        last.set(Some(copies));
        (count, requests)
    });
    assert_share(&format!("{what}, copies"), mirror, || {
        (last.take().unwrap_or_else(|| counted().1), requests)
    });
}

/// Applies a leg while two callers ask without a pause; no request of theirs may be lost.
fn apply_under_load(proxy: &Proxy, leg: &str) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| {
            let mut asked = 0;
            while !stop.load(Ordering::SeqCst) {
                Caller::once(proxy.address, &[])
                    .unwrap_or_else(|error| panic!("lost on a new connection, {leg}: {error}"));
                asked += 1;
            }
            asked
        });
        let keeping = scope.spawn(|| {
            let mut asked = 0;
            let mut caller = Caller::new(proxy.address);
            while !stop.load(Ordering::SeqCst) {
                caller
                    .get(&[])
                    .unwrap_or_else(|error| panic!("lost on a kept connection, {leg}: {error}"));
                asked += 1;
            }
            (asked, caller.again)
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
        let applied = proxy.try_apply(leg);
        std::thread::sleep(std::time::Duration::from_millis(300));
        stop.store(true, Ordering::SeqCst);
        applied.unwrap_or_else(|said| panic!("{leg}: {said}"));
        let opened: u64 = opening.join().expect("nothing was lost");
        let (kept, again) = keeping.join().expect("nothing was lost");
        println!("{leg}: {opened} connections and {kept} requests on kept ones, {again} again");
        assert!(opened > 50 && kept > 50, "there was load: {opened} {kept}");
    });
}

const COHORTS: &str = "cohort staff { header \"x-staff\" = \"Yes\" }\ncohort asia { country KR, JP by header \"x-country\" }\n\
     cohort beta { cookie \"beta-test\" = \"on\" }\n";

/// Every leg of a plan without stickiness, and the way back.
fn walk(kind: Kind) {
    let mut proxy = Proxy::new(kind);
    let steps = "step shadow { mirror 10%; hold 1h }\n\
                 step canary { route cohort staff; weight 0.5%; hold 1h }\n\
                 step asia { mirror off; route cohort asia, beta; weight 5%; hold 1h }\n\
                 step ramp { weight 60% -> 100%; hold 1h }\n";
    let (legs, output) = plan(&proxy, COHORTS, steps);
    proxy.start(&output);
    assert_eq!(
        hits(&ask(proxy.address, 500, nothing)),
        0,
        "before the first leg"
    );
    let names: Vec<&str> = ["shadow", "canary", "asia", "ramp-1", "ramp-2"].into();
    for ((folder, leg), name) in legs.iter().zip(names) {
        assert!(folder.contains(name), "{folder}");
        apply_under_load(&proxy, folder);
        let what = format!("{kind:?} {folder}");
        let share = leg.exposure.weight().fraction();
        assert_shares(&proxy, &what, leg);
        // chosen groups, and those that only look like them
        let staff = name != "shadow";
        let asia = staff && name != "canary";
        let full = name == "ramp-2";
        for (header, value, chosen) in [
            ("X-Staff", "Yes", staff),
            ("x-country", "KR", asia),
            ("x-country", "JP", asia),
            ("cookie", "a=b; beta-test=on; c=d", asia),
        ] {
            if chosen || full {
                let count = hits(&ask(proxy.address, 200, |_| with(header, value)));
                assert_eq!(count, 200, "{what} {header}: {value}");
            }
        }
        for (header, value) in [
            ("x-staff", "yes"),
            ("x-staff", "Yes!"),
            ("x-country", "KRJP"),
            ("cookie", "xbeta-test=on"),
            ("cookie", "beta-test=only"),
        ] {
            assert_share(&format!("{what} {header}: {value}"), share, || {
                let answers = ask(proxy.address, 500, |_| with(header, value));
                (hits(&answers), 500)
            });
        }
    }
    apply_under_load(&proxy, "back");
    let new = proxy.new.seen();
    for group in [nothing as fn(usize) -> _, |_| with("x-staff", "Yes")] {
        assert_eq!(hits(&ask(proxy.address, 1000, group)), 0, "the way back");
    }
    assert_eq!(proxy.new.seen(), new, "nothing is copied on the way back");
}

/// No user goes back while weights rise, by any sign that a user is told by.
fn stay(kind: Kind) {
    let cookie = |number: usize| with("cookie", format!("a=1; basket-id={number}; b=2"));
    let header = |number: usize| with("x-user", format!("u{number}"));
    type Sign = fn(usize) -> Vec<(String, String)>;
    for (sign, users, headers, other) in [
        (
            "sticky by cookie \"basket-id\"",
            REQUESTS,
            cookie as Sign,
            header as Sign,
        ),
        (
            "sticky by header \"X-User\"",
            2_000,
            header as Sign,
            cookie as Sign,
        ),
    ] {
        let mut proxy = Proxy::new(kind);
        let steps = format!("step walk {{ {sign}; weight 2% -> 20% -> 50%; hold 30m }}");
        let (legs, output) = plan(&proxy, "", &steps);
        proxy.start(&output);
        let mut before = vec![false; users];
        for (folder, leg) in &legs {
            let share = leg.exposure.weight().fraction();
            proxy.apply(folder);
            let answers = ask(proxy.address, users, headers);
            let what = format!("{kind:?} {sign} {folder}");
            // the same users give the same count, so a second try would say nothing new
            let far = off(&what, hits(&answers), users, share);
            assert!(far <= 4.0, "{what}: {far:.1} standard errors");
            let flipped = before
                .iter()
                .zip(&answers)
                .filter(|(was, is)| **was && !**is);
            assert_eq!(flipped.count(), 0, "{what}: a user left the new version");
            let again = ask(proxy.address, 1000, headers);
            assert_eq!(
                again,
                answers[..1000],
                "{what}: a user changed without a leg"
            );
            // who has no sign, or another, is one of many
            for (name, strangers) in [("none", nothing as Sign), ("other", other)] {
                assert_share(&format!("{what}, {name}"), share, || {
                    (hits(&ask(proxy.address, 1000, strangers)), 1000)
                });
            }
            before = answers;
        }
        proxy.apply("back");
        assert_eq!(hits(&ask(proxy.address, 1000, headers)), 0, "the way back");
    }
}

/// Users told by their address: each asks from its own.
fn stay_by_address(kind: Kind) {
    let mut proxy = Proxy::new(kind);
    let steps = "step walk { sticky by ip; weight 30% -> 60%; hold 30m }";
    let (legs, output) = plan(&proxy, "", steps);
    proxy.start(&output);
    let ask_all = || -> Vec<bool> {
        let ask = |number: u32| {
            let out = std::process::Command::new("curl")
                .args(["-fsS", "--max-time", "10", "--interface"])
                .args([
                    format!("127.0.{}.{}", number / 50 + 1, number % 50 + 1),
                    format!("http://{}", proxy.address),
                ])
                .output()
                .expect("curl runs");
            match String::from_utf8_lossy(&out.stdout).as_ref() {
                "new" => true,
                "old" => false,
                other => panic!("{other} {}", String::from_utf8_lossy(&out.stderr)),
            }
        };
        (0..100).map(ask).collect()
    };
    let mut before = vec![false; 100];
    for (folder, leg) in &legs {
        proxy.apply(folder);
        let answers = ask_all();
        let share = leg.exposure.weight().fraction();
        let far = off(&format!("{kind:?} by address"), hits(&answers), 100, share);
        assert!(far <= 4.0, "{far:.1} standard errors");
        let flipped = before
            .iter()
            .zip(&answers)
            .filter(|(was, is)| **was && !**is);
        assert_eq!(flipped.count(), 0, "a user left the new version");
        before = answers;
    }
    assert_eq!(ask_all(), before, "a user changed without a leg");
}

/// Values that would mean something to a configuration that took them for more than values.
const HOSTILE: [&str; 20] = [
    "a\"b", "it's", "a\\b", "\\\"", "x;y", "{", "}", "a{b}c", "$host", "${host}", ".*", "^a|b$",
    "(", "[a-z]+", "~* x", "# no", "%REQ(x)%", "yes: no", "a b  c", "*",
];

/// A route takes requests with its very value, and no others.
fn values_stay_values(kind: Kind) {
    let mut proxy = Proxy::new(kind);
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut steps = String::from("step routes {\n");
    for value in HOSTILE {
        steps.push_str(&format!(
            "    route header \"x-probe\" = \"{}\"\n",
            quoted(value)
        ));
    }
    steps.push_str("    route cohort eater\n    hold 1h\n  }");
    let cohort = "cohort eater { cookie \"a.b*c\" = \"$x.y{z}\" }\n";
    let (legs, output) = plan(&proxy, cohort, &steps);
    proxy.start(&output);
    proxy.apply(&legs[0].0);
    let goes_to_new = |name: &str, value: &str| {
        let answers = ask(proxy.address, THREADS, |_| with(name, value));
        assert!(
            answers.iter().all(|new| *new == answers[0]),
            "{name}: {value}"
        );
        answers[0]
    };
    for value in HOSTILE {
        assert!(goes_to_new("x-probe", value), "{kind:?} {value}");
        for near in [
            format!("{value}x"),
            format!("x{value}"),
            value.replace(|c: char| c.is_ascii_alphanumeric(), "Q") + "q",
        ] {
            assert!(
                !goes_to_new("x-probe", &near),
                "{kind:?} {near} for {value}"
            );
        }
    }
    for other in ["abc", "", "127.0.0.1", "shop.example", "a", "b"] {
        assert!(!goes_to_new("x-probe", other), "{kind:?} {other}");
    }
    assert!(goes_to_new("cookie", "k=v; a.b*c=$x.y{z}"));
    for other in [
        "aXb*c=$x.y{z}",
        "a.b*c=$xQy{z}",
        "a.bbc=$x.y{z}",
        "a.b*c=$x.y{z}z",
    ] {
        assert!(!goes_to_new("cookie", other), "{kind:?} {other}");
    }
}

/// A leg that the program refuses changes nothing, and the script says so.
fn refused(kind: Kind) {
    let mut proxy = Proxy::new(kind);
    let (legs, output) = plan(&proxy, "", "step walk { weight 50% -> 100%; hold 1h }");
    proxy.start(&output);
    proxy.apply(&legs[0].0);
    let (second, file) = match kind {
        Kind::Nginx => (&legs[1].0, "http.conf"),
        Kind::Envoy => (&legs[1].0, "routes.yaml"),
    };
    let misspelt = |text: &str| {
        text.replace("upstream ", "upstreem ")
            .replace("prefix", "prefex")
    };
    proxy.spoil(second, file, misspelt);
    let said = proxy.try_apply(second).expect_err("it is refused");
    assert!(said.contains("what was there before is back"), "{said}");
    let half = |what: &str| {
        assert_share(what, 0.5, || {
            (hits(&ask(proxy.address, 2000, nothing)), 2000)
        });
    };
    half("after a refusal");
    let said = proxy
        .try_apply("20-rollout/99-none")
        .expect_err("it is not there");
    assert!(said.contains("nothing was changed"), "{said}");
    if kind == Kind::Envoy {
        proxy.overrule("switchback.basket.basket-2", 0);
        assert_eq!(
            hits(&ask(proxy.address, 2000, nothing)),
            0,
            "stopped by hand"
        );
        proxy.apply(&legs[0].0);
        half("a value set by hand ends with the next leg");
    }
    proxy.apply("back");
    assert_eq!(hits(&ask(proxy.address, 1000, nothing)), 0, "the way back");
}

/// A pipeline walks to the end, or back when a gate does not pass.
fn pipeline(kind: Kind) {
    let mut proxy = Proxy::new(kind);
    proxy.pipeline = true;
    let gate = "provider prometheus { address \"http://p:9090\" }\n\
                gate errors {\n  query \"sum(rate(errors[1m]))\"\n  expect value < 1\n  every 1m for 10m\n}\n";
    let steps = "step walk { weight 30% -> 60%; hold 1h; watch errors }\n\
                 step full { weight 100%; hold 1h; watch errors }\n";
    let (_, output) = plan(&proxy, gate, steps);
    proxy.start(&output);
    let count = || hits(&ask(proxy.address, 1000, nothing));
    for (fails, code, new) in [(Some(2), 1, 0), (None, 0, 1000), (Some(3), 1, 0)] {
        let (ended, said) = proxy.walk(fails);
        assert_eq!(ended, Some(code), "{said}");
        assert_eq!(count(), new, "{said}");
        assert_eq!(said.contains("-> back"), code == 1, "{said}");
        assert_eq!(said.contains("full-1"), fails != Some(2), "{said}");
    }
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_serves_a_server_block_of_ones_own() {
    let mut proxy = Proxy::new(Kind::Nginx);
    proxy.own_server = true;
    let steps = "step shadow { mirror 30%; hold 1h }\n\
                 step full { mirror off; weight 100%; hold 1h }\n";
    let (legs, output) = plan(&proxy, "", steps);
    proxy.start(&output);
    for (folder, leg) in &legs {
        apply_under_load(&proxy, folder);
        assert_shares(&proxy, folder, leg);
    }
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_walks_every_leg() {
    walk(Kind::Nginx);
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_keeps_users() {
    stay(Kind::Nginx);
}

#[test]
#[ignore = "needs Envoy; ./tests/run installs it"]
fn envoy_walks_every_leg() {
    walk(Kind::Envoy);
}

#[test]
#[ignore = "needs Envoy; ./tests/run installs it"]
fn envoy_keeps_users() {
    stay(Kind::Envoy);
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_keeps_addresses() {
    stay_by_address(Kind::Nginx);
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_takes_values_for_values() {
    values_stay_values(Kind::Nginx);
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_refuses_without_harm() {
    refused(Kind::Nginx);
}

#[test]
#[ignore = "needs Envoy; ./tests/run installs it"]
fn envoy_keeps_addresses() {
    stay_by_address(Kind::Envoy);
}

#[test]
#[ignore = "needs Envoy; ./tests/run installs it"]
fn envoy_takes_values_for_values() {
    values_stay_values(Kind::Envoy);
}

#[test]
#[ignore = "needs Envoy; ./tests/run installs it"]
fn envoy_refuses_without_harm() {
    refused(Kind::Envoy);
}

#[test]
#[ignore = "needs NGINX; ./tests/run installs it"]
fn nginx_is_walked_by_a_pipeline() {
    pipeline(Kind::Nginx);
}

#[test]
#[ignore = "needs Envoy; ./tests/run installs it"]
fn envoy_is_walked_by_a_pipeline() {
    pipeline(Kind::Envoy);
}
