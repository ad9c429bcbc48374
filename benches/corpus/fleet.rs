//! One release of many services: each calls three others, each is rolled by a plan of its own, and
//! steps wait for steps of other plans, so that nearly all of them are one component.

use std::fmt::Write;
use std::path::PathBuf;

use switchback::source::MemoryLoader;

/// Random numbers that are the same everywhere (SplitMix64).
pub struct Random(pub u64);

impl Random {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

const GATE: &str = r#"provider prometheus { address "http://prometheus.monitoring:9090"; scrape 15s; delay 30s }
gate errors {
  query """sum(rate(errors_total{version="$version"}[2m])) / sum(rate(requests_total{version="$version"}[2m]))"""
  kind proportion
  expect value < 1%
  normally 0.1%
  detect 2%
  every 1m for 10m
}
"#;

/// So many services stand in one file.
const IN_ONE_FILE: usize = 100;

/// A release of `services` plans of `steps` steps each, with `waits` conditions between steps. They
/// point back in one random order of all steps, so that there is no cycle.
pub fn release(services: usize, steps: usize, waits: usize) -> (MemoryLoader, Vec<PathBuf>) {
    let mut random = Random(7);
    let mut order = Vec::with_capacity(services * steps);
    let mut done = vec![0; services];
    while order.len() < services * steps {
        let service = random.below(services as u64) as usize;
        if done[service] < steps {
            done[service] += 1;
            order.push((service, done[service]));
        }
    }
    let mut after = vec![Vec::new(); services * (steps + 1)];
    let mut left = waits;
    while left > 0 {
        let mut pick = || random.below(order.len() as u64) as usize;
        let (a, b) = (pick(), pick());
        let ((service, step), needed) = (order[a.max(b)], order[a.min(b)]);
        let own = &mut after[service * (steps + 1) + step];
        if service != needed.0 && !own.contains(&needed) {
            own.push(needed);
            left -= 1;
        }
    }
    let mut loader = MemoryLoader::new()
        .with("project/switchback.toml", "")
        .with("project/gate.swb", GATE);
    let mut main = String::new();
    let mut includes = String::from("release all {\n");
    for file in 0..services.div_ceil(IN_ONE_FILE) {
        let mut text = String::from("import \"gate.swb\"\n");
        for service in file * IN_ONE_FILE..((file + 1) * IN_ONE_FILE).min(services) {
            let mut calls = String::new();
            for callee in [7, 20, 33].map(|by| (service * 7 + by) % services) {
                if callee != service {
                    let _ = write!(calls, "; calls api-{callee} 1");
                }
            }
            let _ = write!(
                text,
                "service s{service} {{\n  replicas 4\n  port 8080\n  ready http \"/ready\"\n  live http \"/live\"\n  drain 30s\n"
            );
            for (version, serves) in [(1, "1"), (2, "1, 2")] {
                let digest = version.to_string().repeat(64);
                let _ = writeln!(
                    text,
                    "  version {version} {{ image \"registry.example.com/s@sha256:{digest}\"; serves api-{service} {serves}{calls} }}",
                );
            }
            let _ = write!(
                text,
                "}}\nplan p{service} {{\n  roll s{service} from 1 to 2\n"
            );
            for step in 1..=steps {
                let _ = write!(text, "  step s{step} {{ ");
                for (plan, awaited) in &after[service * (steps + 1) + step] {
                    let _ = write!(text, "after p{plan}.s{awaited}; ");
                }
                let weight = step * 100 / steps;
                let _ = writeln!(text, "weight {weight}%; hold 30m; watch errors }}");
            }
            text.push_str("}\n");
            let _ = writeln!(includes, "  includes p{service}");
        }
        let _ = writeln!(main, "import \"fleet-{file}.swb\"");
        loader = loader.with(format!("project/fleet-{file}.swb"), text);
    }
    main.push_str(&includes);
    main.push_str("}\n");
    loader = loader.with("project/main.swb", main);
    (loader, vec![PathBuf::from("project/main.swb")])
}
